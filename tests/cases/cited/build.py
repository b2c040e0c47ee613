from pathlib import Path

from tests.cases.hosts import COMMANDS, CONSOLE, M1, M2, Q1, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, M1, 56010)
    wire.tcp(SERVER, 50001, M2, 56010)
    wire.tcp(SERVER, 50002, Q1, 56010)
    wire.lease(M1, SERVER)
    wire.refused(CONSOLE, 50003, SERVER, 56023)
    wire.tcp(COMMANDS, 50004, SERVER, 80)
    wire.tcp(M1, 50005, M2, 445)
    wire.tcp(M1, 50006, SERVER, 56050)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
