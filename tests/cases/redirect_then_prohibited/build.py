from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, ROUTER, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    packet = wire.syn(SERVER, 50000, Q1, 56010)
    wire.icmp_error(ROUTER, packet, 5, 1)
    wire.icmp_error(ROUTER, packet, 3, 13)
    wire.segment(SERVER, 50001, M1, 56010, "S", seq=1)
    wire.segment(M1, 56010, SERVER, 50001, "A", seq=77, ack=99)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
