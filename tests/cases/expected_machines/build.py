from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, SERVER
from tests.packets import BROADCAST, EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.magic(SERVER, EVERYBODY, M1.mac)
    wire.magic(SERVER, Host("10.20.2.127", BROADCAST), Q1.mac)
    wire.boot(M1, SERVER)
    wire.boot(M2, SERVER)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
