from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, RELAY, ROUTER, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire, words = Wire(), {"giaddr": RELAY.ip, "sport": 67, "dport": 67}
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        wire.dhcp(RELAY, SERVER, kind, Q1, **words)
        wire.dhcp(SERVER, RELAY, answer, Q1, **words)
    behind = Host(Q1.ip, ROUTER.mac)
    wire.tftp(behind, SERVER)
    wire.wait(2)
    wire.tcp(behind, 56030, SERVER, 56030)
    wire.wait(300)
    wire.magic(SERVER, EVERYBODY, Q1.mac)
    wire.wait(20)
    wire.ping(SERVER, behind)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
