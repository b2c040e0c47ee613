from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_ACK, TFTP_DATA, TFTP_WRQ

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.udp(M1, 2070, SERVER, 69, TFTP() / TFTP_WRQ(filename=b"dump.img"))
    wire.udp(SERVER, 50100, M1, 2070, TFTP() / TFTP_ACK(block=0))
    wire.udp(M1, 2070, SERVER, 50100, TFTP() / TFTP_DATA(block=1) / bytes(100))
    wire.udp(SERVER, 50100, M1, 2070, TFTP() / TFTP_ACK(block=1))
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
