from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire, blank = Wire(), Host("0.0.0.0", M1.mac)
    wire.lease(M2, SERVER)
    wire.dhcp(blank, EVERYBODY, "discover", M1)
    wire.dhcp(STRANGER, EVERYBODY, "offer", Host(M2.ip, M1.mac))
    wire.dhcp(SERVER, EVERYBODY, "offer", M1)
    wire.dhcp(blank, EVERYBODY, "request", M1)
    wire.dhcp(SERVER, EVERYBODY, "ack", M1)
    wire.wait(5)
    wire.tftp(M2, SERVER)
    wire.wait(2)
    wire.tcp(M2, 56030, SERVER, 56030)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
