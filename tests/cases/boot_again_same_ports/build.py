from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER, answer_port=69)
    wire.wait(2)
    wire.tcp(M1, 56030, SERVER, 56030)
    wire.wait(30)
    wire.lease(M1, SERVER, xid=8)
    wire.tftp(M1, SERVER, answer_port=69)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
