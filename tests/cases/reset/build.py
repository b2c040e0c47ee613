from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.refused(SERVER, 50000, M1, 56010)
    wire.tcp(SERVER, 50001, M1, 56010, end="rst")
    wire.tcp(SERVER, 50002, M1, 56010, end="none", isn=(1000, 2000))
    wire.segment(M1, 56010, SERVER, 50002, "RA", seq=2008, ack=1006)
    wire.segment(SERVER, 50003, M1, 56010, "S", seq=1)
    wire.segment(M1, 56010, SERVER, 50003, "SA", seq=9, ack=2)
    wire.segment(SERVER, 50003, M1, 56010, "R", seq=2)
    wire.segment(M1, 56010, SERVER, 50004, "R", seq=7)
    wire.segment(SERVER, 50005, M1, 56010, "R", seq=7)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
