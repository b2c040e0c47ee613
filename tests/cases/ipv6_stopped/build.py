from pathlib import Path

from tests.cases.hosts import M2, M6, ROUTER6, SERVER, SERVER6
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for code in (0, 1, 3, 4, 5):
        packet = wire.syn(SERVER6, 50000 + code, M6, 56010)
        wire.icmp_error(ROUTER6, packet, 1, code)
    packet = wire.segment(SERVER6, 50010, M6, 56010, "S", seq=1)
    wire.icmp_error(ROUTER6, packet, 1, 3)
    wire.segment(M6, 56010, SERVER6, 50010, "SA", seq=9, ack=2)
    wire.segment(SERVER6, 50010, M6, 56010, "A", seq=2, ack=10)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
