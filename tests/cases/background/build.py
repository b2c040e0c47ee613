from pathlib import Path

from scapy.packet import Raw

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.arp(SERVER, M1)
    wire.send(M1, Host("224.0.0.22"), Raw(b"\x22\0\0\0\0\0\0\1\4\0\0\0\xef\1\2\3"), proto=2, ttl=1)
    wire.udp(M1, 5353, Host("224.0.0.251"), 5353, b"who is there?")
    wire.send(SERVER, Host("224.0.0.5"), Raw(b"\2\1" + bytes(42)), proto=89, ttl=1)
    wire.udp(STRANGER, 520, Host("224.0.0.9"), 520, b"\2\2\0\0")
    wire.send(M1, Host("224.0.0.18"), Raw(bytes(20)), proto=112, ttl=255)
    wire.udp(SERVER, 1985, Host("224.0.0.102"), 1985, b"\0" * 20)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
