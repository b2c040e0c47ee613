from pathlib import Path

from tests.cases.hosts import CONSOLE, M1, M2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    blank = Host("0.0.0.0", M1.mac)
    for seconds in (4, 8, 16, 32):
        wire.dhcp(blank, EVERYBODY, "discover", M1)
        wire.wait(seconds)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, CONSOLE)
    wire.save(folder / "capture.pcap")
