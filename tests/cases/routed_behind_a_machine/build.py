from dataclasses import replace
from pathlib import Path

from scapy.layers.inet import IP

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Packet, Wire


def behind(packets: list[Packet]) -> list[Packet]:
    """What the server's link shows of packets that a router forwards to it and from it."""
    seen = []
    for packet in packets:
        layer = IP(packet.payload)
        if packet.source != SERVER.mac:
            layer.ttl = layer.ttl - 1
            del layer.chksum
            seen.append(replace(packet, source=M1.mac, payload=bytes(layer)))
        else:
            seen.append(replace(packet, destination=M1.mac))
    return seen


def build(folder: Path) -> None:
    wire = Wire()
    wire.boot(M1, SERVER)
    wire.wait(60)
    first = len(wire.packets)
    wire.tcp(Host("10.77.0.5"), 56030, SERVER, 56030)
    wire.packets[first:] = behind(wire.packets[first:])
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
