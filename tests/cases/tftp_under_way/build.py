from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_ACK, TFTP_DATA

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for block in (300, 301, 302):
        wire.udp(SERVER, 50100, M1, 2070, TFTP() / TFTP_DATA(block=block) / bytes(512))
        wire.udp(M1, 2070, SERVER, 50100, TFTP() / TFTP_ACK(block=block))
    for block in (300, 301, 302):
        wire.udp(M2, 2071, SERVER, 50101, TFTP() / TFTP_ACK(block=block))
        wire.udp(SERVER, 50101, M2, 2071, TFTP() / TFTP_DATA(block=block + 1) / bytes(512))
    wire.wait(300)
    for port, block in ((2072, 1), (2073, 300)):
        wire.udp(SERVER, 50102, M1, port, TFTP() / TFTP_DATA(block=block) / bytes(512))
        wire.udp(M1, port, SERVER, 50102, TFTP() / TFTP_ACK(block=block))
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
