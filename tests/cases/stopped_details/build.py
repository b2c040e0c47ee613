from pathlib import Path

from scapy.layers.inet import TCP

from tests.cases.hosts import M1, M2, Q1, ROUTER, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, M1, 56010)
    wire.refused(SERVER, 50001, M1, 56010)
    wire.segment(SERVER, 50002, M1, 56010, "S", seq=1)
    wire.send(M1, SERVER, TCP(sport=56010, dport=50002, flags="RA", ack=2), ttl=61)
    wire.icmp_error(ROUTER, wire.syn(SERVER, 50003, Q1, 56010), 3, 13)
    wire.syn(SERVER, 50004, M2, 56010, tries=3)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
