from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_ACK, TFTP_DATA, TFTP_RRQ

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.udp(M1, 2070, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))
    for block in range(1, 27):
        wire.udp(SERVER, 50100, M1, 2070, TFTP() / TFTP_DATA(block=block) / bytes(512 if block < 26 else 5))
        wire.udp(M1, 2070, SERVER, 50100, TFTP() / TFTP_ACK(block=block))
        wire.wait(30)
    wire.lease(M1, SERVER, xid=5, vendor=b"udhcp 1.36")
    wire.wait(1)
    wire.tcp(M1, 56030, SERVER, 56030)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
