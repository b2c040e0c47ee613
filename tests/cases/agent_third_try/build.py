from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER)
    for number in (1000, 1000, 2000):
        wire.segment(M1, 56030, SERVER, 56030, "S", seq=number)
        wire.segment(SERVER, 56030, M1, 56030, "RA", seq=0, ack=number + 1)
        wire.wait(1)
    wire.tcp(M1, 56030, SERVER, 56030)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
