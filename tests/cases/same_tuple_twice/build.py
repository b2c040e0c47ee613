import struct
from dataclasses import replace
from pathlib import Path

from scapy.layers.inet import IP, TCP

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Packet, Wire

OTHER_SERVER, OTHER_M1 = Host(SERVER.ip, "02:00:00:00:00:10"), Host(M1.ip, "02:00:00:00:00:31")
"""The same addresses in another network."""


def tagged(packet: Packet, vlan: int) -> Packet:
    return replace(packet, ethertype=0x8100, payload=struct.pack(">HH", vlan, packet.ethertype) + packet.payload)


def in_turn(one: list[Packet], two: list[Packet]) -> list[Packet]:
    return sorted((*one, *two), key=lambda packet: packet.ts)


def at_the_same_time(one: Wire, two: Wire, vlans: tuple[int, int] = (0, 0)) -> list[Packet]:
    """The packets of two networks; those of the second are half a millisecond later."""
    later = [replace(packet, ts=packet.ts + 500_000) for packet in two.packets]
    if not any(vlans):
        return in_turn(one.packets, later)
    return in_turn([tagged(packet, vlans[0]) for packet in one.packets], [tagged(packet, vlans[1]) for packet in later])


def with_other_numbers(packet: Packet) -> Packet:
    """The packet on the other side of a firewall: the server's and the machine's numbers are both changed."""
    inner = IP(packet.payload)
    from_server = inner.src == SERVER.ip
    there, back = (1_000_000, 77_000_000) if from_server else (77_000_000, 1_000_000)
    inner[TCP].seq = (inner[TCP].seq + there) % 2**32
    if inner[TCP].flags.A:
        inner[TCP].ack = (inner[TCP].ack + back) % 2**32
    inner.ttl -= 1
    del inner.chksum, inner[TCP].chksum
    after = 300_000 if from_server else -300_000
    return replace(packet, ts=packet.ts + after, source="02:00:00:00:ff:01", payload=bytes(inner))


def build(folder: Path) -> None:
    start = Wire()
    start.ping(SERVER, M2)
    packets = start.packets
    packets += served_and_refused(start.now, 50000, vlans=(10, 20))
    packets += served_and_refused(start.now + 10**9, 50001, vlans=(0, 0))
    one, two = Wire(start.now + 2 * 10**9), Wire(start.now + 2 * 10**9)
    one.tcp(M1, 56030, SERVER, 56030, isn=(1000, 2000), say=b"a" * 300)
    two.tcp(OTHER_M1, 56030, OTHER_SERVER, 56030, isn=(900_000_000, 800_000_000), say=b"b" * 20)
    packets += at_the_same_time(one, two, (10, 20))
    both = Wire(start.now + 3 * 10**9)
    both.tcp(SERVER, 50002, M1, 56010)
    packets += in_turn(both.packets, [with_other_numbers(packet) for packet in both.packets])
    stopped = Wire(start.now + 4 * 10**9)
    stopped.syn(SERVER, 50003, M1, 56010, tries=3)
    packets += in_turn(stopped.packets, [with_other_numbers(packet) for packet in stopped.packets])
    end = Wire(start.now + 60 * 10**9)
    end.ping(SERVER, M2)
    Wire(packets=[*packets, *end.packets]).save(folder / "capture.pcap")


def served_and_refused(at: int, port: int, vlans: tuple[int, int]) -> list[Packet]:
    one, two = Wire(at), Wire(at)
    one.tcp(SERVER, port, M1, 56010, isn=(500_000, 600_000))
    two.refused(OTHER_SERVER, port, OTHER_M1, 56010)
    return at_the_same_time(one, two, vlans)
