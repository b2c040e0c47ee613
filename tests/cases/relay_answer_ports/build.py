from pathlib import Path

from tests.cases.hosts import M2, Q1, RELAY, SERVER, STRANGER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for port in (67, 1067):
        wire.dhcp(RELAY, SERVER, "discover", Q1, sport=port, dport=67, giaddr=RELAY.ip, xid=port)
        wire.dhcp(SERVER, RELAY, "offer", Q1, sport=67, dport=port, giaddr=RELAY.ip, xid=port)
    wire.dhcp(RELAY, SERVER, "discover", Q1, sport=68, dport=67, giaddr=RELAY.ip, xid=68)
    wire.dhcp(SERVER, RELAY, "offer", Q1, sport=67, dport=68, giaddr=RELAY.ip, xid=68)
    wire.wait(200)
    wire.dhcp(SERVER, RELAY, "ack", Q1, sport=67, dport=68, giaddr=RELAY.ip, xid=5)
    for port in (67, 68, 1067):
        wire.dhcp(SERVER, STRANGER, "ack", Q1, sport=67, dport=port, giaddr=STRANGER.ip, yiaddr="10.20.0.99", xid=6)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
