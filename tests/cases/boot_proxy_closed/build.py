from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    asked = wire.dhcp(M1, SERVER, "request", M1, dport=4011, ciaddr=M1.ip)
    wire.icmp_error(SERVER, asked, 3, 3)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
