from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.wait(7200)
    for pause in (4, 8, 16):
        wire.dhcp(Host("0.0.0.0", M1.mac), EVERYBODY, "discover", M1)
        wire.wait(pause)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
