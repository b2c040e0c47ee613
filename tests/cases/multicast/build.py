from pathlib import Path

from tests.cases.hosts import M2, SERVER, STRANGER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for _ in range(5):
        wire.udp(SERVER, 50000, Host("239.1.2.3"), 9004, bytes(200))
    wire.udp(STRANGER, 50001, Host("239.1.2.4"), 9005, bytes(200))

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
