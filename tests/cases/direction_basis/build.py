from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER, Q1, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.segment(M2, 56010, SERVER, 50001, "SA", seq=1, ack=2)
    wire.segment(SERVER, 50001, M2, 56010, "A", seq=2, ack=2)
    wire.segment(M1, 56010, SERVER, 50002, "PA", seq=1, ack=2, data=b"still here")
    wire.segment(SERVER, 50002, M1, 56010, "A", seq=2, ack=11)
    wire.udp(OTHER, 514, STRANGER, 50003, b"who began?")
    wire.udp(STRANGER, 50003, OTHER, 514, b"no telling")
    wire.tcp(SERVER, 50000, Q1, 56010)
    wire.tftp(M1, SERVER, port=2070, answer_port=69)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
