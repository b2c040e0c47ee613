"""Rows as a ruleset of nftables, complete: ``nft -f`` loads it, into a table of its own, on a router or a host.

The ruleset counts and accepts what the rows cover, and blocks nothing: its policies are ``accept``. Connection
tracking shows which side opened a flow; a set remembers TFTP requests, so that a transfer belongs to one.
Words of the language: nft(8).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from analyzer.rule_filters.comments import ExportBasis, head, of_row, reference
from analyzer.rule_filters.losses import ExportLoss, LossCode
from analyzer.rule_filters.matches import TFTP_OPERATIONS, TRANSFERS, PacketEnd, PacketMatch, RowMatches, Way
from analyzer.rule_filters.packet_losses import macs_of, of_packets
from analyzer.rule_filters.spans import ranges
from analyzer.text import clip

TITLE = "a ruleset of nftables"
TABLE = "dpm_analyzer"
EVERY_ROW = (ExportLoss("", LossCode.CONNECTIONS_UNDER_WAY),)
LONGEST_COMMENT = 120
"""nft takes 128 octets at most; what is cut ends in a character of three."""
REQUESTS_KEPT = 65_536
SECONDS_KEPT = 60
"""How long a TFTP request waits for its transfer, and a transfer for its next block: that of the analysis."""

_IP = {4: "ip", 6: "ip6"}
_USE = (
    f"# Load: nft -f FILE. Remove: nft delete table inet {TABLE}. Count: nft list table inet {TABLE}.",
    "# It counts and accepts what the rows cover and blocks nothing. To block the rest, write policy drop in place of",
    "# policy accept, after the counters without a row have shown what else this machine needs.",
)


def ruleset(basis: ExportBasis, rows: Sequence[RowMatches]) -> Iterator[str]:
    """The lines of the ruleset."""
    yield from head(TITLE, basis, EVERY_ROW)
    yield from _USE
    yield f"table inet {TABLE}"
    yield f"delete table inet {TABLE}"
    yield f"table inet {TABLE} {{"
    for version in sorted({match.version for row in rows for match in row.matches if match.way in TRANSFERS}):
        yield from _requests(version)
    yield "\tchain rows {"
    for row in rows:
        yield from (f"\t\t{line}" for line in _row(row))
    yield "\t}"
    for hook in ("input", "forward", "output"):
        yield from _hook(hook)
    yield "}"


def losses(row: RowMatches) -> list[ExportLoss]:
    found = [*of_packets(row)]
    if macs := macs_of(_written(row.matches)):
        found.append(ExportLoss(row.rule.id, LossCode.OWN_SEGMENT_ONLY, macs))
    if macs := macs_of(row.matches, targets_only=True):
        found.append(ExportLoss(row.rule.id, LossCode.NO_TARGET_HARDWARE_ADDRESS, macs))
    return found


def _written(matches: Iterable[PacketMatch]) -> list[PacketMatch]:
    """Those that a host or a router can see: the target's MAC is the next hop's, or not there yet."""
    return [match for match in matches if match.target.macs is None]


def _requests(version: int) -> Iterator[str]:
    yield "\t# TFTP requests: client, its port, server."
    yield f"\tset tftp_requests{version} {{"
    yield f"\t\ttypeof {_IP[version]} saddr . udp sport . {_IP[version]} daddr"
    yield f"\t\tsize {REQUESTS_KEPT}"
    yield "\t\tflags dynamic,timeout"
    yield f"\t\ttimeout {SECONDS_KEPT}s"
    yield "\t}"


def _hook(hook: str) -> Iterator[str]:
    yield f"\tchain {hook} {{"
    yield f"\t\ttype filter hook {hook} priority filter; policy accept;"
    yield "\t\tjump rows"
    yield '\t\tcounter comment "no row"'
    yield "\t}"


def _row(row: RowMatches) -> Iterator[str]:
    yield from of_row(row, (*row.losses, *losses(row)))
    comment = clip(reference(row), LONGEST_COMMENT)
    matches = _written(row.matches)
    for match in matches:
        if match.way is Way.TRANSFER_FROM_CLIENT and row.transfer_port is not None:
            ports = (row.transfer_port, row.transfer_port)
            request = replace(match, way=Way.OPENS, target=replace(match.target, ports=ports))
            yield f'{" ".join(_terms(request))} update {_request(match)} comment "{comment}"'
    for match in matches:
        yield f'{" ".join(_terms(match))} counter accept comment "{comment}"'
    if not matches:
        yield "# No rule."


def _terms(match: PacketMatch) -> Iterator[str]:
    yield from _end("s", match.source, match)
    yield from _end("d", match.target, match)
    if match.protocol != "icmp" and match.source.ports is None and match.target.ports is None:
        yield f"meta l4proto {match.protocol}"
    if match.icmp_type is not None:
        yield f"icmp type {match.icmp_type}"
    elif match.protocol == "icmp":
        yield "meta l4proto icmp"
    if match.way is Way.ANSWERS:
        yield "ct direction reply"
    elif match.protocol == "tcp":
        yield "ct direction original"
    if match.way in TRANSFERS:
        first, last = TFTP_OPERATIONS
        yield f"@th,64,16 {first}-{last} {_asked(match)} @{_set(match)} update {_request(match)}"


def _end(way: str, end: PacketEnd, match: PacketMatch) -> Iterator[str]:
    if end.macs is not None:
        yield f"ether {way}addr {{ {', '.join(end.macs)} }}"
    if end.spans is not None:
        yield f"{_IP[match.version]} {way}addr {{ {', '.join(ranges(end.spans, '-'))} }}"
    if end.ports is not None:
        low, high = end.ports
        yield f"{match.protocol} {way}port {low if low == high else f'{low}-{high}'}"


def _request(match: PacketMatch) -> str:
    return f"@{_set(match)} {{ {_asked(match)} }}"


def _asked(match: PacketMatch) -> str:
    """Client, its port and server, as a packet of the transfer has them."""
    ip = _IP[match.version]
    if match.way is Way.TRANSFER_FROM_SERVER:
        return f"{ip} daddr . udp dport . {ip} saddr"
    return f"{ip} saddr . udp sport . {ip} daddr"


def _set(match: PacketMatch) -> str:
    return f"tftp_requests{match.version}"
