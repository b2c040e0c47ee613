from dataclasses import replace
from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, Q2, RELAY, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, M1, 56010)
    first = len(wire.packets)
    wire.dhcp(RELAY, SERVER, "discover", Q1, sport=67, dport=67, giaddr=RELAY.ip)
    wire.dhcp(SERVER, RELAY, "offer", Q1, sport=67, dport=67, giaddr=RELAY.ip)
    wire.tftp(M1, SERVER, size=100)
    wire.ping(SERVER, Q2)
    for place in (0, first, first + 2, len(wire.packets) - 2):
        one, two = wire.packets[place : place + 2]
        wire.packets[place : place + 2] = [replace(two, ts=one.ts), replace(one, ts=two.ts)]
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
