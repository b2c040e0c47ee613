"""What a target that sees packets alone, on a network, cannot compare of a row. Shared by the packet targets."""

from collections.abc import Iterable, Iterator

from analyzer.rule_filters.losses import ExportLoss, LossCode
from analyzer.rule_filters.matches import PacketMatch, RowMatches, Way
from analyzer.rules.model import Side


def of_packets(row: RowMatches) -> Iterator[ExportLoss]:
    """The programs of the row: no packet names its program."""
    if not row.matches:
        return
    programs = tuple(name for side in (row.rule.originator, row.rule.responder) for name in _programs(side))
    if programs:
        yield ExportLoss(row.rule.id, LossCode.EXECUTABLE, tuple(dict.fromkeys(programs)))


def of_single_packets(row: RowMatches) -> Iterator[ExportLoss]:
    """What takes more than one packet to know: which side sent the request, and which request a transfer belongs to."""
    directions = {match.way for match in row.matches}
    if Way.ANSWERS in directions:
        yield ExportLoss(row.rule.id, LossCode.EACH_PACKET)
    if Way.TRANSFER_FROM_SERVER in directions:
        yield ExportLoss(row.rule.id, LossCode.TRANSFER_WITHOUT_REQUEST)


def macs_of(matches: Iterable[PacketMatch], *, targets_only: bool = False) -> tuple[str, ...]:
    """MACs by which a machine without an address is found, in order; a sender at 0.0.0.0 does not count."""
    ends = [end for match in matches for end in ((match.target,) if targets_only else (match.source, match.target))]
    return tuple(dict.fromkeys(mac for end in ends if end.spans is None for mac in end.macs or ()))


def _programs(side: Side) -> Iterator[str]:
    return (executable.name for executable in side.executables)
