"""The hosts of ``site.yaml``: a /23 with the server, and two /25 behind a router."""

from dataclasses import replace

from scapy.layers.inet import IP

from tests.packets import Host, Packet

SERVER = Host("10.20.0.10")
ROUTER = Host("10.20.0.1")
RELAY = Host("10.20.2.1")
M1, M2 = Host("10.20.0.31"), Host("10.20.1.32")
Q1, Q2 = Host("10.20.2.41"), Host("10.20.2.141")
CONSOLE = Host("10.20.0.50")
"""Image Builder."""
COMMANDS = Host("10.20.0.51")
"""DPM Command Line."""
STRANGER, OTHER = Host("10.20.0.66"), Host("10.20.1.67")
OTHER_DHCP = Host("10.20.0.5")
SERVER6, M6, ROUTER6 = Host("2001:db8:20::10"), Host("2001:db8:20::31"), Host("2001:db8:20::1")


def behind(packets: list[Packet], hops: int = 1) -> list[Packet]:
    """The packets on the server's link if routers forward them to it and from it; without hops a router does not
    change the time to live."""
    seen = []
    for packet in packets:
        layer = IP(packet.payload)
        if packet.source != SERVER.mac:
            layer.ttl -= hops
            del layer.chksum
            seen.append(replace(packet, source=ROUTER.mac, payload=bytes(layer)))
        else:
            seen.append(replace(packet, destination=ROUTER.mac))
    return seen
