from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER)
    wire.wait(1)
    wire.refused(M1, 56030, SERVER, 56030)
    wire.lease(M2, SERVER, xid=2)
    wire.tftp(M2, SERVER)
    wire.wait(1)
    wire.syn(M2, 56030, SERVER, 56030, tries=4)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
