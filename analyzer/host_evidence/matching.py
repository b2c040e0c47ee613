"""Which record is of which end of which flow, by tuple, time and listening port."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from analyzer.host_evidence.addresses import WILDCARD, is_own
from analyzer.host_evidence.clocks import ClockOffset
from analyzer.host_evidence.hosts import Identities
from analyzer.host_evidence.model import KINDS, NO_PORT, NO_TIME, EvidenceKind, Nature
from analyzer.host_evidence.tuples import Tuples
from analyzer.host_evidence.words import Timing

MOST_FOR_AN_END = 64
"""Records of an end that are looked at, the nearest in time first."""

Side = int
ORIGINATOR, RESPONDER = 0, 1


class Hit(NamedTuple):
    """A record that may be of an end of a flow. ``distance``: nanoseconds between the two, by the known clock."""

    line: int
    timing: Timing
    distance: int
    listener: bool = False


@dataclass(frozen=True)
class Matcher:
    """Finds the records of ends of flows."""

    tuples: Tuples
    identities: Identities
    clocks: Mapping[tuple[str, str], ClockOffset]
    rejected: set[tuple[int, int]] = field(default_factory=set)
    """(flow, record) of equal tuples whose times do not fit."""

    @cached_property
    def connections(self) -> dict[tuple[int, Side], list[Hit]]:
        """The records of each end that name both ends of its flow."""
        found: dict[tuple[int, Side], list[Hit]] = defaultdict(list)
        for group, flows in self.tuples.flows_of.items():
            self._of_group(flows.tolist(), self.tuples.records_of[group].tolist(), found)
        return {key: _nearest(hits) for key, hits in found.items()}

    def _of_group(self, flows: list[int], lines: list[int], found: dict[tuple[int, Side], list[Hit]]) -> None:
        starts = [self.tuples.lists.ts[flow] for flow in flows]
        for line in lines:
            clock = self._clock(line)
            if clock is None:
                continue
            for flow, timing, distance in self._timed(line, clock, flows, starts):
                side = self._side(flow, line)
                if side is not None:
                    found[flow, side].append(Hit(line, timing, distance))

    def _timed(
        self, line: int, clock: ClockOffset, flows: list[int], starts: list[int]
    ) -> Iterator[tuple[int, Timing, int]]:
        """The flows that a record can be of: those whose time fits, or all where no clock says."""
        since = self.tuples.rows[line].since
        if not clock.known or since == NO_TIME:
            for flow in flows[:MOST_FOR_AN_END]:
                yield flow, Timing.UNKNOWN, 0
        elif self._kind(line).nature in {Nature.CONNECTION, Nature.BLOCKED}:
            yield from self._by_beginning(line, since - clock.offset, clock, flows, starts)
        else:
            yield from self._by_span(line, clock, flows)

    def _by_beginning(
        self, line: int, time: int, clock: ClockOffset, flows: list[int], starts: list[int]
    ) -> Iterator[tuple[int, Timing, int]]:
        """An event is of the flow that began nearest to it. Where another began about as near, it may be of either.
        One that is nearest to a flow which ran before the capture is of no other, and that flow's beginning is not
        known."""
        place = bisect_left(starts, time)
        near = sorted(
            (abs(starts[at] - time), flows[at]) for at in range(max(0, place - 2), min(len(flows), place + 2))
        )
        near = [(distance, flow) for distance, flow in near if distance <= clock.window]
        if not near:
            begun = filter(self.tuples.lists.begun.__getitem__, flows[max(0, place - 1) : place + 1])
            self.rejected.update((flow, line) for flow in begun)
            return
        near_flows = [(distance, flow) for distance, flow in near if distance - near[0][0] <= clock.unsharp]
        timing = Timing.FITS if len(near_flows) == 1 else Timing.UNKNOWN
        for distance, flow in near_flows:
            if self.tuples.lists.begun[flow]:
                yield flow, timing, distance

    def _by_span(self, line: int, clock: ClockOffset, flows: list[int]) -> Iterator[tuple[int, Timing, int]]:
        """A socket or a packet is of the flow within whose time it was seen; of several, of any."""
        unsharp = clock.unsharp
        since, until = self.tuples.rows[line].since - clock.offset, self.tuples.rows[line].until - clock.offset
        held = self.tuples.lists
        inside = [flow for flow in flows if since <= held.end[flow] + unsharp and until >= held.ts[flow] - unsharp]
        if not inside:
            self.rejected.update((flow, line) for flow in flows[:1])
        for flow in inside[:MOST_FOR_AN_END]:
            yield flow, Timing.FITS if len(inside) == 1 else Timing.UNKNOWN, max(0, since - self.tuples.lists.ts[flow])

    def _side(self, flow: int, line: int) -> Side | None:
        """The end of the flow that is the record's host; None where that cannot be said."""
        ends = int(self.tuples.flow_ends.a[flow]), int(self.tuples.flow_ends.b[flow])
        local = self.tuples.rows[line].local
        if local:
            held = self.tuples.record_ends.a if local == "a" else self.tuples.record_ends.b
            mine = int(held[line])
            return None if ends[0] == ends[1] else ends.index(mine) if mine in ends else None
        own = self.identities.by_host[self.tuples.rows[line].host].addresses
        # To a group or to everybody: a host that says that it received the datagram is the receiver.
        if self.tuples.rows[line].direction == "in" and own and not is_own(self._addresses(flow)[RESPONDER]):
            return RESPONDER
        at = [place for place, address in enumerate(self._addresses(flow)) if address in own]
        return at[0] if len(at) == 1 else None

    def _addresses(self, flow: int) -> tuple[str, str]:
        return self.tuples.lists.orig_h[flow], self.tuples.lists.resp_h[flow]

    def listeners(self, flow: int, side: Side) -> list[Hit]:
        """The records of who held the port of an end, for any connection."""
        address = self._addresses(flow)[side]
        port = (self.tuples.lists.orig_p if side == ORIGINATOR else self.tuples.lists.resp_p)[flow]
        found = []
        for line in self._listening.get((self.tuples.lists.proto[flow], port), ()):
            host = self.identities.by_host[self.tuples.rows[line].host]
            if address in host.addresses and self.tuples.rows[line].a_h in {WILDCARD, address}:
                found.append(self._listener(line, flow))
        return _nearest(_last_events(found, self))

    @cached_property
    def _listening(self) -> dict[tuple[str, int], list[int]]:
        held: dict[tuple[str, int], list[int]] = defaultdict(list)
        for line, row in enumerate(self.tuples.rows):
            if row.b_p == NO_PORT:
                held[row.proto, row.a_p].append(line)
        return held

    def _listener(self, line: int, flow: int) -> Hit:
        clock, since, until = self._clock(line), self.tuples.rows[line].since, self.tuples.rows[line].until
        if clock is None or not clock.known or since == NO_TIME:
            return Hit(line, Timing.ANOTHER, 1 << 62, listener=True)
        unsharp = clock.unsharp
        at = self.tuples.lists.ts[flow] + clock.offset
        if self._kind(line).nature is Nature.LISTENER:
            after = at + unsharp - since
            return Hit(line, Timing.ANOTHER, after if after >= 0 else 1 << 61, listener=True)
        distance = max(0, since - at, at - until)
        covers = since <= at - unsharp and at + unsharp <= until
        return Hit(line, Timing.FITS if covers else Timing.ANOTHER, distance, listener=True)

    def _clock(self, line: int) -> ClockOffset | None:
        row = self.tuples.rows[line]
        clock = self.clocks.get((row.host, row.clock))
        return clock and clock.at(row.since, row.until)

    def _kind(self, line: int) -> EvidenceKind:
        return KINDS[self.tuples.rows[line].kind]


def _nearest(hits: list[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (hit.timing is not Timing.FITS, hit.distance, hit.line))[:MOST_FOR_AN_END]


def _last_events(hits: list[Hit], matcher: Matcher) -> list[Hit]:
    """Of bindings before the flow the last one counts; those after it say nothing of it."""
    events = [hit for hit in hits if matcher._kind(hit.line).nature is Nature.LISTENER]
    others = [hit for hit in hits if matcher._kind(hit.line).nature is not Nature.LISTENER]
    before = [hit for hit in events if hit.distance < 1 << 61]
    unknown = [hit for hit in events if hit.distance >= 1 << 62]
    last = min(before, key=lambda hit: (hit.distance, hit.line), default=None)
    return [*others, *([last] if last else []), *unknown]
