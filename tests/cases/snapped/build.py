from pathlib import Path

from tests.cases.hosts import CONSOLE, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(CONSOLE, 50000, SERVER, 56023, say=bytes(1000), hear=bytes(1400))
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap", snaplen=60)
