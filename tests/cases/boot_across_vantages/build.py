from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER)
    wire.wait(2)
    wire.tcp(M1, 56030, SERVER, 56030)
    wire.wait(60)
    wire.ping(SERVER, M2)
    first, second = Wire(), Wire()
    first.packets, second.packets = wire.packets[:6], wire.packets[2:4] + wire.packets[6:]
    first.save(folder / "server.pcap")
    second.save(folder / "floor.pcap")
