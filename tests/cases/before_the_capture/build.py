from pathlib import Path

from tests.cases.hosts import COMMANDS, M1, M2, Q1, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, Q1, 56010, begin=False)
    wire.segment(Q1, 56010, SERVER, 50001, "PA", seq=1, ack=2, data=b"x")
    wire.segment(SERVER, 50001, Q1, 56010, "A", seq=2, ack=2)
    wire.segment(SERVER, 56030, M1, 56030, "PA", seq=1, ack=2, data=b"x")
    wire.segment(M1, 56030, SERVER, 56030, "A", seq=2, ack=2)
    wire.segment(SERVER, 80, COMMANDS, 50002, "PA", seq=1, ack=2, data=b"x")
    wire.segment(COMMANDS, 50002, SERVER, 80, "A", seq=2, ack=2)
    wire.segment(M1, 56010, STRANGER, 50003, "PA", seq=1, ack=2, data=b"x")
    wire.segment(STRANGER, 50003, M1, 56010, "A", seq=2, ack=2)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
