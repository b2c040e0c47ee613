from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire, address = Wire(), "10.20.0.200"
    wire.tcp(Host(address, "02:66:66:66:66:01"), 56030, SERVER, 56030)
    wire.wait(600)
    wire.boot(Host(address, M1.mac), SERVER)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
