from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, ROUTER, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.boot(M1, SERVER)
    for address in ("10.20.2.127", "10.20.3.255"):
        wire.magic(SERVER, Host(address, ROUTER.mac), Q1.mac)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
