from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_RRQ

from tests.cases.hosts import M1, M2, Q1, Q2, SERVER
from tests.packets import Wire

ASK = b"\0\1boot.0\0octet\0"


def build(folder: Path) -> None:
    wire = Wire()
    for number, machine in enumerate((M1, M2, Q1, Q2)):
        wire.lease(machine, SERVER, xid=number)

    wire.udp(M1, 2070, SERVER, 69, ASK + b"tsize\x000\0")
    wire.udp(SERVER, 50100, M1, 2070, b"\0\6tsize\x001400\0")
    wire.udp(M1, 2070, SERVER, 50100, b"\0\5\0\0TFTP Aborted\0")
    wire.udp(M1, 2070, SERVER, 69, ASK + b"blksize\x001468\0")
    wire.udp(SERVER, 50101, M1, 2070, b"\0\6blksize\x001468\0")
    wire.udp(M1, 2070, SERVER, 50101, b"\0\4\0\0")
    for block, size in ((1, 1468), (2, 100)):
        wire.udp(SERVER, 50101, M1, 2070, bytes((0, 3, 0, block)) + bytes(size))
        wire.udp(M1, 2070, SERVER, 50101, bytes((0, 4, 0, block)))

    wire.udp(M2, 2070, SERVER, 69, ASK)
    wire.udp(SERVER, 50102, M2, 2070, b"\0\3\0\1" + bytes(512))
    wire.udp(M2, 2070, SERVER, 69, ASK)
    wire.udp(M2, 2070, SERVER, 50102, b"\0\4\0\1")
    wire.udp(SERVER, 50103, M2, 2070, b"\0\3\0\1" + bytes(512))
    wire.udp(M2, 2070, SERVER, 50103, b"\0\5\0\5Unknown transfer ID\0")
    wire.udp(SERVER, 50102, M2, 2070, b"\0\3\0\2" + bytes(9))
    wire.udp(M2, 2070, SERVER, 50102, b"\0\4\0\2")

    wire.tftp(Q1, SERVER, file="a.0", answer_port=69)
    wire.wait(1)
    wire.tftp(Q1, SERVER, file="b.krn", answer_port=69, missing=True)

    wire.tftp(Q2, SERVER, file="a.0")
    for _ in range(3):
        wire.wait(4)
        wire.udp(Q2, 2070, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"b.krn"))

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
