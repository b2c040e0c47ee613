from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.boot(M1, SERVER)
    wire.tcp(SERVER, 50000, M1, 56010)
    wire.tcp(SERVER, 50001, M2, 56010)
    wire.tcp(STRANGER, 50002, SERVER, 3389)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
