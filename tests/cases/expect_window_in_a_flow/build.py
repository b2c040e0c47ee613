from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for number in range(5):
        wire.boot(Host(f"10.20.0.{100 + number}"), SERVER)
        wire.wait(25)
    wire.boot(M2, SERVER)
    wire.wait(60)
    for _ in range(40):
        wire.ping(SERVER, M1)
        wire.wait(29)
    wire.save(folder / "capture.pcap")
