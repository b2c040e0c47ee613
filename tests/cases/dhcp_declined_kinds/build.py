from pathlib import Path

from tests.cases.hosts import M1, M2, Q2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def decline(wire: Wire, client: Host, address: str, **words: int) -> None:
    options = [("requested_addr", address)]
    wire.dhcp(Host("0.0.0.0", client.mac), EVERYBODY, "decline", client, vendor=b"", options=options, **words)


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER, xid=1, yiaddr="10.20.0.99", file=b"boot.0")
    decline(wire, M1, "10.20.0.99", xid=1)
    wire.wait(10)
    wire.boot(M1, SERVER)
    wire.wait(10)
    wire.lease(M2, SERVER, xid=3, vendor=b"MSFT 5.0")
    decline(wire, M2, M2.ip, xid=4)
    wire.wait(10)
    wire.lease(Q2, SERVER, xid=5, file=b"boot.0")
    decline(wire, Q2, "10.20.2.200", xid=6)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
