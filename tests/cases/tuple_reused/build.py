from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for _ in range(2):
        wire.tcp(M1, 56030, SERVER, 56030, isn=(1000, 9000))
        wire.wait(300)
    wire.syn(SERVER, 50000, M2, 56010, tries=4)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
