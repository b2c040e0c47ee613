from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, SERVER, STRANGER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    blank = Host("0.0.0.0", M1.mac)
    wire.dhcp(blank, EVERYBODY, "discover", M1)
    wire.dhcp(STRANGER, EVERYBODY, "offer", M1)
    wire.dhcp(SERVER, EVERYBODY, "offer", M1)
    wire.wait(120)
    wire.lease(M2, STRANGER, xid=2)
    wire.wait(120)
    wire.dhcp(M2, STRANGER, "request", M2, xid=3, ciaddr=M2.ip, vendor=b"MSFT 5.0")
    wire.dhcp(STRANGER, M2, "ack", M2, xid=3, vendor=b"MSFT 5.0")
    wire.ping(SERVER, Q1)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
