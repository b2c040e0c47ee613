from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(STRANGER, 50000, SERVER, 3389)
    wire.tcp(STRANGER, 50001, SERVER, 3390)
    wire.udp(STRANGER, 50002, SERVER, 3389, b"x")
    wire.tcp(SERVER, 50003, STRANGER, 3389)
    wire.tcp(OTHER, 50004, SERVER, 3389)
    wire.tcp(STRANGER, 50005, M1, 3389)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
