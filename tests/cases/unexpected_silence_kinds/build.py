from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_RRQ

from tests.cases.hosts import M2, M6, OTHER, SERVER, SERVER6, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.syn(STRANGER, 50001, SERVER, 3389, tries=3)
    wire.udp(STRANGER, 2070, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))
    wire.syn(OTHER, 50002, SERVER, 445, tries=2)
    wire.refused(STRANGER, 50003, SERVER, 5900)
    wire.wait(10)
    wire.tcp(SERVER6, 50005, M6, 56010)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap", snaplen=66)
