from pathlib import Path

from tests.cases.hosts import Q1, Q2, SERVER
from tests.packets import Host, Wire, shifted


def build(folder: Path) -> None:
    near, far = Wire(), Wire()
    near.tcp(SERVER, 50000, Q1, 56010)
    near.refused(SERVER, 50001, Q2, 56010)
    far.packets = list(shifted(near.packets, 200_000))
    near.syn(SERVER, 50002, Q1, 56010, tries=3)
    near.refused(SERVER, 50003, Q1, 56010)
    far.now = near.now
    for wire in (near, far):
        wire.wait(30)
        wire.ping(SERVER, Q2)
        wire.ping(SERVER, Host("10.20.2.142"))
    near.save(folder / "server.pcap")
    far.save(folder / "floor.pcap")
