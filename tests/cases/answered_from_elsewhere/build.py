from pathlib import Path

from scapy.layers.tftp import TFTP, TFTP_ACK, TFTP_DATA, TFTP_RRQ

from tests.cases.hosts import M1, M2, OTHER, SERVER
from tests.packets import EVERYBODY, Host, Wire

SECOND_ADDRESS = Host("10.20.0.11", SERVER.mac)
GROUP = Host("224.0.1.2")


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    wire.lease(M1, SERVER, xid=1)  # the same transaction as the request to 4011
    ask(wire, xid=1)
    wire.dhcp(SERVER, M1, "ack", M1, xid=1)
    answers = (
        (SERVER, 67, M1, 4011),
        (SERVER, 4011, EVERYBODY, 68),
        (SECOND_ADDRESS, 4011, M1, 68),
        (OTHER, 4011, M1, 68),
    )
    for number, (sender, sport, to, dport) in enumerate(answers, 2):
        wire.wait(90)
        ask(wire, xid=number)
        wire.dhcp(sender, to, "ack", M1, xid=number, sport=sport, dport=dport)
    wire.wait(90)
    wire.dhcp(M1, GROUP, "request", M1, xid=9, dport=4011, ciaddr=M1.ip)
    wire.dhcp(SERVER, M1, "ack", M1, xid=9, sport=4011)
    wire.wait(90)
    ask(wire, xid=10)  # no answer: an answer to an earlier request does not count
    wire.wait(90)
    for port, sender in ((2070, SECOND_ADDRESS), (2071, OTHER)):
        wire.udp(M1, port, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))
        wire.udp(sender, 50100, M1, port, TFTP() / TFTP_DATA(block=1) / bytes(10))
        wire.udp(M1, port, sender, 50100, TFTP() / TFTP_ACK(block=1))
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")


def ask(wire: Wire, xid: int) -> None:
    wire.dhcp(M1, SERVER, "request", M1, xid=xid, dport=4011, ciaddr=M1.ip)
