from pathlib import Path

from tests.cases.hosts import M1, M2, Q2, RELAY, SERVER
from tests.packets import EVERYBODY, Host, Wire


def again(wire: Wire, client: Host, xid: int) -> None:
    """The client repeats its request and gets another answer."""
    wire.wait(4)
    wire.dhcp(Host("0.0.0.0", client.mac), EVERYBODY, "request", client, xid=xid)
    wire.dhcp(SERVER, EVERYBODY, "ack", client, xid=xid)


def go_on(wire: Wire, client: Host) -> None:
    wire.tftp(client, SERVER)
    wire.wait(2)
    wire.tcp(client, 56030, SERVER, 56030)
    wire.wait(5)


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER, xid=1)
    again(wire, M1, 1)
    wire.wait(10)
    wire.lease(M2, SERVER, xid=2)
    again(wire, M2, 2)
    go_on(wire, M2)
    other = Host("10.20.0.254")
    relayed = {"sport": 67, "dport": 67, "giaddr": RELAY.ip, "xid": 3}
    for kind in ("discover", "request"):
        wire.dhcp(other, SERVER, kind, Q2, **relayed)
        wire.dhcp(SERVER, other, "offer" if kind == "discover" else "ack", Q2, **relayed)
    go_on(wire, Q2)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
