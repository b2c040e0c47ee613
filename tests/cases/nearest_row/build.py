from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, SERVER, STRANGER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(STRANGER, 49200, SERVER, 56030)
    wire.tcp(M1, 49201, SERVER, 56030)
    wire.tcp(SERVER, 49202, M1, 56030)
    wire.udp(M1, 49203, SERVER, 4011, b"boot server?")
    wire.udp(STRANGER, 4011, SERVER, 4011, b"boot server?")
    wire.magic(STRANGER, Host("10.20.2.41"), Q1.mac)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
