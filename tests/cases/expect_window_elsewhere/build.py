from pathlib import Path

from tests.cases.hosts import M1, M2, RELAY, SERVER
from tests.packets import SECOND, START, Host, Wire


def build(folder: Path) -> None:
    near, far = Wire(), Wire(START + 100 * SECOND)
    near.ping(SERVER, M2)
    near.wait(600)
    near.ping(SERVER, M1)
    near.save(folder / "server.pcap")
    for number in range(20):
        far.tcp(Host("10.20.2.98"), 40000 + number, Host("10.20.2.99"), 445)
        far.wait(300)
        far.ping(Host("10.20.2.99"), RELAY)
    far.save(folder / "floor.pcap")
