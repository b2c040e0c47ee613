from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scapy.layers.inet import IP

from tests.cases.hosts import Q1, Q2, ROUTER, SERVER
from tests.packets import SLL2, Framing, Packet, Wire


def both_sides(wire: Wire) -> Iterator[Packet]:
    """Each packet as the router takes it in and, with a smaller time to live, as it sends it on."""
    for packet in wire.packets:
        onward = IP(packet.payload)
        onward.ttl -= 1
        del onward.chksum
        yield packet
        yield replace(packet, ts=packet.ts + 20_000, interface=1, source=ROUTER.mac, payload=bytes(onward))


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50001, Q1, 56010)
    wire.wait(5)
    wire.tcp(SERVER, 50002, Q2, 56010)
    wire.wait(60)
    wire.syn(SERVER, 50003, Q2, 56010, tries=3)
    wire.wait(60)
    wire.ping(SERVER, Q1)
    wire.packets = list(both_sides(wire))
    wire.save(folder / "router.pcap", Framing(link=SLL2))
