from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, ROUTER, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, M1, 56010)
    wire.refused(SERVER, 50001, M2, 56010)
    wire.syn(SERVER, 50002, M1, 56010, tries=3)
    for port, code in ((50009, 9), (50010, 10), (50013, 13), (50003, 1)):
        wire.icmp_error(ROUTER, wire.syn(SERVER, port, Q1, 56010), 3, code)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
