from pathlib import Path

from tests.cases.hosts import M2, Q1, Q2, RELAY, SERVER, behind
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    old, new = Host("10.20.2.50", Q1.mac), Host("10.20.2.51", Q1.mac)
    other = Host("10.20.2.52", Q2.mac)
    words = {"sport": 67, "dport": 67, "giaddr": RELAY.ip, "vendor": b"MSFT 5.0"}
    wire.dhcp(other, SERVER, "request", other, ciaddr=other.ip, vendor=b"MSFT 5.0", xid=76)
    wire.dhcp(SERVER, other, "nak", other, yiaddr="0.0.0.0", vendor=b"", xid=76)
    wire.dhcp(other, SERVER, "release", other, ciaddr=other.ip, vendor=b"MSFT 5.0", xid=76)
    wire.dhcp(old, SERVER, "request", old, ciaddr=old.ip, vendor=b"MSFT 5.0", xid=77)
    wire.dhcp(SERVER, old, "nak", old, yiaddr="0.0.0.0", vendor=b"", xid=77)
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        wire.dhcp(RELAY, SERVER, kind, new, xid=78, **words)
        wire.dhcp(SERVER, RELAY, answer, new, xid=78, **words)
    wire.wait(30)
    wire.tcp(SERVER, 50000, new, 56010)
    wire.wait(3600)
    wire.dhcp(new, SERVER, "release", new, ciaddr=new.ip, vendor=b"MSFT 5.0", xid=79)
    wire.packets = behind(wire.packets)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
