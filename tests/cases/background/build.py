from pathlib import Path

from scapy.packet import Raw

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.arp(SERVER, M1)
    wire.send(M1, Host("224.0.0.22"), Raw(b"\x22\0\0\0\0\0\0\1\4\0\0\0\xef\1\2\3"), proto=2, ttl=1)
    wire.udp(M1, 5353, Host("224.0.0.251"), 5353, b"who is there?")
    wire.udp(SERVER, 50000, Host("224.0.0.5"), 9000, b"x")

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
