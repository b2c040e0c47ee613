"""How far a host's clock is from the capture's, measured by connections that both saw begin.

A tuple of ends recurs: 137-137, 4011-4011, and every ephemeral port some day. So a record is of a flow only where its
time fits, and when it fits is not known before the clock is. Connections with an ephemeral port that begin in the
capture, and whose tuple occurs once in it and once in the log, are anchors: where at least three of them agree on one
offset, that is the clock's, and their spread is how well it is known.

Each log has a clock of its own: Sysmon's ``UtcTime``, the time of a record, one that a shipper wrote without its zone.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
SHARE_OF_OTHERS = 100
"""A clock has no single offset where others than its anchors agree on another one: at least three, and one for so many
anchors. Tuples that recur by chance do not agree."""

ClockBasis = Literal["anchors", "override", "capture", "too-few-anchors", "anchors-disagree", "override-disagrees"]
KNOWN: frozenset[str] = frozenset({"anchors", "override", "capture"})


@dataclass(frozen=True)
class ClockOffset:
    """A clock of a host. ``offset``: nanoseconds that it is ahead of the capture's; ``spread``: the median distance of
    the anchors from it; ``anchors``: how many agree, ``others``: how many do not. ``coarse``: how long before its table
    a socket that shows the offset can have appeared."""

    host: str
    clock: str
    basis: ClockBasis
    offset: int = 0
    spread: int = 0
    anchors: int = 0
    others: int = 0
    coarse: int = 0

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


class Anchors(NamedTuple):
    """``deltas``: the record's time less the flow's, of each connection that shows a clock; ``coarse``: by how much the
    least exact of them can be off."""

    deltas: NDArray[np.int64]
    coarse: int = 0


NO_ANCHORS = Anchors(np.array([], dtype=np.int64))


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


def clocks_of(
    anchors: Mapping[tuple[str, str], Anchors],
    present: Iterable[tuple[str, str]],
    exact: Collection[tuple[str, str]],
    overrides: Mapping[str, int],
    quiet: Collection[tuple[str, str]] = (),
) -> tuple[dict[tuple[str, str], ClockOffset], tuple[HostNote, ...]]:
    """The clock of each (host, clock) of the evidence, by ``overrides`` (nanoseconds by host) or by its anchors.
    ``exact``: those that are the clock of the flows itself; ``quiet``: those that may be unknown without a note.

    An override is of the host's clocks that state no zone, where it has one; else of all of them.
    """
    pairs = sorted(set(present))
    unzoned = {host for host, clock in pairs if clock in CLOCKS_WITHOUT_ZONE}
    found, notes = {}, []
    for host, clock in pairs:
        given = _given(host, overrides)
        shown = measured(host, clock, *anchors.get((host, clock), NO_ANCHORS))
        if given is not None and (clock in CLOCKS_WITHOUT_ZONE or host not in unzoned):
            found[host, clock] = _overridden(shown, given)
        elif (host, clock) in exact:
            found[host, clock] = ClockOffset(host, clock, "capture")
        else:
            found[host, clock] = shown
        notes += _notes(found[host, clock]) if (host, clock) not in quiet else []
    for name in sorted(overrides):
        if not any(_given(host, {name: 0}) is not None for host, _ in pairs):
            notes.append(HostNote("clock-of-nobody", "warning", {"host": name}))
    return found, tuple(notes)


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
    values = {
        "host": clock.host, "clock": clock.clock, "offset": clock.offset, "spread": clock.spread,
        "anchors": clock.anchors, "apart": clock.others,
    }  # fmt: skip
    if clock.basis == "too-few-anchors":
        return [HostNote("clock-unknown", "warning", values)]
    if clock.basis == "override-disagrees":
        return [HostNote("clock-override-disagrees", "warning", values)]
    if clock.basis == "anchors-disagree":
        return [HostNote("clock-changed", "warning", values)]
    if clock.basis == "anchors" and abs(clock.offset) > 2 * SECOND:
        return [HostNote("clock-offset", "warning", values)]
    return []


def override(text: str) -> tuple[str, int]:
    """Host and offset out of ``NAME=+9h``. Raises HostEvidenceError for any other text."""
    name, equals, span = text.rpartition("=")
    value = offset_of(span)
    if not equals or not name or value is None:
        raise HostEvidenceError(
            f"--host-clock {text}: write the host and how far its clock is ahead: NAME=+9h, NAME=-30s"
        )
    return name, value
