from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER)
    first = len(wire.packets)
    wire.wait(600)
    wire.ping(SERVER, M2)
    wire.wait(60)
    wire.ping(SERVER, M2)
    Wire(packets=wire.packets[:first]).save(folder / "x_1.pcap")
    Wire(packets=wire.packets[first:]).save(folder / "x_2.pcap")
