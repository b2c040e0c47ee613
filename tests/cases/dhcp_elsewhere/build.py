from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER_DHCP, SERVER, STRANGER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    blank = Host("0.0.0.0", M1.mac)
    wire.dhcp(blank, EVERYBODY, "discover", M1)
    for server in (OTHER_DHCP, SERVER, STRANGER):
        wire.dhcp(server, EVERYBODY, "offer", M1)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
