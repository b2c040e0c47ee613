from pathlib import Path

from tests.cases.hosts import M2, OTHER_DHCP, Q1, SERVER
from tests.packets import SECOND, START, Wire, shifted


def build(folder: Path) -> None:
    near, far = Wire(START - 10 * SECOND), Wire()
    near.ping(SERVER, M2)
    far.lease(Q1, OTHER_DHCP)
    first = len(far.packets)
    far.wait(0.5)
    far.tftp(Q1, SERVER)
    far.wait(60)
    far.ping(SERVER, Q1)
    far.wait(5)
    far.ping(SERVER, Q1)
    near.packets += shifted(far.packets[first:], -SECOND)
    near.save(folder / "server.pcap")
    far.save(folder / "floor.pcap")
