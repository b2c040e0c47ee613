"""Records that have a process id and no path, with the program that had the id at their time.

``netstat -ano``, the process id of a packet and some socket tables name no program. The events of processes of the same
machine do. Which program had an id is only known where the clocks of both records can be compared, and where the log of
processes is whole.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyzer.host_evidence.clock_periods import merged
from analyzer.host_evidence.hosts import Identities
from analyzer.host_evidence.machine_clocks import Clock, Clocks, MachineClocks, shift_between, written_by
from analyzer.host_evidence.model import (
    APART_SYSMON_CLOCK,
    CLOCKS_WITHOUT_ZONE,
    KINDS,
    NO_TIME,
    Attribution,
    HostEvidence,
    HostNote,
    Log,
    Nature,
    ProcessEvent,
    ProcessName,
    frame,
    processes_of,
    rows_of,
)
from analyzer.host_evidence.paths import KERNEL_PROCESS, fold, is_without_name
from analyzer.host_evidence.process_table import (
    SLACK,
    Holding,
    LogKey,
    NotNamed,
    Period,
    Timeline,
    holder,
    key_of,
    period_at,
    periods_of,
    times_twice,
)


@dataclass(frozen=True)
class NamedRecords:
    """Records with the programs of their process ids. ``by``: the event that names the program, by the line of the
    record. A record of which two logs name different programs is there twice."""

    records: pd.DataFrame
    by: Mapping[int, ProcessName]
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
    by: dict[int, ProcessName] = {}
    why: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines.tolist():
        row = rows[line]
        found = names.of(row)
        if isinstance(found, NotNamed):
            if is_without_name(row.program):
                why[row.host][found.value] += 1
            continue
        for holding in found:
            event = holding.event
            named = row._replace(program=event.program, path=event.path)
            same = not is_without_name(row.program) and _is_name_of(row, event)
            place = line
            if line in by or not (is_without_name(row.program) or same):
                place = len(rows)  # two sources that differ: both are kept
                rows.append(named)
            rows[place] = named
            # A record that has the same name shows the program itself.
            by[place] = ProcessName(event.kind, event.source, event.record, holding.certain or same)
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
        self._events: dict[Clock, list[ProcessEvent]] = defaultdict(list)
        self._logs: dict[Clock, list[Log]] = defaultdict(list)
        self._others: dict[Clock, list[Attribution]] = defaultdict(list)
        for event in processes_of(table[chosen]):
            if event.time != NO_TIME:
                self._events[event.host, event.clock].append(event)
        for log in evidence.logs:
            if Nature.PROCESS in log.natures:
                self._logs[log.host, log.clock].append(log)
        for row in _others_with_ids(evidence.attributions, wanted):
            self._others[row.host, row.clock].append(row)
        self._clocks = clocks
        self._of_host: dict[str, list[Clock]] = defaultdict(list)
        for pair in sorted({*self._events, *self._logs, *clocks}):
            self._of_host[pair[0]].append(pair)
        self._machines = MachineClocks(self._of_host, identities)
        self._tables: dict[Clock, _ByClock] = {}

    def of(self, row: Attribution) -> list[Holding] | NotNamed:
        """The holding that names the program of a record."""
        key = row.host, row.clock
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = self._by_clock(key)
        return table.of(row)

    def _by_clock(self, clock: Clock) -> "_ByClock":
        """The events and logs of the machine of a record, by the record's clock."""
        machine = [pair for host in self._machines.same(clock[0]) for pair in self._of_host[host]]
        pairs = [pair for pair in machine if pair in self._events or pair in self._logs]
        # Sysmon's time differs from that of its record: so the clocks of this machine may not be one clock.
        one_clock = not any(pair[1] == APART_SYSMON_CLOCK for pair in pairs)
        known = [pair for pair in machine if pair in self._clocks]
        shifts = {
            pair: shift
            for pair in pairs
            if (shift := shift_between(written_by(pair), clock, known, self._clocks, one_clock=one_clock))
        }
        return _ByClock(
            shifts,
            [one for pair in shifts for one in self._events.get(pair, ())],
            [log for pair in shifts for log in self._logs.get(pair, ())],
            [row for pair in shifts for row in self._others.get(pair, ())],
            comparable=bool(shifts) or not pairs,
        )


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
        self._twice = merged(
            (since + self._shift(key_of(log)), until + self._shift(key_of(log)))
            for log in self.logs
            for since, until in times_twice(log)
        )
        self._slack = max((slack for _, slack in self.shifts.values()), default=SLACK)
        self._by_pid: dict[int, list[ProcessEvent]] = defaultdict(list)
        boots = []
        for one in self.events:
            shift, _ = self.shifts[one.host, one.clock]
            moved = one._replace(time=one.time + shift, clock=written_by((one.host, one.clock))[1])
            if one.event == "boot":
                boots.append(moved.time)
            else:
                self._by_pid[one.pid].append(moved)
        self._boots = sorted(boots)
        self._seen: dict[int, list[Attribution]] = defaultdict(list)
        for row in self.others:
            self._seen[row.pid].append(row)
        self._timelines: dict[int, Timeline] = {}

    def _shift(self, key: LogKey) -> int:
        return self.shifts[key[0], key[2]][0]

    def of(self, row: Attribution) -> list[Holding] | NotNamed:
        if not self.comparable:
            return NotNamed.CLOCK
        if not self.logs:
            return NotNamed.NO_EVENTS
        if row.since == NO_TIME:
            return NotNamed.NO_TIME
        until = max(row.since, row.until)
        if any(begin <= until and row.since <= end for begin, end in self._twice):
            return NotNamed.CLOCK
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
            events = sorted(self._by_pid[pid], key=_in_order)
            found = self._timelines[pid] = Timeline(events, self._periods, self._boots)
            for row in self._seen[pid]:
                found.seen(row.program, row.since + self.shifts[row.host, row.clock][0])
        return found


def _in_order(event: ProcessEvent) -> tuple[int, int]:
    """By time, and by number where that is the same."""
    return event.time, int(event.record) if event.record.isdigit() else 0
