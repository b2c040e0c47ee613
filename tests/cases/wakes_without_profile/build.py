from pathlib import Path

from tests.cases.hosts import M1, SERVER
from tests.packets import BROADCAST, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(M1, 56030, SERVER, 56030)
    for last in (127, 22):
        wire.magic(SERVER, Host(f"10.30.5.{last}", BROADCAST), "02:aa:00:00:00:01")
    wire.wait(60)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
