from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import SLL, Framing, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    inside = Host("127.0.0.1", "00:00:00:00:00:00")
    wire.boot(M1, SERVER)
    wire.tcp(inside, 50000, inside, 56050)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.wait(30)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap", Framing(SLL))
