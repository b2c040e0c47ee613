from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    blank = Host("0.0.0.0", M1.mac)
    wire.dhcp(blank, EVERYBODY, "discover", M1)
    wire.dhcp(SERVER, EVERYBODY, "offer", M1)
    for seconds in (4, 8, 16):
        wire.dhcp(blank, EVERYBODY, "request", M1)
        wire.wait(seconds)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
