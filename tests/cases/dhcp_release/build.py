from pathlib import Path

from tests.cases.hosts import M2, Q1, Q2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.dhcp(Q1, SERVER, "release", Q1, ciaddr=Q1.ip, vendor=b"MSFT 5.0")
    wire.dhcp(Host("0.0.0.0", Q2.mac), EVERYBODY, "decline", Q2)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
