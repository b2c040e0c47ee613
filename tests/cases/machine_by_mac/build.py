from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    m1 = Host("10.20.0.222", M1.mac)
    wire.boot(m1, SERVER)
    wire.wait(60)
    wire.tcp(SERVER, 50000, m1, 56010)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
