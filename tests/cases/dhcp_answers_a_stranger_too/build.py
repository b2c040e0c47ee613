from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER, xid=1)
    wire.lease(STRANGER, SERVER, xid=2)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
