"""Records that have a process id and no path, with the program that had the id at their time.

``netstat -ano``, the process id of a packet and some socket tables name no program. The events of processes of the same
machine do. Which program had an id is only known where the clocks of both records can be compared, and where the log of
processes is whole.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyzer.host_evidence.clocks import APART, ClockOffset
from analyzer.host_evidence.hosts import HostIdentity, Identities
from analyzer.host_evidence.lease_names import same_computer
from analyzer.host_evidence.model import (
    APART_SYSMON_CLOCK,
    CAPTURE_CLOCK,
    CLOCKS_WITHOUT_ZONE,
    KINDS,
    NO_TIME,
    SYSMON_CLOCK,
    Attribution,
    HostEvidence,
    HostNote,
    Log,
    Nature,
    ProcessEvent,
    frame,
    processes_of,
    rows_of,
)
from analyzer.host_evidence.paths import KERNEL_PROCESS, fold, is_without_name
from analyzer.host_evidence.process_table import (
    SLACK,
    LogKey,
    NotNamed,
    Period,
    Timeline,
    holder,
    period_at,
    periods_of,
)

Clock = tuple[str, str]
Clocks = Mapping[Clock, ClockOffset]


@dataclass(frozen=True)
class NamedRecords:
    """Records with the programs of their process ids. ``by``: the event that names the program, by the line of the
    record. A record of which two logs name different programs is there twice."""

    records: pd.DataFrame
    by: Mapping[int, ProcessEvent]
    notes: tuple[HostNote, ...] = ()


def name_processes(
    records: pd.DataFrame, evidence: HostEvidence, identities: Identities, clocks: Clocks
) -> NamedRecords:
    """``records``: with the programs that the events of processes in ``evidence`` name."""
    lines = np.flatnonzero(_has_only_a_number(records))
    if not len(lines):
        return NamedRecords(records, {})
    names = _ProcessNames(evidence, identities, clocks, frozenset(records["pid"].to_numpy()[lines].tolist()))
    rows = rows_of(records)
    by: dict[int, ProcessEvent] = {}
    why: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines.tolist():
        row = rows[line]
        found = names.of(row)
        if isinstance(found, NotNamed):
            if is_without_name(row.program):
                why[row.host][found.value] += 1
            continue
        for event in found:
            named = row._replace(program=event.program, path=event.path)
            place = line
            if line in by or not (is_without_name(row.program) or _is_name_of(row, event)):
                place = len(rows)  # two sources that differ: both are kept
                rows.append(named)
            rows[place] = named
            by[place] = event
    notes = tuple(_note(host, reasons) for host, reasons in sorted(why.items()))
    return NamedRecords(frame(rows) if by else records, by, notes)


def _note(host: str, reasons: Counter[str]) -> HostNote:
    values = {"host": host, "count": reasons.total(), "reasons": dict(sorted(reasons.items()))}
    return HostNote("process-not-named", "warning", values)


def _has_only_a_number(records: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """The records that have a process id, and no path of a program."""
    pid = records["pid"].to_numpy()
    path = records["path"]
    without = [text for text in path.cat.categories if is_without_name(text)]
    return np.asarray((pid > 0) & (pid != KERNEL_PROCESS) & path.isin(without).to_numpy(), dtype=bool)


def _is_name_of(row: Attribution, event: ProcessEvent) -> bool:
    """Whether the name in a record is that of the event's program; it may be cut."""
    name, cut = fold(row.program), KINDS[row.kind].truncated
    full = fold(event.program)
    return name == full or bool(cut and len(name) >= cut and full.startswith(name))


class _ProcessNames:
    """The holders of the process ids ``wanted``, on each machine of the evidence."""

    def __init__(self, evidence: HostEvidence, identities: Identities, clocks: Clocks, wanted: frozenset[int]) -> None:
        table = evidence.processes
        chosen = table["pid"].isin(wanted) | (table["event"] == "boot")
        self._events = [one for one in processes_of(table[chosen]) if one.time != NO_TIME]
        self._logs = [log for log in evidence.logs if Nature.PROCESS in log.natures]
        self._others = _others_with_ids(evidence.attributions, wanted)
        self._identities, self._clocks = identities, clocks
        self._tables: dict[Clock, _ByClock] = {}

    def of(self, row: Attribution) -> list[ProcessEvent] | NotNamed:
        """The event that names the program of a record."""
        key = row.host, row.clock
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = self._by_clock(key)
        return table.of(row)

    def _by_clock(self, clock: Clock) -> "_ByClock":
        """The events and logs of the machine of a record, by the record's clock."""
        held = {(log.host, log.clock) for log in self._logs} | {(one.host, one.clock) for one in self._events}
        pairs = sorted(pair for pair in held if self._is_same_machine(clock[0], pair[0]))
        machine = [pair for pair in self._clocks if self._is_same_machine(clock[0], pair[0])]
        # Where Sysmon's time is not that of its record, no clock of the machine is known to be another one's.
        one_clock = not any(pair[1] == APART_SYSMON_CLOCK for pair in pairs)
        shifts = {
            pair: shift
            for pair in pairs
            if (shift := shift_between(_written(pair), clock, machine, self._clocks, one_clock=one_clock))
        }
        return _ByClock(
            shifts,
            [one for one in self._events if (one.host, one.clock) in shifts],
            [log for log in self._logs if (log.host, log.clock) in shifts],
            [one for one in self._others if (one.host, one.clock) in shifts],
            comparable=bool(shifts) or not pairs,
        )

    def _is_same_machine(self, one: str, other: str) -> bool:
        if one == other or same_computer(one, other):
            return True
        a, b = (self._identities.by_host.get(host) for host in (one, other))
        if a is None or b is None or a.doubtful or b.doubtful:
            return False
        return _is_one_machine(a, b)


def _is_one_machine(a: HostIdentity, b: HostIdentity) -> bool:
    return bool(a.addresses & b.addresses) or (bool(a.machine) and a.machine == b.machine)


def _others_with_ids(records: pd.DataFrame, wanted: frozenset[int]) -> list[Attribution]:
    """The events of connections and ports that name a program for one of the process ids. Of those that a shipper wrote
    without a zone, some have the id of the process that wrote the log."""
    kinds = [
        kind for kind, what in KINDS.items() if what.nature in {Nature.CONNECTION, Nature.BLOCKED, Nature.LISTENER}
    ]
    chosen = records["pid"].isin(wanted) & records["kind"].isin(kinds)
    rows = rows_of(records[chosen])
    return [row for row in rows if row.clock not in CLOCKS_WITHOUT_ZONE and not is_without_name(row.program)]


@dataclass
class _ByClock:
    """Events of processes of one machine, brought to the clock of a record by ``shifts``: what has to be added, and how
    inexact that is."""

    shifts: Mapping[Clock, tuple[int, int]]
    events: Sequence[ProcessEvent]
    logs: Sequence[Log]
    others: Sequence[Attribution]
    comparable: bool

    def __post_init__(self) -> None:
        self._periods: dict[LogKey, list[Period]] = {
            key: [(since + self._shift(key), until + self._shift(key)) for since, until in periods]
            for key, periods in periods_of(self.logs).items()
        }
        self._slack = max((slack for _, slack in self.shifts.values()), default=SLACK)
        self._by_pid: dict[int, list[ProcessEvent]] = defaultdict(list)
        self._boots: list[ProcessEvent] = []
        for one in self.events:
            shift, _ = self.shifts[one.host, one.clock]
            moved = one._replace(time=one.time + shift, clock=_written((one.host, one.clock))[1])
            if one.event == "boot":
                self._boots.append(moved)
            else:
                self._by_pid[one.pid].append(moved)
        self._timelines: dict[int, Timeline] = {}

    def _shift(self, key: LogKey) -> int:
        return self.shifts[key[0], key[2]][0]

    def of(self, row: Attribution) -> list[ProcessEvent] | NotNamed:
        if not self.comparable:
            return NotNamed.CLOCK
        if not self.logs:
            return NotNamed.NO_EVENTS
        if row.since == NO_TIME:
            return NotNamed.NO_TIME
        until = max(row.since, row.until)
        found = holder(self._timeline(row.pid), row.since, until, self._slack)
        if found is NotNamed.NO_PROCESS and not self._is_covered(row.since, until):
            return NotNamed.NOT_COVERED
        return found

    def _is_covered(self, since: int, until: int) -> bool:
        """Whether one log is whole all the time."""
        around = (period_at(periods, since) for periods in self._periods.values())
        return any(period is not None and period[1] >= until for period in around)

    def _timeline(self, pid: int) -> Timeline:
        found = self._timelines.get(pid)
        if found is None:
            events = sorted([*self._by_pid[pid], *self._boots], key=_in_order)
            found = self._timelines[pid] = Timeline(events, self._periods)
            for one in self.others:
                if one.pid == pid:
                    found.seen(one.program, one.since + self.shifts[one.host, one.clock][0])
        return found


def _in_order(event: ProcessEvent) -> tuple[int, int, int]:
    """By time; of events of one moment a boot is first, and others are in the order of their numbers."""
    number = int(event.record) if event.record.isdigit() else 0
    return event.time, event.event != "boot", number


def _written(clock: Clock) -> Clock:
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
