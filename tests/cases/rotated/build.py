from pathlib import Path

from tests.cases.hosts import CONSOLE, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(CONSOLE, 50000, SERVER, 56023)
    wire.wait(30)
    wire.ping(SERVER, M2)
    Wire(packets=wire.packets[:5]).save(folder / "part_1.pcap")
    Wire(packets=wire.packets[5:]).save(folder / "part_2.pcap")
