from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, Host(M1.ip, "02:66:66:66:66:01"), 56010)
    wire.tcp(SERVER, 50001, M2, 56010)
    wire.wait(10)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
