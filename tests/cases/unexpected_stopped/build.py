from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, ROUTER, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.refused(STRANGER, 50000, M1, 56010)
    wire.icmp_error(ROUTER, wire.syn(STRANGER, 50001, SERVER, 3389), 3, 13)
    wire.syn(Q1, 50002, SERVER, 56050, tries=3)
    wire.refused(SERVER, 50003, M1, 56030)
    wire.tcp(STRANGER, 50004, M2, 56010)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
