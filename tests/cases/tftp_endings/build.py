from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_RRQ

from tests.cases.hosts import M1, M2, Q1, Q2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    packet = wire.udp(M1, 2070, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))
    wire.icmp_error(SERVER, packet, 3, 3)
    wire.lease(M2, SERVER, xid=2)
    wire.tftp(M2, SERVER, missing=True)
    wire.lease(Q1, SERVER, xid=3)
    for _ in range(4):
        wire.udp(Q1, 2070, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))
        wire.wait(4)
    wire.lease(Q2, SERVER, xid=4)
    wire.tftp(Q2, SERVER, size=5000)
    wire.packets = wire.packets[:-12]
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
