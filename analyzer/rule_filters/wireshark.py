"""Rows as display filters of Wireshark and tshark (wireshark-filter(4)), for versions 3.6 and later."""

from collections.abc import Iterator, Sequence

from analyzer.rule_filters.losses import ExportLoss, LossCode
from analyzer.rule_filters.matches import TFTP_OPERATIONS, PacketEnd, PacketMatch, RowMatches, Way
from analyzer.rule_filters.packet_losses import macs_of, of_packets, of_single_packets
from analyzer.rule_filters.spans import ranges

TITLE = "display filters (Wireshark, tshark)"
EVERY_ROW = (ExportLoss("", LossCode.ONE_OF_THE_FRAGMENTS), ExportLoss("", LossCode.INNER_HEADERS))

_LARGEST_TYPE = 255


def expression(row: RowMatches) -> str:
    """One filter that takes the packets of the row; empty where nothing can be written."""
    return any_of([f"({' && '.join(_terms(match))})" for match in row.matches])


def losses(row: RowMatches) -> list[ExportLoss]:
    found = [*of_packets(row), *of_single_packets(row)]
    if macs := macs_of(row.matches):
        found.append(ExportLoss(row.rule.id, LossCode.OWN_SEGMENT_ONLY, macs))
    return found


def any_of(parts: Sequence[str]) -> str:
    return " || ".join(parts)


def _terms(match: PacketMatch) -> Iterator[str]:
    yield match.protocol
    if match.protocol == "icmp":
        yield from _icmp(match)
    else:
        # An ICMP error repeats the headers of the packet that it is about.
        yield "!icmp && !icmpv6"
    yield from _end("src", match.source, match)
    yield from _end("dst", match.target, match)
    if match.protocol == "tcp":
        acknowledged = 1 if match.way is Way.OPENS else 0
        yield f"!(tcp.flags.syn == 1 && tcp.flags.ack == {acknowledged})"
    if match.tftp:
        first, last = TFTP_OPERATIONS
        yield f"udp.payload[0:2] >= 00:{first:02x} && udp.payload[0:2] <= 00:{last:02x}"


def _icmp(match: PacketMatch) -> Iterator[str]:
    kind = match.icmp_type
    if kind is not None:
        # An error has two types, its own and that of the packet which it repeats.
        others = [span for span in ((0, kind - 1), (kind + 1, _LARGEST_TYPE)) if span[0] <= span[1]]
        yield f"icmp.type == {kind} && !(icmp.type in {{{', '.join(_numbers(*span) for span in others)}}})"


def _end(way: str, end: PacketEnd, match: PacketMatch) -> Iterator[str]:
    if end.macs is not None:
        yield f"eth.{way} in {{{', '.join(end.macs)}}}"
    if end.spans is not None:
        yield f"{'ip' if match.version == 4 else 'ipv6'}.{way} in {{{', '.join(ranges(end.spans, ' .. '))}}}"
    elif end.macs is not None:
        yield "ip" if match.version == 4 else "ipv6"
    if end.ports is not None:
        low, high = end.ports
        field = f"{match.protocol}.{way}port"
        yield f"{field} == {low}" if low == high else f"{field} in {{{_numbers(low, high)}}}"


def _numbers(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} .. {high}"
