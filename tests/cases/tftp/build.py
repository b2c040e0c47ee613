from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, Q2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tftp(M1, SERVER, port=2070, answer_port=50100)
    wire.tftp(M2, SERVER, port=2071, answer_port=69)
    wire.tftp(Q1, SERVER, port=2072, answer_port=50102, missing=True)
    wire.udp(SERVER, 50103, Q2, 2073, b"\0\3\0\1" + bytes(512))

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
