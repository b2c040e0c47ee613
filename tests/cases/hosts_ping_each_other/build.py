from pathlib import Path

from tests.cases.hosts import M1, M2, ROUTER, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M1, 2, answered=False)
    wire.ping(M1, SERVER, 2, answered=False)
    wire.icmp_error(ROUTER, wire.ping(SERVER, M2, answered=False), 3, 13)
    wire.ping(M2, SERVER, 2)
    wire.wait(20)
    wire.ping(SERVER, M1, answered=False)
    wire.wait(20)
    wire.ping(M2, SERVER)
    wire.save(folder / "capture.pcap")
