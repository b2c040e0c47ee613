from pathlib import Path

from tests.cases.hosts import M1, M2, M6, SERVER, SERVER6
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, M1, 56010)
    wire.syn(SERVER, 50001, M1, 56010, tries=3)
    wire.refused(SERVER, 50002, M1, 56010)
    wire.tcp(SERVER6, 50003, M6, 56010)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap", snaplen=60)
