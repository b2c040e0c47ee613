from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER, SERVER, STRANGER
from tests.packets import EVERYBODY, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.magic(STRANGER, EVERYBODY, M1.mac)
    wire.tcp(STRANGER, 50000, M1, 56010)
    wire.ping(STRANGER, SERVER)
    wire.tftp(STRANGER, SERVER, port=50001)
    wire.tcp(STRANGER, 50002, OTHER, 56010)
    wire.tcp(STRANGER, 50003, SERVER, 56023)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
