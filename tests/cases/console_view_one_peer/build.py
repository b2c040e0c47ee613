from pathlib import Path

from tests.cases.hosts import CONSOLE, M1, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(CONSOLE, 50000, SERVER, 56023)
    wire.dhcp(Host("0.0.0.0", M1.mac), EVERYBODY, "discover", M1)
    wire.wait(4)
    wire.dhcp(Host("0.0.0.0", M1.mac), EVERYBODY, "discover", M1)
    wire.wait(30)
    wire.tcp(CONSOLE, 50001, SERVER, 56023)
    wire.save(folder / "capture.pcap")
