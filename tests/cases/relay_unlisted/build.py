from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, RELAY, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for relay, xid in ((RELAY, 1), (STRANGER, 2)):
        wire.dhcp(relay, SERVER, "discover", Q1, sport=67, dport=67, giaddr=relay.ip, xid=xid)
        wire.dhcp(SERVER, relay, "offer", Q1, sport=67, dport=67, giaddr=relay.ip, xid=xid)
    wire.dhcp(M1, SERVER, "request", M1, ciaddr=M1.ip, xid=3)
    wire.dhcp(SERVER, M1, "ack", M1, xid=3)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
