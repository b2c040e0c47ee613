from pathlib import Path

from tests.cases.hosts import M1, Q1, RELAY, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    floor, server = Wire(), Wire()
    floor.wait(0.04)
    blank = Host("0.0.0.0", Q1.mac)
    for kind in ("discover", "offer", "request", "ack"):
        answer = kind in {"offer", "ack"}
        floor.dhcp(*((RELAY, EVERYBODY) if answer else (blank, EVERYBODY)), kind, Q1, giaddr=RELAY.ip)
        server.dhcp(
            *((SERVER, RELAY) if answer else (RELAY, SERVER)), kind, Q1, giaddr=RELAY.ip, sport=67, dport=67
        )  # fmt: skip
    server.tftp(Q1, SERVER)
    server.wait(2)
    server.tcp(Q1, 56030, SERVER, 56030)
    for wire in (floor, server):
        wire.wait(60)
        wire.ping(SERVER, M1)
    floor.save(folder / "floor.pcap")
    server.save(folder / "server.pcap")
