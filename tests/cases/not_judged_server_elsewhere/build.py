from pathlib import Path

from tests.cases.hosts import M1, OTHER_DHCP
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, OTHER_DHCP)
    wire.save(folder / "capture.pcap")
