from pathlib import Path

from tests.cases.hosts import COMMANDS, CONSOLE, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(CONSOLE, 50000, SERVER, 56023)
    wire.tcp(COMMANDS, 50001, SERVER, 80, say=b"GET / HTTP/1.1\r\n\r\n")
    wire.tcp(COMMANDS, 50002, SERVER, 56023)
    wire.tcp(CONSOLE, 50003, SERVER, 80, say=b"GET / HTTP/1.1\r\n\r\n")

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
