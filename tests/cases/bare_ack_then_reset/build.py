from pathlib import Path

from tests.cases.hosts import COMMANDS, CONSOLE, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    wire.segment(COMMANDS, 40000, SERVER, 80, "A", seq=7, ack=9)
    wire.segment(SERVER, 80, COMMANDS, 40000, "R", seq=9)
    wire.segment(CONSOLE, 40001, SERVER, 56023, "S", seq=7)
    wire.segment(SERVER, 56023, CONSOLE, 40001, "SA", seq=9, ack=8)
    wire.segment(CONSOLE, 40001, SERVER, 56023, "A", seq=8, ack=10)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
