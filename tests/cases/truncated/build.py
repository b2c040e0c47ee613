from pathlib import Path

from tests.cases.hosts import M1, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(STRANGER, 50000, SERVER, 3389)
    wire.tcp(SERVER, 50001, M1, 56010)
    wire.save(folder / "capture.pcap", cut=20)
