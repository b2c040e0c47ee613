"""Packets at the edges of each match of a row: one that fits, and for each field some that are next to it.

``holds`` decides for each packet whether a match covers it, so that a writer is compared with the list that it got.
``traffic`` checks that this list is what the table says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address

from scapy.layers.inet import ICMP, TCP, UDP
from scapy.packet import Packet as Layer

from analyzer.rule_filters.matches import TFTP_OPERATIONS, PacketEnd, PacketMatch, RowMatches, Way
from tests.packets import Host, Packet, Wire

STRANGERS = {4: "10.0.0.99", 6: "2001:db8::99"}
ANYBODY = {4: "10.0.0.77", 6: "2001:db8::77"}
STRANGE_MAC = "02:99:99:99:99:99"
TYPES = (0, 8, 13)


@dataclass(frozen=True)
class Probe:
    """One packet. ``flags``: of TCP. ``kind``: the type of ICMP. ``payload``: of UDP."""

    protocol: str
    source: Host
    target: Host
    ports: tuple[int, int] = (40_000, 40_001)
    flags: str = "S"
    kind: int = 8
    payload: bytes = b"\0\3\0\1"

    def put(self, wire: Wire) -> Packet:
        return wire.send(self.source, self.target, self._layer())

    def _layer(self) -> Layer:
        source, target = self.ports
        if self.protocol == "udp":
            return UDP(sport=source, dport=target) / self.payload
        if self.protocol == "tcp":
            return TCP(sport=source, dport=target, flags=self.flags, seq=1000)
        return ICMP(type=self.kind, id=7)


def holds(match: PacketMatch, probe: Probe) -> bool:
    """Whether every field of the match fits the packet."""
    if (match.protocol, match.version) != (probe.protocol, ip_address(probe.source.ip).version):
        return False
    ends = zip((match.source, match.target), (probe.source, probe.target), probe.ports, strict=True)
    if not all(_is_end(end, host, port, match.protocol) for end, host, port in ends):
        return False
    if match.protocol == "tcp":
        return probe.flags != ("SA" if match.way is Way.OPENS else "S")
    if match.protocol == "icmp":
        return match.icmp_type in (None, probe.kind)
    first, last = TFTP_OPERATIONS
    return not match.tftp or first <= int.from_bytes(probe.payload[:2]) <= last


def _is_end(end: PacketEnd, host: Host, port: int, protocol: str) -> bool:
    address = int(ip_address(host.ip))
    if end.spans is not None and not any(int(low) <= address <= int(high) for low, high in end.spans):
        return False
    if end.macs is not None and host.mac not in end.macs:
        return False
    return end.ports is None or protocol == "icmp" or end.ports[0] <= port <= end.ports[1]


def probes(row: RowMatches) -> list[Probe]:
    """The packets for every match of the row, each once."""
    return list(dict.fromkeys(probe for match in row.matches for probe in _of_match(match)))


def _of_match(match: PacketMatch) -> Iterator[Probe]:
    ports = tuple(end.ports[0] if end.ports else 40_000 + at for at, end in enumerate((match.source, match.target)))
    fits = Probe(
        match.protocol, _host(match.source, match), _host(match.target, match), (ports[0], ports[1]),
        "SA" if match.way is Way.ANSWERS else "S", match.icmp_type or 0,
    )  # fmt: skip
    yield fits
    stranger = Host(STRANGERS[match.version], STRANGE_MAC)
    yield from (replace(fits, source=host) for host in (stranger, *_near(match.source, fits.source)))
    yield from (replace(fits, target=host) for host in (stranger, *_near(match.target, fits.target)))
    yield from (replace(fits, ports=(port, ports[1])) for port in _near_ports(match.source))
    yield from (replace(fits, ports=(ports[0], port)) for port in _near_ports(match.target))
    yield from (replace(fits, protocol=other) for other in ("tcp", "udp"))
    if match.protocol == "tcp":
        yield from (replace(fits, flags=flags) for flags in ("S", "SA", "A", "PA", "R", "RA", "FA"))
    if match.protocol == "icmp":
        yield from (replace(fits, kind=kind) for kind in TYPES)
    if match.tftp:
        yield from (replace(fits, payload=operation.to_bytes(2) + b"\0\1") for operation in (0, 1, 2, 3, 6, 7, 256 + 3))
        yield replace(fits, payload=b"\0")


def _host(end: PacketEnd, match: PacketMatch) -> Host:
    address = str(end.spans[0][0]) if end.spans else ANYBODY[match.version]
    return Host(address, end.macs[0]) if end.macs else Host(address)


def _near(end: PacketEnd, host: Host) -> Iterator[Host]:
    """The ends of each span and what is next to them; the same address with another MAC."""
    for low, high in end.spans or ():
        numbers = {int(low) - 1, int(low), int(high), int(high) + 1}
        addresses = {str(type(low)(number)) for number in numbers if 0 <= number < 1 << low.max_prefixlen}
        yield from (Host(address, host.mac if end.macs else "") for address in sorted(addresses))
    if end.macs:
        yield Host(host.ip, STRANGE_MAC)


def _near_ports(end: PacketEnd) -> Iterator[int]:
    for low, high in [end.ports] if end.ports else []:
        yield from (port for port in (low - 1, low, high, high + 1) if 0 < port <= 0xFFFF)
