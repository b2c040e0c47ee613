from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import EVERYBODY, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.dhcp(STRANGER, EVERYBODY, "offer", M1)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
