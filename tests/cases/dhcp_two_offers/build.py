from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER_DHCP, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    blank = Host("0.0.0.0", M1.mac)
    wire.dhcp(blank, EVERYBODY, "discover", M1)
    wire.dhcp(OTHER_DHCP, EVERYBODY, "offer", M1)
    wire.dhcp(SERVER, EVERYBODY, "offer", M1)
    wire.dhcp(blank, EVERYBODY, "request", M1)
    wire.dhcp(OTHER_DHCP, EVERYBODY, "ack", M1)
    wire.proxy(M1, SERVER)
    wire.tftp(M1, SERVER)
    wire.tcp(M1, 56030, SERVER, 56030)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
