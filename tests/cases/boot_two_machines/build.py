from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for client in (M1, M2):
        wire.boot(client, SERVER)
    wire.wait(120)
    wire.ping(SERVER, Q1)
    wire.save(folder / "capture.pcap")
