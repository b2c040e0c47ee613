from pathlib import Path

from tests.cases.hosts import M2, OTHER, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(STRANGER, 50000, OTHER, 443)
    wire.udp(STRANGER, 50001, OTHER, 514, b"log")
    wire.ping(STRANGER, OTHER)
    wire.tcp(STRANGER, 50002, OTHER, 56010)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
