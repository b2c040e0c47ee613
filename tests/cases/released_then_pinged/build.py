from pathlib import Path

from tests.cases.hosts import M1, SERVER
from tests.packets import EVERYBODY, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.boot(M1, SERVER)
    wire.wait(60)
    wire.tcp(SERVER, 50000, M1, 56010)
    wire.wait(2)
    wire.dhcp(M1, SERVER, "release", M1, ciaddr=M1.ip, vendor=b"MSFT 5.0", xid=9)
    wire.wait(30)
    wire.magic(SERVER, EVERYBODY, M1.mac)
    for _ in range(3):
        wire.ping(SERVER, M1, answered=False)
        wire.wait(4)
    wire.wait(60)
    wire.boot(M1, SERVER)
    wire.wait(60)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
