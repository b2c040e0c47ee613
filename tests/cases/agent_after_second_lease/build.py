from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER)
    wire.wait(6)
    wire.lease(M1, SERVER, xid=5, vendor=b"udhcp 1.36")
    wire.wait(1)
    wire.tcp(M1, 56030, SERVER, 56030)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
