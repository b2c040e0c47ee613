from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_DATA, TFTP_RRQ

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.udp(M1, 2070, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))
    wire.udp(SERVER, 50099, M1, 2070, TFTP() / TFTP_DATA(block=1) / bytes(512))
    wire.wait(1)
    wire.tftp(M1, SERVER)
    wire.wait(2)
    wire.tcp(M1, 56030, SERVER, 56030)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
