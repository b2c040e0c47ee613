from pathlib import Path

from tests.cases.hosts import M2, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(STRANGER, 50000, SERVER, 3389)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
