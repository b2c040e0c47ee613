from pathlib import Path

from tests.cases.hosts import CONSOLE, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    there, back = (CONSOLE, 50000, SERVER, 56023), (SERVER, 56023, CONSOLE, 50000)
    wire.segment(*there, "S", seq=1)
    wire.segment(*back, "SA", seq=9, ack=2)
    wire.segment(*there, "A", seq=2, ack=10)
    wire.wait(600)
    wire.segment(*there, "PA", seq=2, ack=10, data=b"still there")
    wire.segment(*back, "A", seq=10, ack=13)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
