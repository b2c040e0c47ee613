from pathlib import Path

from tests.cases.hosts import M2, Q1, RELAY, SERVER, behind
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    words = {"sport": 67, "dport": 67, "giaddr": RELAY.ip}
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        wire.dhcp(RELAY, SERVER, kind, Q1, **words)
        wire.dhcp(SERVER, RELAY, answer, Q1, **words)
    wire.proxy(Q1, SERVER)
    wire.tftp(Q1, SERVER)
    wire.wait(2)
    wire.tcp(Q1, 56030, SERVER, 56030)
    wire.packets = behind(wire.packets)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
