from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.udp(Host("0.0.0.0", M1.mac), 68, EVERYBODY, 67, b"no DHCP message at all, " * 12)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
