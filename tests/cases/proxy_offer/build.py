from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER_DHCP, Q2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    blank = Host("0.0.0.0", M1.mac)
    wire.dhcp(blank, EVERYBODY, "discover", M1)
    wire.dhcp(OTHER_DHCP, EVERYBODY, "offer", M1)
    wire.dhcp(SERVER, EVERYBODY, "offer", M1, yiaddr="0.0.0.0")
    wire.dhcp(blank, EVERYBODY, "request", M1)
    wire.dhcp(OTHER_DHCP, EVERYBODY, "ack", M1)
    wire.wait(10)
    wire.dhcp(Host("0.0.0.0", M2.mac), EVERYBODY, "discover", M2, xid=2)
    wire.dhcp(SERVER, EVERYBODY, "offer", M2, yiaddr="0.0.0.0", xid=2)
    wire.wait(10)
    wire.lease(Q2, SERVER, xid=3)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
