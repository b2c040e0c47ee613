from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.udp(M1, 50000, SERVER, 7000, b"a")
    wire.wait(59)
    wire.udp(M1, 50000, SERVER, 7000, b"b")
    wire.udp(M1, 50001, SERVER, 7000, b"a")
    wire.wait(61)
    wire.udp(M1, 50001, SERVER, 7000, b"b")

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
