from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, Q2, SERVER
from tests.packets import Wire, shifted


def build(folder: Path) -> None:
    near, far = Wire(), Wire()
    near.ping(SERVER, Q2)
    near.ping(SERVER, M2)
    first = len(near.packets)
    near.syn(SERVER, 50000, Q1, 56010)
    far.packets = list(shifted(near.packets[:2] + near.packets[first:], 200_000))
    near.syn(SERVER, 50001, M1, 56010)
    far.now = near.now
    far.wait(60)
    far.ping(SERVER, Q2)
    far.ping(SERVER, Q1)
    near.save(folder / "server.pcap")
    far.save(folder / "floor.pcap")
