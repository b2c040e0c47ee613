from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.boot(M1, SERVER)
    wire.wait(4)
    for pause in (1, 4, 8, 16):
        wire.dhcp(Host("0.0.0.0", M1.mac), EVERYBODY, "discover", M1, xid=8)
        wire.wait(pause)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
