"""The clocks of one machine, which several files of evidence can have, and how far they are from each other."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from analyzer.host_evidence.clock_change import ClockChange
from analyzer.host_evidence.clock_periods import Span, changed_spans, without_sockets
from analyzer.host_evidence.clocks import APART, Anchors, ClockOffset, clocks_of
from analyzer.host_evidence.hosts import Identities
from analyzer.host_evidence.lease_names import first_label, same_computer
from analyzer.host_evidence.model import (
    APART_SYSMON_CLOCK,
    CAPTURE_CLOCK,
    CLOCKS_WITHOUT_ZONE,
    SECOND,
    SYSMON_CLOCK,
    HostEvidence,
    HostNote,
    Log,
)
from analyzer.host_evidence.process_table import SLACK

Clock = tuple[str, str]
"""A host of the evidence and what gives its times."""
Clocks = Mapping[Clock, ClockOffset]
ZONES = (-12 * 3600 * SECOND, 14 * 3600 * SECOND)
"""How far local time can be from UTC."""


class MachineClocks:
    """Which hosts of the evidence are one machine: by their names, addresses, or the profile's machine."""

    def __init__(self, hosts: Iterable[str], identities: Identities) -> None:
        self._by_key: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._identities = identities
        for host in sorted(set(hosts)):
            for key in self._keys(host):
                self._by_key[key].append(host)

    def _keys(self, host: str) -> list[tuple[str, str]]:
        keys = [("name", first_label(host))]
        one = self._identities.by_host.get(host)
        if one is not None and not one.doubtful:
            keys += [("address", address) for address in sorted(one.addresses)]
            keys += [("machine", one.machine)] if one.machine else []
        return keys

    def same(self, host: str) -> list[str]:
        """The hosts that are the machine of ``host``, itself among them if it is one of them."""
        found = {
            other
            for key in self._keys(host)
            for other in self._by_key.get(key, ())
            if key[0] != "name" or same_computer(host, other)
        }
        return sorted(found)


def with_changes(logs: Sequence[Log], identities: Identities) -> tuple[Log, ...]:
    """``logs``, each with the changes of its clock that any log of its machine shows."""
    seen: dict[str, set[ClockChange]] = {}
    for log in logs:
        if log.changes:
            seen.setdefault(log.host, set()).update(log.changes)
    if not seen:
        return tuple(logs)
    machines = MachineClocks((log.host for log in logs), identities)
    found = []
    for log in logs:
        held = sorted({one for host in machines.same(log.host) for one in seen.get(host, ())})
        found.append(replace(log, changes=tuple(_by_clock(held, log.clock))))
    return tuple(found)


def _by_clock(changes: Iterable[ClockChange], clock: str) -> list[ClockChange]:
    """The changes by the times of a clock. Of one that is only known by a clock of the other kind it is not known when
    it was by this one, but for half a day."""
    zoned = clock not in CLOCKS_WITHOUT_ZONE
    held = list(changes)
    own = [one for one in held if one.zoned == zoned]
    known = {one.by for one in own}
    early, late = ZONES if not zoned else (-ZONES[1], -ZONES[0])
    others = [one for one in held if one.zoned != zoned and one.by not in known]
    return sorted([*own, *(ClockChange(one.since + early, one.until + late, one.by, zoned) for one in others)])


def written_by(clock: Clock) -> Clock:
    """The clock whose times those of ``clock`` are."""
    return (clock[0], SYSMON_CLOCK) if clock[1] == APART_SYSMON_CLOCK else clock


def shift_between(
    source: Clock, target: Clock, machine: Iterable[Clock], clocks: Clocks, *, one_clock: bool = True
) -> tuple[int, int] | None:
    """What has to be added to a time of one clock to get that of another one of the same machine, and how inexact that
    is; None where that is not known.

    A machine has one clock (``one_clock``). So all its clocks with a zone are one, and all without, unless their
    offsets from the capture are known and differ.
    """
    if source == target:
        return 0, SLACK
    known = [_offset(one, machine if one_clock else (), clocks) for one in (source, target)]
    if known[0] is not None and known[1] is not None:
        unsharp = sum(clocks[one].unsharp for one in (source, target) if one in clocks and clocks[one].known)
        return known[1] - known[0], SLACK + unsharp
    if one_clock and _zone(source) == _zone(target) and known == [None, None] and not _known(source, machine, clocks):
        return 0, SLACK
    return None


def _offset(clock: Clock, machine: Iterable[Clock], clocks: Clocks) -> int | None:
    """The offset of a clock from the capture's: its own, or that of the machine's others of its kind that agree."""
    own = clocks.get(clock)
    if own is not None and own.known:
        return own.offset
    others = _known(clock, machine, clocks)
    if not others or max(others) - min(others) > APART:
        return None
    return sorted(others)[len(others) // 2]


def _known(clock: Clock, machine: Iterable[Clock], clocks: Clocks) -> list[int]:
    """The known offsets of a machine's clocks of the same kind."""
    return [clocks[one].offset for one in machine if _zone(one) == _zone(clock) and clocks[one].known]


def _zone(clock: Clock) -> str:
    """Clocks of one kind: of a capture, without a zone, with one."""
    return clock[1] if clock[1] == CAPTURE_CLOCK else "local" if clock[1] in CLOCKS_WITHOUT_ZONE else "zoned"


def clocks_of_evidence(
    evidence: HostEvidence,
    captures: Collection[str],
    shown: Mapping[Clock, Anchors],
    overrides: Mapping[str, int],
    captured: Span,
) -> tuple[dict[Clock, ClockOffset], tuple[HostNote, ...]]:
    """The clocks of all machines (``clocks_of``). ``captures``: SHA-256 of each capture that the flows are of;
    ``shown``: what connections show of a clock; ``captured``: the first and the last time of the flows."""
    present = {(log.host, log.clock) for log in evidence.logs if log.natures}
    judged = {file.name for file in evidence.files if file.sha256 in captures}
    exact = {(log.host, log.clock) for log in evidence.logs if log.clock == CAPTURE_CLOCK and log.source in judged}
    quiet, changed = without_sockets(evidence.logs), changed_spans(evidence.logs)
    return clocks_of(shown, present, exact, overrides, quiet, changed, captured)
