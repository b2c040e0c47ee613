from pathlib import Path

from tests.cases.hosts import COMMANDS, M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, COMMANDS, 80)
    wire.ping(M1, SERVER)
    wire.tcp(SERVER, 50001, M1, 56030)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
