from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.udp(SERVER, 50000, M1, 56010, b"down")
    wire.udp(M1, 56010, SERVER, 50000, b"yes")
    wire.tcp(M1, 50001, SERVER, 69)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
