from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire, blank = Wire(), Host("0.0.0.0", M1.mac)
    offered = Host("10.20.0.201", M1.mac)
    wire.dhcp(blank, EVERYBODY, "discover", offered)
    wire.dhcp(SERVER, offered, "offer", offered)
    wire.dhcp(SERVER, M1, "offer", M1)
    wire.dhcp(blank, EVERYBODY, "request", M1)
    wire.dhcp(SERVER, M1, "ack", M1)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
