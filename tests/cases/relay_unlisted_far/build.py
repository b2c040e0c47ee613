from pathlib import Path

from tests.cases.hosts import M2, Q2, SERVER, behind
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    relay = Host("10.20.2.129")
    words = {"sport": 67, "dport": 67, "giaddr": relay.ip}
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        wire.dhcp(relay, SERVER, kind, Q2, **words)
        wire.dhcp(SERVER, relay, answer, Q2, **words)
    wire.packets = behind(wire.packets, hops=2)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
