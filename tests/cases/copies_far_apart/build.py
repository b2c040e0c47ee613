from dataclasses import replace
from pathlib import Path

from scapy.layers.inet import IP

from tests.cases.hosts import M2, Q1, Q2, ROUTER, SERVER
from tests.packets import Packet, Wire


def routed(packet: Packet, number: int) -> Packet:
    """The packet behind the router, 20 to 85 ms later."""
    inner = IP(packet.payload)
    inner.ttl -= 1
    del inner.chksum
    return replace(packet, ts=packet.ts + (20 + 13 * (number % 6)) * 1_000_000, source=ROUTER.mac, payload=bytes(inner))


def build(folder: Path) -> None:
    wire = Wire()
    for step in range(2):
        wire.tcp(SERVER, 50000 + step, Q1, 56010)
        wire.refused(SERVER, 50010 + step, Q1, 56010)
        wire.syn(SERVER, 50020 + step, Q2, 56010, tries=2)
    wire.wait(30)
    packets = [copy for number, one in enumerate(wire.packets) for copy in (one, routed(one, number))]
    end = Wire(wire.now)
    end.ping(SERVER, M2)
    packets += end.packets
    Wire(packets=sorted(packets, key=lambda packet: packet.ts)).save(folder / "capture.pcap")
