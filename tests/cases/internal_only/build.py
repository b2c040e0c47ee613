from pathlib import Path

from tests.cases.hosts import M2, Q1, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(Q1, 50000, SERVER, 56050)
    wire.refused(M2, 50001, SERVER, 56050)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
