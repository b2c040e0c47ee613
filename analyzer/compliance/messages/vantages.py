"""Where flows were captured and where they were not, and between which vantages their packets were lost."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer.columns import Integers, Truths, group_rows
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.messages.values import has_outcome, is_verdict
from analyzer.compliance.visibility.vantage import Vantage, VantageKind, is_on_path
from analyzer.flows.table import FROM_ORIG, FROM_RESP
from analyzer.messages import Message, Value, message
from analyzer.messages.grouping import CodedValues, MessageColumn
from analyzer.values import STOPPED, Outcome, Role, Verdict

SHOWN_FOR = (Verdict.BLOCKED, Verdict.UNEXPECTED, Verdict.UNDETERMINED)
"""Verdicts of flows for which it matters where they were lost."""

Grid = NDArray[np.bool_]
"""(flows, vantages)"""


@dataclass(frozen=True)
class Captured:
    """Where flows were captured, for each flow and vantage.

    ``seen``: the originator's packets are there. ``answered``: the responder's are. ``missed``: nothing is, at this
    vantage and at those that show its other direction, although it was capturing when the flow began. ``silent``: the
    originator's packets are there and no answer, at this vantage and those.
    """

    seen: Grid
    answered: Grid
    missed: Grid
    silent: Grid


def vantage_messages(judgement: Judgement) -> Iterator[MessageColumn]:
    """Where flows with a doubtful or bad verdict were captured, and where they were not although they could have been.

    Nothing where every vantage that could show a flow has the same of it."""
    if len(judgement.vantages) < 2:
        return
    flows = np.flatnonzero(is_verdict(judgement, *SHOWN_FOR))
    where = captured(judgement, flows)
    lost_before = where.missed & _had_to_pass(judgement, flows, where)
    lost = where.seen.any(axis=1) & lost_before.any(axis=1)
    could_show = where.missed & _could_show(judgement, flows, where)
    missed = where.seen.any(axis=1) & could_show.any(axis=1) & ~lost
    unanswered = has_outcome(judgement, Outcome.NO_REPLY)[flows]
    answer_lost = where.answered.any(axis=1) & where.silent.any(axis=1) & unanswered
    names = VantageNames(judgement)
    for code, chosen, there, not_there in (
        ("lost-between", lost, where.seen, lost_before),
        ("captured-in", missed, where.seen, could_show),
        ("answer-lost-between", answer_lost, where.answered, where.silent),
    ):
        values = {"seen": names.of(there[chosen], placed=True), "missed": names.of(not_there[chosen], placed=False)}
        yield MessageColumn(code, flows[chosen], values)


def captured(judgement: Judgement, flows: Integers) -> Captured:
    """Where these flows were captured."""
    vantages = judgement.vantages
    sides = judgement.table.sides[flows]
    begins = judgement.table.first_ns[flows][:, None]
    firsts, lasts = (
        np.array([getattr(vantage, name) for vantage in vantages], dtype=np.int64) for name in ("first", "last")
    )
    capturing = (sides > 0) | ((firsts <= begins) & (begins <= lasts))
    seen, answered = capturing & (sides & FROM_ORIG > 0), capturing & (sides & FROM_RESP > 0)
    missed, silent = np.zeros_like(seen), np.zeros_like(seen)
    for number, vantage in enumerate(vantages):
        # A vantage that shows the other direction is one place with this one.
        place = [number, *vantage.complements]
        missed[:, number] = capturing[:, number] & ~(sides[:, place] > 0).any(axis=1)
        silent[:, number] = seen[:, number] & ~answered[:, place].any(axis=1)
    return Captured(seen, answered, missed, silent)


def _had_to_pass(judgement: Judgement, flows: Integers, where: Captured) -> Grid:
    """Stopped flows without an answer, at the vantages that packets of the originator to the responder pass."""
    stopped = has_outcome(judgement, *STOPPED)[flows] & ~where.answered.any(axis=1) & where.missed.any(axis=1)
    return _at_vantages(
        judgement, flows, stopped, lambda vantage, orig, resp: vantage.bidirectional and is_on_path(vantage, resp, orig)
    )


def _could_show(judgement: Judgement, flows: Integers, where: Captured) -> Grid:
    """Flows that some vantage missed, at the vantages that could show them. Elsewhere, that a flow is missing says
    nothing about it. A vantage could show the packets that pass it, and those of its segment; at a router's port, those
    that enter or leave the segment."""
    segments = [_segments(judgement, vantage.local_senders) for vantage in judgement.vantages]

    def could_show(vantage: Vantage, orig: str, resp: str) -> bool:
        own = segments[vantage.number]
        inside = sum(own == _segments(judgement, [address]) for address in (orig, resp)) if len(own) == 1 else 0
        in_segment = inside > 0 if vantage.kind is VantageKind.TAP else inside == 1
        passes = is_on_path(vantage, resp, orig) or is_on_path(vantage, orig, resp)
        return passes or (in_segment and vantage.kind is not VantageKind.HOST)

    return _at_vantages(judgement, flows, np.logical_or.reduce(where.missed, axis=1), could_show)


def _at_vantages(
    judgement: Judgement, flows: Integers, chosen: Truths, holds: Callable[[Vantage, str, str], bool]
) -> Grid:
    """Whether it holds for the addresses of originator and responder, for the chosen flows at each vantage."""
    found = np.zeros((len(flows), len(judgement.vantages)), dtype=bool)
    some = np.flatnonzero(chosen)
    hosts = judgement.hosts
    first, pairs = group_rows([hosts.orig[flows[some]], hosts.resp[flows[some]]])
    ends = [[hosts.names[code][0] for code in hosts.names_of(flow)] for flow in flows[some[first]].tolist()]
    for number, vantage in enumerate(judgement.vantages):
        holding: Truths = np.array([holds(vantage, orig, resp) for orig, resp in ends], dtype=bool)
        found[some, number] = holding[pairs]
    return found


class VantageNames:
    """Vantages as values of messages."""

    def __init__(self, judgement: Judgement) -> None:
        self._placed = [_vantage(judgement, vantage) for vantage in judgement.vantages]
        self._plain = [message("vantage", **_label(judgement, vantage)) for vantage in judgement.vantages]

    def of(self, grid: Grid, *, placed: bool) -> CodedValues:
        """The vantages of each line of the grid. ``placed``: with what each one is, where that is known."""
        first, kinds = group_rows(list(grid.T))
        names = self._placed if placed else self._plain
        values: list[Value] = [tuple(names[number] for number in np.flatnonzero(line)) for line in grid[first]]
        return CodedValues(values, kinds)


def _label(judgement: Judgement, vantage: Vantage) -> dict[str, Value]:
    """A vantage's first capture, and how many more it has."""
    names = [capture.name for capture in judgement.evidence.captures if capture.vantage == vantage.number + 1]
    more: dict[str, Value] = {"more": len(names) - 1} if len(names) > 1 else {}
    return {"capture": names[0], **more}


def _vantage(judgement: Judgement, vantage: Vantage) -> Message:
    """A vantage and what it is, where that is known: a host's own interface, or a tap of a segment."""
    label = _label(judgement, vantage)
    if vantage.kind is VantageKind.HOST:
        hosts = tuple(sorted(vantage.host_addresses))
        if any(Role.DPM_SERVER in judgement.roles_at(address) for address in hosts):
            return message("vantage-dpm-server", **label)
        return message("vantage-host", hosts=hosts, **label)
    found = _segments(judgement, vantage.local_senders)
    if vantage.kind is VantageKind.TAP and len(found) == 1:
        return message("vantage-segment", segment=found.pop(), **label)
    return message("vantage", **label)


def _segments(judgement: Judgement, addresses: Iterable[str]) -> set[str]:
    """The names of the segments that contain these addresses."""
    return {segment.name for address in addresses if (segment := judgement.site.segment(address))}
