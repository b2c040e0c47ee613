from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for machine in (M1, M2):
        blank = Host("0.0.0.0", machine.mac)
        wire.dhcp(blank, EVERYBODY, "discover", machine)
        wire.wait(4)
        wire.dhcp(blank, EVERYBODY, "request", machine)
        wire.wait(4)
    wire.proxy(M1, SERVER)
    wire.tftp(M1, SERVER)
    wire.tcp(M1, 56030, SERVER, 56030)
    wire.ping(SERVER, Q1)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
