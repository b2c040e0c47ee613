from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, Q2, ROUTER, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.icmp_error(ROUTER, wire.syn(SERVER, 50000, Q1, 56010), 3, 13)
    wire.icmp_error(SERVER, wire.udp(M1, 68, SERVER, 4011, b"boot server?"), 3, 3)
    wire.icmp_error(ROUTER, wire.ping(SERVER, Q2, answered=False), 3, 1)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
