from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER, file="undionly.kpxe")
    for pause in (3, 4, 8, 16):
        wire.wait(pause)
        wire.dhcp(Host("0.0.0.0", M1.mac), EVERYBODY, "discover", M1, xid=77)
    wire.lease(M2, SERVER, xid=2)
    wire.tftp(M2, SERVER, file="undionly.kpxe")
    wire.wait(20)
    wire.lease(M2, SERVER, xid=78)
    wire.wait(2)
    wire.tcp(M2, 56030, SERVER, 56030)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
