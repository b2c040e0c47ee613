from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_ACK, TFTP_DATA, TFTP_RRQ

from tests.cases.hosts import M1, M2, Q1, Q2, ROUTER, SERVER
from tests.packets import Host, Wire

OACK = b"\0\6blksize\0" + b"1428\0"


def ask(wire: Wire, client: Host, port: int) -> None:
    wire.udp(client, port, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))


def data(block: int, octets: int = 512) -> TFTP:
    return TFTP() / TFTP_DATA(block=block) / bytes(octets)


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    for number in range(3):  # every request gets its own answers, and none arrives
        ask(wire, M1, 2070)
        for _ in range(2):
            wire.udp(SERVER, 50000 + number, M1, 2070, OACK)
            wire.wait(1)
    ask(wire, M2, 2071)  # one request, and the first block is repeated
    for _ in range(4):
        wire.udp(SERVER, 50010, M2, 2071, data(1))
        wire.wait(1)
    for _ in range(3):  # answers from port 69, in the flow of the request
        ask(wire, Q1, 2072)
        wire.udp(SERVER, 69, Q1, 2072, data(1))
        wire.wait(1)
    ask(wire, Q2, 2073)  # the acknowledgements do not arrive
    for _ in range(4):
        wire.udp(SERVER, 50011, Q2, 2073, data(1))
        wire.udp(Q2, 2073, SERVER, 50011, TFTP() / TFTP_ACK(block=1))
        wire.wait(1)
    ask(wire, M1, 2074)  # the last acknowledgement does not arrive, but the file did
    wire.udp(SERVER, 50012, M1, 2074, data(1))
    wire.udp(M1, 2074, SERVER, 50012, TFTP() / TFTP_ACK(block=1))
    for _ in range(4):
        wire.udp(SERVER, 50012, M1, 2074, data(2, 100))
        wire.udp(M1, 2074, SERVER, 50012, TFTP() / TFTP_ACK(block=2))
        wire.wait(1)
    ask(wire, M1, 2075)  # the last block does not arrive
    wire.udp(SERVER, 50013, M1, 2075, data(1))
    wire.udp(M1, 2075, SERVER, 50013, TFTP() / TFTP_ACK(block=1))
    for _ in range(4):
        wire.udp(SERVER, 50013, M1, 2075, data(2, 100))
        wire.wait(1)
    ask(wire, Q1, 2076)  # a router prohibits the answer
    wire.icmp_error(ROUTER, wire.udp(SERVER, 50014, Q1, 2076, data(1)), 3, 13)
    wire.udp(SERVER, 50014, Q1, 2076, data(1))
    ask(wire, M2, 2077)  # answered once, and nothing more: the captures do not show the result
    wire.udp(SERVER, 50015, M2, 2077, data(1))
    ask(wire, M2, 2078)  # the first answer is lost, the second arrives
    wire.udp(SERVER, 50016, M2, 2078, data(1, 10))
    wire.wait(2)
    ask(wire, M2, 2078)
    wire.udp(SERVER, 50017, M2, 2078, data(1, 10))
    wire.udp(M2, 2078, SERVER, 50017, TFTP() / TFTP_ACK(block=1))
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
