from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, ROUTER, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for port, kind, code in ((50001, 11, 0), (50002, 12, 0), (50003, 3, 3), (50004, 3, 4)):
        wire.icmp_error(ROUTER, wire.syn(SERVER, port, Q1, 56010), kind, code)
        wire.wait(1)
    wire.icmp_error(ROUTER, wire.syn(STRANGER, 50005, Q1, 56010), 3, 13)
    wire.icmp_error(ROUTER, wire.syn(STRANGER, 50006, M1, 3389), 3, 10)
    wire.icmp_error(ROUTER, Wire().syn(M1, 50007, Q1, 9999), 3, 1)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
