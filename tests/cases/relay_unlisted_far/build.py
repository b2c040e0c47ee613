from dataclasses import replace
from pathlib import Path

from scapy.layers.inet import IP

from tests.cases.hosts import M2, Q2, ROUTER, SERVER
from tests.packets import Host, Packet, Wire


def behind(packets: list[Packet]) -> list[Packet]:
    """What the server's link shows of packets that a router forwards to it and from it."""
    seen = []
    for packet in packets:
        layer = IP(packet.payload)
        if packet.source != SERVER.mac:
            layer.ttl = layer.ttl - 2
            del layer.chksum
            seen.append(replace(packet, source=ROUTER.mac, payload=bytes(layer)))
        else:
            seen.append(replace(packet, destination=ROUTER.mac))
    return seen


def build(folder: Path) -> None:
    wire = Wire()
    relay = Host("10.20.2.129")
    words = {"sport": 67, "dport": 67, "giaddr": relay.ip}
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        wire.dhcp(relay, SERVER, kind, Q2, **words)
        wire.dhcp(SERVER, relay, answer, Q2, **words)
    wire.packets = behind(wire.packets)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
