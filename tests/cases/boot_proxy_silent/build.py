from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    for _ in range(3):
        wire.dhcp(M1, SERVER, "request", M1, dport=4011, ciaddr=M1.ip)
        wire.wait(2)
    wire.lease(M2, SERVER, xid=2)
    wire.proxy(M2, SERVER)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
