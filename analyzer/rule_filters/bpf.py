"""Rows as expressions of libpcap's filter language: for tcpdump, dumpcap, and capture filters of Wireshark.

The language: pcap-filter(7). Ports are compared in the first fragment only, and IPv6 headers without extension.
"""

from collections.abc import Iterable, Iterator, Sequence

from analyzer.rule_filters.losses import ExportLoss, LossCode
from analyzer.rule_filters.matches import TFTP_OPERATIONS, PacketEnd, PacketMatch, RowMatches, Way
from analyzer.rule_filters.packet_losses import macs_of, of_packets, of_single_packets
from analyzer.rule_filters.spans import networks

TITLE = "packet filter expressions (BPF, pcap-filter)"
EVERY_ROW = (ExportLoss("", LossCode.FRAGMENTS), ExportLoss("", LossCode.TAGS_AND_TUNNELS))

_TCP_FLAGS = {4: "tcp[13]", 6: "ip6[53]"}
_UDP_PAYLOAD = {4: "udp[8:2]", 6: "ip6[48:2]"}
_SYN, _SYN_ACK = 0x02, 0x12


def expression(row: RowMatches) -> str:
    """One expression that takes the packets of the row; empty where nothing can be written."""
    return any_of(f"({' and '.join(_terms(match))})" for match in row.matches)


def losses(row: RowMatches) -> list[ExportLoss]:
    found = [*of_packets(row), *of_single_packets(row)]
    if macs := macs_of(row.matches):
        found.append(ExportLoss(row.rule.id, LossCode.OWN_SEGMENT_ONLY, macs))
    if any(match.source.macs or match.target.macs for match in row.matches):
        found.append(ExportLoss(row.rule.id, LossCode.LINK_LAYER))
    if any(match.version == 6 for match in row.matches):
        found.append(ExportLoss(row.rule.id, LossCode.IPV6_EXTENSION_HEADERS))
    return found


def any_of(parts: Iterable[str]) -> str:
    return " or ".join(parts)


def _terms(match: PacketMatch) -> Iterator[str]:
    yield "ip" if match.version == 4 else "ip6"
    yield match.protocol
    yield from _end("src", match.source)
    yield from _end("dst", match.target)
    if match.protocol == "tcp":
        # The opener never sends SYN with ACK, and the other side never SYN alone.
        wrong = _SYN_ACK if match.way is Way.OPENS else _SYN
        yield f"{_TCP_FLAGS[match.version]} & {_SYN_ACK:#x} != {wrong:#x}"
    if match.icmp_type is not None:
        yield f"icmp[0] = {match.icmp_type}"
    if match.tftp:
        first, last = TFTP_OPERATIONS
        payload = _UDP_PAYLOAD[match.version]
        yield f"{payload} >= {first} and {payload} <= {last}"


def _end(way: str, end: PacketEnd) -> Iterator[str]:
    if end.macs is not None:
        yield _one_of([f"ether {way} {mac}" for mac in end.macs])
    if end.spans is not None:
        yield _one_of([f"{way} {'net' if '/' in one else 'host'} {one}" for one in networks(end.spans)])
    if end.ports is not None:
        low, high = end.ports
        yield f"{way} port {low}" if low == high else f"{way} portrange {low}-{high}"


def _one_of(terms: Sequence[str]) -> str:
    return terms[0] if len(terms) == 1 else f"({any_of(terms)})"
