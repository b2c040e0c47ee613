from pathlib import Path

from tests.cases.hosts import M2, Q1, RELAY, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        wire.dhcp(RELAY, SERVER, kind, Q1, sport=67, giaddr=RELAY.ip)
        wire.dhcp(SERVER, RELAY, answer, Q1, dport=67, giaddr=RELAY.ip)
    wire.tftp(Q1, SERVER)
    wire.wait(2)
    wire.tcp(Q1, 56030, SERVER, 56030)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
