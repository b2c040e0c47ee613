from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for _ in range(2):
        wire.boot(M1, SERVER)
        wire.wait(300)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
