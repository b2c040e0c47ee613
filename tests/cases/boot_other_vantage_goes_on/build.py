from pathlib import Path

from tests.cases.hosts import M1, M2, Q2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    near, far = Wire(), Wire()
    near.ping(SERVER, M2)
    near.lease(M1, SERVER)
    near.tftp(M1, SERVER)
    near.ping(SERVER, M2)
    near.save(folder / "server.pcap")
    far.arp(Q2, Host("10.20.2.129"))
    for _ in range(10):
        far.wait(60)
        far.ping(SERVER, Q2)
    far.save(folder / "floor.pcap")
