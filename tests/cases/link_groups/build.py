from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, SERVER6, STRANGER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    stranger = Host("fe80::66", STRANGER.mac)
    wire.udp(SERVER, 50000, Host("224.0.0.100"), 9000, bytes(600))
    wire.udp(SERVER6, 50000, Host("ff02::4321"), 9000, bytes(600))
    wire.udp(SERVER6, 50001, Host("ff02::1"), 9000, bytes(600))
    wire.magic(stranger, Host("ff02::1"), M2.mac)
    wire.udp(M1, 4444, Host("224.0.0.251"), 56010, bytes(600))
    wire.udp(M1, 4445, Host("224.0.0.100"), 9000, bytes(600))
    wire.udp(STRANGER, 4446, Host("224.0.0.100"), 9000, bytes(600))
    wire.udp(SERVER, 5353, Host("224.0.0.251"), 5353, bytes(40))
    wire.udp(SERVER6, 5353, Host("ff02::fb"), 5353, bytes(40))
    wire.udp(Host("fe80::1f", M1.mac), 4447, Host("ff02::c"), 1900, b"M-SEARCH * HTTP/1.1")
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
