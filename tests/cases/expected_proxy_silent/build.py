from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER_DHCP, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, OTHER_DHCP)
    wire.dhcp(M1, SERVER, "request", M1, dport=4011, ciaddr=M1.ip)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
