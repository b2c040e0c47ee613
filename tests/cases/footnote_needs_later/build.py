from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M1)
    wire.tcp(M1, 50000, SERVER, 50050)
    wire.wait(3600)
    wire.tcp(M2, 50000, SERVER, 50050)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
