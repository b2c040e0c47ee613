from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER_DHCP, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire, blank = Wire(), Host("0.0.0.0", M1.mac)
    wire.tcp(M2, 50000, OTHER_DHCP, 445)
    wire.dhcp(blank, EVERYBODY, "discover", M1)
    wire.dhcp(OTHER_DHCP, EVERYBODY, "offer", M1)
    wire.dhcp(SERVER, EVERYBODY, "offer", M1, yiaddr="0.0.0.0")
    wire.dhcp(blank, EVERYBODY, "request", M1)
    wire.dhcp(OTHER_DHCP, EVERYBODY, "ack", M1)
    for _ in range(3):
        wire.dhcp(M1, SERVER, "request", M1, dport=4011, ciaddr=M1.ip)
        wire.wait(2)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
