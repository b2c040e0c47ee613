from pathlib import Path

from tests.cases.hosts import CONSOLE, M1, M2, SERVER, STRANGER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(STRANGER, 50000, SERVER, 3389)
    wire.refused(SERVER, 50001, M1, 56010)
    wire.tcp(M1, 50002, M2, 22)
    wire.tcp(Host("10.20.2.99"), 50003, M2, 22)
    wire.udp(M2, 50004, M1, 6000, b"x")
    wire.refused(CONSOLE, 50005, SERVER, 56023)
    wire.wait(15 * 3600)
    wire.tcp(STRANGER, 50006, SERVER, 3389)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
