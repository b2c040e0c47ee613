from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.proxy(M1, STRANGER)
    wire.tftp(M1, STRANGER)
    wire.wait(60)
    wire.lease(M2, SERVER, xid=2)
    wire.proxy(M2, SERVER)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
