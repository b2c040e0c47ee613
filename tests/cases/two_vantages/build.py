from pathlib import Path

from tests.cases.hosts import M2, Q1, Q2, SERVER
from tests.packets import Wire, shifted


def build(folder: Path) -> None:
    near = Wire()
    near.tcp(SERVER, 50000, Q1, 56010)
    near.wait(1)
    near.tcp(SERVER, 50001, Q2, 56010)
    far = Wire(packets=list(shifted(near.packets, 200_000)), now=near.now)
    near.syn(SERVER, 50002, Q1, 56010, tries=3)
    for wire in (near, far):
        wire.wait(30)
        wire.ping(SERVER, M2)
    near.save(folder / "server.pcap")
    far.save(folder / "floor.pcap")
