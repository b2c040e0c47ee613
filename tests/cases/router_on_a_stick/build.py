import struct
from dataclasses import replace
from pathlib import Path

from scapy.layers.inet import IP

from tests.cases.hosts import Q1, Q2, ROUTER, SERVER
from tests.packets import Packet, Wire


def tagged(packet: Packet, vlan: int) -> Packet:
    return replace(packet, ethertype=0x8100, payload=struct.pack(">HH", vlan, packet.ethertype) + packet.payload)


def routed(packet: Packet) -> Packet:
    inner = IP(packet.payload)
    inner.ttl -= 1
    del inner.chksum
    return replace(packet, ts=packet.ts + 30_000, source=ROUTER.mac, payload=bytes(inner))


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, Q1, 56010)
    wire.syn(SERVER, 50001, Q2, 56010, tries=2)
    wire.tftp(Q1, SERVER)
    wire.ping(SERVER, Q2)
    wire.wait(30)
    wire.ping(SERVER, Q1)
    twice = [(packet, routed(packet)) for packet in wire.packets]
    wire.packets = [copy for one, two in twice for copy in (tagged(one, 10), tagged(two, 20))]
    wire.save(folder / "capture.pcap")
