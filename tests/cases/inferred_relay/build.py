from dataclasses import replace
from pathlib import Path

from scapy.layers.inet import IP

from tests.cases.hosts import M2, Q1, RELAY, ROUTER, SERVER
from tests.packets import Packet, Wire


def behind(packets: list[Packet]) -> list[Packet]:
    """What the server's link shows of packets that a router forwards to it and from it."""
    seen = []
    for packet in packets:
        layer = IP(packet.payload)
        if packet.source != SERVER.mac:
            layer.ttl = layer.ttl - 1
            del layer.chksum
            seen.append(replace(packet, source=ROUTER.mac, payload=bytes(layer)))
        else:
            seen.append(replace(packet, destination=ROUTER.mac))
    return seen


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
