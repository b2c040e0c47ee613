"""How far a host's clock is from the capture's, measured by connections that both saw begin.

A tuple of ends recurs: 137-137, 4011-4011, and every ephemeral port some day. So a record is of a flow only where its
time fits, and when it fits is not known before the clock is. Connections with an ephemeral port that begin in the
capture, and whose tuple occurs once in it and once in the log, are anchors: where at least three of them agree on one
offset, that is the clock's, and their spread is how well it is known.

Each log has a clock of its own: Sysmon's ``UtcTime``, the time of a record, one that a shipper wrote without its zone.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer.host_evidence.clock_periods import Span, between, doubtful_spans
from analyzer.host_evidence.model import CLOCKS_WITHOUT_ZONE, SECOND, HostNote
from analyzer.host_evidence.moments import offset as offset_of
from analyzer.host_evidence.readers.collect import HostEvidenceError

LEAST_ANCHORS = 3
NARROWEST = 10 * SECOND
"""The window is never narrower than this to each side."""
SHARPEST = SECOND
"""A host's clock is never known better than this."""
SPREADS = 6
"""The window in spreads, where that is more."""
APART = 10 * SECOND
"""Anchors that are further apart do not agree."""
MOST_OFFSETS = 5
"""Offsets that a note names."""
SHARE_OF_OTHERS = 100
"""A clock has no single offset where others than its anchors agree on another one: at least three, and one for so many
anchors. Tuples that recur by chance do not agree."""

ClockBasis = Literal[
    "anchors", "override", "capture", "too-few-anchors", "anchors-disagree", "override-disagrees", "changed",
    "override-changed",
]  # fmt: skip
NO_SPAN: Span = (0, 0)
KNOWN: frozenset[str] = frozenset({"anchors", "override", "capture"})


@dataclass(frozen=True)
class ClockOffset:
    """A clock of a host. ``offset``: nanoseconds that it is ahead of the capture's; ``spread``: the median distance of
    the anchors from it; ``anchors``: how many agree, ``others``: how many do not. ``coarse``: how long before its table
    a socket that shows the offset can have appeared. ``periods``: where the clock was changed or may have been, the
    times of which something is known, each with the clock as it was; of other times the offset is not known."""

    host: str
    clock: str
    basis: ClockBasis
    offset: int = 0
    spread: int = 0
    anchors: int = 0
    others: int = 0
    coarse: int = 0
    periods: "tuple[ClockPeriod, ...]" = ()

    def at(self, since: int, until: int | None = None) -> "ClockOffset":
        """The clock as it was at a time of its own, or all the time up to ``until``."""
        if not self.periods:
            return self
        place = bisect_right(self.periods, since, key=lambda one: one.since) - 1
        period = self.periods[place] if place >= 0 else None
        if period is not None and max(since, until or since) <= period.until:
            return period.clock
        return replace(self, basis="changed", periods=())

    def when_captured(self, time: int) -> "ClockOffset":
        """The clock as it was at a time of the capture's clock, where one period alone can have it."""
        if not self.periods:
            return self
        found = [
            one.clock for one in self.periods if one.clock.known and one.since <= time + one.clock.offset <= one.until
        ]
        return found[0] if len(found) == 1 else replace(self, basis="changed", periods=())

    @property
    def known(self) -> bool:
        return self.basis in KNOWN

    @property
    def window(self) -> int:
        """Nanoseconds by which a record may be off to each side."""
        return max(NARROWEST, SPREADS * self.spread)

    @property
    def unsharp(self) -> int:
        """Nanoseconds within which the order of a record and a packet is not known: the capture's own clock is exact,
        other records are written in whole seconds, and a socket table shows a connection later than it began."""
        return 0 if self.basis == "capture" else max(SHARPEST, SPREADS * self.spread, self.coarse)


@dataclass(frozen=True)
class ClockPeriod:
    """The clock from one of its times to another one."""

    since: int
    until: int
    clock: ClockOffset


class Anchors(NamedTuple):
    """``deltas``: the record's time less the flow's, of each connection that shows a clock; ``times``: of the records;
    ``coarse``: by how much the least exact of them can be off."""

    deltas: NDArray[np.int64]
    times: NDArray[np.int64]
    coarse: int = 0

    def within(self, since: int, until: int) -> "Anchors":
        """Those of a period of the clock."""
        held = (self.times >= since) & (self.times <= until)
        return Anchors(self.deltas[held], self.times[held], self.coarse)


NO_ANCHORS = Anchors(np.array([], dtype=np.int64), np.array([], dtype=np.int64))


def measured(host: str, clock: str, deltas: NDArray[np.int64], coarse: int = 0) -> ClockOffset:
    """The offset that anchors agree on; ``deltas``, ``coarse``: as in Anchors."""
    ordered = np.sort(deltas)
    if len(ordered) < LEAST_ANCHORS:
        return ClockOffset(host, clock, "too-few-anchors", anchors=len(ordered))
    begin, end = _densest(ordered)
    inside = ordered[begin:end]
    rest = np.concatenate([ordered[:begin], ordered[end:]])
    if len(inside) < LEAST_ANCHORS:
        return ClockOffset(host, clock, "too-few-anchors", anchors=len(inside), others=len(rest))
    second = 0
    if len(rest):
        other_begin, other_end = _densest(rest)
        second = other_end - other_begin
    if second >= max(LEAST_ANCHORS, len(inside) // SHARE_OF_OTHERS) or len(rest) >= len(inside):
        return ClockOffset(host, clock, "anchors-disagree", anchors=len(inside), others=len(rest))
    middle = int(inside[len(inside) // 2])
    spread = int(np.median(np.abs(inside - middle)))
    return ClockOffset(host, clock, "anchors", middle, spread, len(inside), len(rest), coarse)


def _densest(ordered: NDArray[np.int64]) -> tuple[int, int]:
    """The longest run of values that are at most APART from its first; the first of equals."""
    ends = np.searchsorted(ordered, ordered + APART, side="right")
    begin = int(np.argmax(ends - np.arange(len(ordered))))
    return begin, int(ends[begin])


def clocks_of(  # noqa: PLR0913, PLR0917 - what is known of the clocks, each by its own way
    anchors: Mapping[tuple[str, str], Anchors],
    present: Iterable[tuple[str, str]],
    exact: Collection[tuple[str, str]],
    overrides: Mapping[str, int],
    quiet: Collection[tuple[str, str]] = (),
    changes: Mapping[tuple[str, str], Sequence[Span]] = MappingProxyType({}),
    captured: Span = NO_SPAN,
) -> tuple[dict[tuple[str, str], ClockOffset], tuple[HostNote, ...]]:
    """The clock of each (host, clock) of the evidence, by ``overrides`` (nanoseconds by host) or by its anchors.
    ``exact``: those that are the clock of the flows itself; ``quiet``: those that may be unknown without a note.

    ``changes``: the times of which it is not known whether they are before or behind a change of the clock;
    ``captured``: the first and the last time of the flows.

    An override is of the host's clocks that state no zone, where it has one; else of all of them.
    """
    pairs = sorted(set(present))
    unzoned = {host for host, clock in pairs if clock in CLOCKS_WITHOUT_ZONE}
    found, notes = {}, []
    for host, clock in pairs:
        given = _given(host, overrides)
        if host in unzoned and clock not in CLOCKS_WITHOUT_ZONE:
            given = None
        held = anchors.get((host, clock), NO_ANCHORS)
        if given is None and (host, clock) in exact:
            found[host, clock] = ClockOffset(host, clock, "capture")
        elif spans := changes.get((host, clock)):
            found[host, clock] = _changed(host, clock, held, between(spans), given, captured)
        else:
            shown = measured(host, clock, held.deltas, held.coarse)
            found[host, clock] = _with_doubts(shown, held) if given is None else _overridden(shown, given)
        notes += _notes(found[host, clock]) if (host, clock) not in quiet else []
    for name in sorted(overrides):
        if not any(_given(host, {name: 0}) is not None for host, _ in pairs):
            notes.append(HostNote("clock-of-nobody", "warning", {"host": name}))
    return found, tuple(notes)


def _with_doubts(shown: ClockOffset, anchors: Anchors) -> ClockOffset:
    """A measured clock without the times at which it may have been another one."""
    if shown.basis != "anchors" or not shown.others:
        return shown
    spans = doubtful_spans(anchors.times, anchors.deltas, shown.offset, APART)
    periods = tuple(ClockPeriod(since, until, shown) for since, until in between(spans)) if spans else ()
    return replace(shown, periods=periods)


def _changed(  # noqa: PLR0913, PLR0917 - the clock, and what is known of it
    host: str, clock: str, anchors: Anchors, periods: Sequence[Span], given: int | None, captured: Span
) -> ClockOffset:
    """A clock that was changed: each period has its own anchors. A given offset is only of a period that has all times
    of the capture."""
    found = []
    for since, until in periods:
        held = anchors.within(since, until)
        shown = measured(host, clock, held.deltas, held.coarse)
        shown = _with_doubts(shown, held)
        if given is not None and since <= captured[0] + given <= captured[1] + given <= until:
            shown = _overridden(shown, given)
        inner = shown.periods or (ClockPeriod(since, until, shown),)
        cut = (ClockPeriod(max(since, one.since), min(until, one.until), one.clock) for one in inner)
        found += [one for one in cut if one.since <= one.until]
    basis: ClockBasis = "changed" if given is None else "override-changed"
    known = [one.clock for one in found if one.clock.known]
    agree = sum(one.anchors for one in known)
    return ClockOffset(
        host, clock, basis, given or 0, anchors=agree, others=len(anchors.deltas) - agree, periods=tuple(found)
    )


def _overridden(shown: ClockOffset, given: int) -> ClockOffset:
    """A clock by the offset that was given. Where anchors agree on another one, neither is known: a tuple that recurs
    would get the record of another flow."""
    basis: ClockBasis = "override"
    if shown.basis == "anchors" and abs(shown.offset - given) > shown.window + shown.coarse:
        basis = "override-disagrees"
    return ClockOffset(shown.host, shown.clock, basis, given, anchors=shown.anchors, others=shown.others)


def _given(host: str, overrides: Mapping[str, int]) -> int | None:
    for name, value in overrides.items():
        bare = host.removeprefix("file:")
        if name.lower() in {host.lower(), bare.lower(), bare.lower().split(".")[0], bare.rpartition("/")[2].lower()}:
            return value
    return None


def _notes(clock: ClockOffset) -> list[HostNote]:
    values: dict[str, Any] = {
        "host": clock.host, "clock": clock.clock, "offset": clock.offset, "spread": clock.spread,
        "anchors": clock.anchors, "apart": clock.others,
    }  # fmt: skip
    if clock.basis in {"changed", "override-changed"}:
        return [HostNote("clock-was-changed", "warning", values | _of_periods(clock))]
    codes: Mapping[str, str] = {
        "too-few-anchors": "clock-unknown",
        "override-disagrees": "clock-override-disagrees",
        "anchors-disagree": "clock-changed",
    }
    found = [codes[clock.basis]] if clock.basis in codes else []
    if clock.basis == "anchors":
        found += ["clock-offset"] if abs(clock.offset) > 2 * SECOND else []
        found += ["clock-in-doubt"] if clock.periods else []
    return [HostNote(code, "warning", values) for code in found]


def _of_periods(clock: ClockOffset) -> dict[str, Any]:
    """How many periods the clock has, and the offset of each one that is known."""
    known = [one.clock.offset for one in clock.periods if one.clock.known]
    return {"periods": len(clock.periods), "offsets": known[:MOST_OFFSETS], "known": len(known)}


def override(text: str) -> tuple[str, int]:
    """Host and offset out of ``NAME=+9h``. Raises HostEvidenceError for any other text."""
    name, equals, span = text.rpartition("=")
    value = offset_of(span)
    if not equals or not name or value is None:
        raise HostEvidenceError(
            f"--host-clock {text}: write the host and how far its clock is ahead: NAME=+9h, NAME=-30s"
        )
    return name, value
