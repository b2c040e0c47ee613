from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, M1, 56010)
    wire.wait(1)
    wire.tcp(SERVER, 50001, M2, 56010)
    for number in range(6):
        wire.wait(1)
        wire.refused(STRANGER, 51000 + number, Host(f"10.20.0.{31 + number}"), 56010)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
