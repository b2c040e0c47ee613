from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50001, M1, 56010)
    wire.wait(45)
    wire.magic(SERVER, EVERYBODY, M1.mac)
    wire.wait(4)
    wire.boot(M1, SERVER)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
