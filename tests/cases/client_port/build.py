from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(M1, 49200, SERVER, 56030)
    wire.tcp(M1, 56030, SERVER, 56030)
    wire.udp(M2, 49201, SERVER, 4011, b"boot server?")
    wire.udp(SERVER, 4011, M2, 49201, b"yes")

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
