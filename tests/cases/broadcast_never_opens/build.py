from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for number, address in enumerate(("255.255.255.255", "239.1.2.3", "10.20.2.127")):
        wire.udp(Host(address, STRANGER.mac), 50000, M1, 7000 + number, b"from nobody")
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
