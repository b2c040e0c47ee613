from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER_DHCP, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, OTHER_DHCP)
    wire.syn(M1, 56030, SERVER, 56030, tries=3)
    wire.wait(30)
    wire.ping(M2, SERVER, answered=False)
    wire.save(folder / "capture.pcap")
