from pathlib import Path

from tests.cases.hosts import M1, M2, ROUTER, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for last in (255, 127, 191, 11, 22):
        wire.magic(SERVER, Host(f"10.30.5.{last}", ROUTER.mac), "02:aa:00:00:00:01")
        wire.wait(1)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
