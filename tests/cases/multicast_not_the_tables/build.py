from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for sender in (SERVER, M1, STRANGER):
        wire.udp(sender, 50000, Host("239.255.255.250"), 1900, b"M-SEARCH * HTTP/1.1")
    wire.udp(SERVER, 50001, Host("239.255.255.250"), 3702, b"probe")
    wire.udp(SERVER, 50002, Host("224.0.0.251"), 9004, b"x")
    wire.udp(SERVER, 50003, Host("224.0.1.129"), 9004, b"x")
    wire.udp(M1, 50004, Host("239.1.2.3"), 9004, b"x")
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
