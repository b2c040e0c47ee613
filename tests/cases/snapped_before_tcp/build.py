from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    wire.wait(5)
    wire.tcp(M1, 50000, SERVER, 3389)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap", snaplen=42)
