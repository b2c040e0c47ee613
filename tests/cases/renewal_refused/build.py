from pathlib import Path

from tests.cases.hosts import M2, Q1, Q2, RELAY, SERVER, behind
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    address = "10.20.2.50"
    one, two = Host(address, Q1.mac), Host(address, Q2.mac)
    words = {"sport": 67, "dport": 67, "giaddr": RELAY.ip, "vendor": b"MSFT 5.0"}
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        wire.dhcp(RELAY, SERVER, kind, one, **words)
        wire.dhcp(SERVER, RELAY, answer, one, **words)
    wire.wait(30)
    wire.tcp(SERVER, 50000, one, 56010)
    wire.wait(60)
    wire.dhcp(two, SERVER, "request", two, ciaddr=address, vendor=b"MSFT 5.0", xid=77)
    wire.dhcp(SERVER, two, "nak", two, yiaddr="0.0.0.0", vendor=b"", xid=77)
    wire.wait(30)
    wire.tcp(SERVER, 50001, one, 56010)
    wire.packets = behind(wire.packets)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
