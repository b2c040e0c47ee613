from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire, address = Wire(), "10.20.0.200"
    before, after = Host(address, "02:66:66:66:66:01"), Host(address, "02:66:66:66:66:02")
    wire.tcp(before, 56030, SERVER, 56030)
    wire.wait(600)
    wire.boot(Host(address, M1.mac), SERVER)
    wire.wait(600)
    wire.lease(after, SERVER, vendor=b"MSFT 5.0", xid=5)
    wire.wait(5)
    wire.tcp(after, 56030, SERVER, 56030)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
