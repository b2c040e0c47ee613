from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire, blank = Wire(), Host("0.0.0.0", M1.mac)
    wire.tcp(M2, 50000, STRANGER, 445)
    for pause in (4, 8, 16):
        wire.dhcp(blank, EVERYBODY, "discover", M1)
        wire.wait(pause)
    wire.ping(SERVER, M2)
    wire.wait(90)
    wire.lease(M1, SERVER, vendor=b"MSFT 5.0", xid=99)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
