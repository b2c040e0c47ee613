from pathlib import Path

from tests.cases.hosts import M1, Q1, Q2, SERVER
from tests.packets import Wire, shifted


def build(folder: Path) -> None:
    near, far = Wire(), Wire()
    near.ping(SERVER, M1)
    near.ping(SERVER, Q1)
    near.tcp(SERVER, 50000, Q1, 56010)
    far.packets = list(shifted(near.packets[2:], 200_000))
    asked = near.segment(SERVER, 50001, Q1, 56010, "S", seq=1000)
    far.packets += shifted([asked], 200_000)
    far.now = near.now
    for number in range(5):
        far.segment(Q1, 56010, SERVER, 50001, "SA", seq=5, ack=1001)
        far.wait(2**number)
    near.wait(60)
    begin = len(near.packets)
    near.ping(SERVER, Q1)
    far.packets += shifted(near.packets[begin:], 200_000)
    near.ping(SERVER, M1)
    far.now = near.now
    far.ping(Q1, Q2)
    near.save(folder / "server.pcap")
    far.save(folder / "floor.pcap")
