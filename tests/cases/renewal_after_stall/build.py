from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.wait(1800)
    words = {"ciaddr": M1.ip, "vendor": b"MSFT 5.0", "xid": 99}
    wire.dhcp(M1, SERVER, "request", M1, **words)
    wire.dhcp(SERVER, M1, "ack", M1, **words)
    wire.wait(1)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
