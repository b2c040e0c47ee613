from pathlib import Path

from tests.cases.hosts import M1, M2, Q2, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER)
    wire.wait(1)
    wire.tcp(M1, 56030, STRANGER, 56030)
    wire.lease(Q2, SERVER, xid=11)
    wire.tftp(Q2, SERVER)
    wire.wait(1)
    wire.refused(Q2, 56030, SERVER, 56030)
    wire.wait(1)
    wire.tcp(Q2, 56030, SERVER, 56030)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
