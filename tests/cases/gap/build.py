from pathlib import Path

from tests.cases.hosts import CONSOLE, M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(CONSOLE, 50000, SERVER, 56023)
    wire.syn(SERVER, 50001, M1, 56010)
    first = len(wire.packets)
    wire.wait(3600)
    wire.ping(SERVER, M2)
    wire.wait(60)
    wire.ping(SERVER, M2)
    Wire(packets=wire.packets[:first]).save(folder / "x_1.pcap")
    Wire(packets=wire.packets[first:]).save(folder / "x_2.pcap")
