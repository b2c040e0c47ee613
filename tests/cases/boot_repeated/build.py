from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_RRQ

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER, xid=1)
    wire.tftp(M1, SERVER, missing=True)
    wire.wait(90)
    wire.lease(M1, SERVER, xid=2)
    wire.udp(M1, 2070, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))
    wire.wait(90)
    wire.lease(M1, SERVER, xid=3)
    wire.tftp(M1, SERVER, port=2071)
    wire.wait(20)
    wire.boot(M1, SERVER)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
