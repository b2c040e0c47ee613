from pathlib import Path

from tests.cases.hosts import M2, Q1, Q2, RELAY, SERVER
from tests.packets import EVERYBODY, Host, Wire, shifted


def build(folder: Path) -> None:
    near, far = Wire(), Wire()
    blank = Host("0.0.0.0", Q1.mac)
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        far.dhcp(blank, EVERYBODY, kind, Q1)
        near.now = far.now
        near.dhcp(RELAY, SERVER, kind, Q1, sport=67, dport=67, giaddr=RELAY.ip)
        near.dhcp(SERVER, RELAY, answer, Q1, sport=67, dport=67, giaddr=RELAY.ip)
        far.now = near.now
        far.dhcp(Host(RELAY.ip), EVERYBODY, answer, Q1, giaddr=RELAY.ip)
    near.now = far.now
    first = len(near.packets)
    near.tftp(Q1, SERVER)
    near.wait(1)
    near.tcp(Q1, 56030, SERVER, 56030)
    near.wait(30)
    near.ping(SERVER, Q2)
    far.packets += shifted(near.packets[first:], 200_000)
    near.ping(SERVER, M2)
    near.save(folder / "server.pcap")
    far.save(folder / "floor.pcap")
