from pathlib import Path

from tests.cases.hosts import M2, Q1, SERVER
from tests.packets import BROADCAST, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for address, mac in (
        (Q1.ip, Q1.mac),
        ("10.20.1.255", BROADCAST),
        ("10.20.0.255", BROADCAST),
        ("10.20.3.255", BROADCAST),
    ):
        wire.magic(SERVER, Host(address, mac), Q1.mac)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
