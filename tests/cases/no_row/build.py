from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(STRANGER, 50000, SERVER, 3389)
    wire.tcp(M1, 50001, M2, 445)
    wire.refused(OTHER, 50002, M2, 5432)
    wire.udp(M1, 50003, SERVER, 53, b"query")
    wire.udp(SERVER, 53, M1, 50003, b"answer")

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
