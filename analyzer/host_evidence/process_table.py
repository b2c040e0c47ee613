"""Which program had a process id of a host, and when, by the events of processes.

Windows uses a process id again soon after its process ended. So a process has its id from its start to its stop, to the
next start with the same id, to a boot, or to the place where the log is not whole any more - whatever comes first. A
process that ran before the log began is known by its stop, back to where the log is whole.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from analyzer.host_evidence.model import KINDS, MOST_GAPS, NO_TIME, SECOND, Log, ProcessEvent
from analyzer.host_evidence.moments import LATEST
from analyzer.host_evidence.readers.collect import base_name

SLACK = 2 * SECOND
"""Nanoseconds by which two records of one moment differ on one host: an event is written later than it happens, and a
socket table is taken after its time was printed."""

MOST_NEAR = 64
"""Holdings that are looked at for one moment. They follow one another, so more of them cannot fit."""

Period = tuple[int, int]
LogKey = tuple[str, str, str]
"""Host, channel and clock of a log, which may lie in several files."""


class NotNamed(StrEnum):
    """Why it is not known which program had a process id."""

    NO_EVENTS = "no-process-events"
    NO_TIME = "no-time"
    CLOCK = "clocks-not-comparable"
    NOT_COVERED = "not-covered"
    NO_PROCESS = "no-process-with-this-id"
    CHANGED = "used-again"


@dataclass
class Holding:
    """A program that had a process id from ``since`` to ``until``. ``event``: the record that names it; ``stop``: that
    of its end, where there is one. ``certain``: no other process can have had the id meanwhile: its start and its stop
    are known, or one of its events is of a log that has the events of all programs."""

    since: int
    until: int
    event: ProcessEvent
    stop: ProcessEvent | None = None
    certain: bool = False


def program_of(event: ProcessEvent) -> str:
    """The program of an event without its folder and case: Sysmon and Windows write the same path differently."""
    return (base_name(event.path) or event.program).lower()


def periods_of(logs: Iterable[Log]) -> dict[LogKey, list[Period]]:
    """The times in which each log is whole, in their order: without the gaps in its numbers, and without the time at
    which it was cleared. Files that continue each other are one log."""
    timed = [log for log in logs if log.since != NO_TIME]
    ends: dict[tuple[str, str, str], int] = {}
    for log in timed:
        export = log.source, log.host, log.clock
        ends[export] = max(ends.get(export, log.until), log.until)
    held: dict[LogKey, list[Log]] = {}
    for log in timed:
        # Logs in one file were written together: each lasts at least to the end of the last one.
        until = ends[log.source, log.host, log.clock]
        held.setdefault(key_of(log), []).append(replace(log, until=until))
    return {key: _joined(sorted(ones, key=lambda log: (log.since, log.until))) for key, ones in held.items()}


def _joined(logs: Sequence[Log]) -> list[Period]:
    found: list[Period] = []
    before: Log | None = None
    for log in logs:
        pieces = list(_whole(log))
        follows = before is not None and before.numbers and log.numbers and before.numbers[1] + 1 >= log.numbers[0]
        overlaps = bool(found and pieces and pieces[0][0] <= found[-1][1])
        if found and pieces and (follows or overlaps):
            pieces[0] = found[-1][0], max(found.pop()[1], pieces[0][1])
        found += pieces
        before = log
    return found


def _whole(log: Log) -> Iterator[Period]:
    """The pieces of one file's log between its gaps; none where it has more gaps than are known."""
    if log.gap_count > MOST_GAPS:
        return
    since = log.since
    holes = [(gap.since, gap.until) for gap in log.gaps] + [(time, time) for time in log.cleared]
    holes += times_twice(log)
    for begin, end in sorted(holes):
        if begin <= log.until and end >= log.since:
            yield since, max(since, begin)
            since = max(since, end)
    yield since, max(since, log.until)


def key_of(log: Log) -> LogKey:
    """By which the periods of a log are found."""
    return log.host, log.channel, log.clock


def times_twice(log: Log) -> list[Period]:
    """The times that a log has twice, since its clock was set back."""
    return [(one.since - SLACK, one.until + SLACK) for one in log.changes if one.by < 0]


def period_at(periods: Sequence[Period], time: int) -> Period | None:
    """The period of a log that has a time."""
    place = bisect_right(periods, (time, 1 << 63)) - 1
    return periods[place] if place >= 0 and periods[place][0] <= time <= periods[place][1] else None


def _is_stop_of(one: Holding, event: ProcessEvent) -> bool:
    """Whether a stop is that of a process whose stop is known by another log."""
    if one.stop is None or not are_of_two_logs(one.stop, event) or event.time - one.stop.time > SLACK:
        return False
    return program_of(one.stop) == program_of(event)


def are_of_two_logs(one: ProcessEvent, other: ProcessEvent) -> bool:
    """Whether two events may be two records of one: of two kinds, or in two files."""
    return (one.kind, one.source) != (other.kind, other.source)


def has_all_programs(event: ProcessEvent) -> bool:
    """Whether the log of an event has the events of all programs."""
    return not KINDS[event.kind].filtered


class Timeline:
    """The holdings of one process id, in the order of their beginnings.

    ``events``: starts and stops of the id, in the order of their times, by one clock. ``periods``: of the logs that
    have them. ``boots``: when the host booted, in order.
    """

    def __init__(
        self, events: Sequence[ProcessEvent], periods: Mapping[LogKey, Sequence[Period]], boots: Sequence[int] = ()
    ) -> None:
        self._periods, self._boots = periods, boots
        self._last = NO_TIME
        self._open: list[Holding] = []
        self.holdings: list[Holding] = []
        for event in events:
            self._boot(event.time)
            if event.event == "start":
                self._start(event)
            else:
                self._stop(event)
            self._last = event.time
        self._boot(LATEST)
        self._beginnings = [one.since for one in self.holdings]

    def _boot(self, until: int) -> None:
        """End what is open at the first boot behind the last event."""
        place = bisect_right(self._boots, self._last)
        if place < len(self._boots) and self._boots[place] <= until:
            self._close(self._boots[place])
            self._last = self._boots[bisect_right(self._boots, until) - 1]

    def _period(self, event: ProcessEvent) -> Period:
        """The time around an event in which its log is whole."""
        found = period_at(self._periods.get((event.host, event.channel, event.clock), ()), event.time)
        return found or (event.time, event.time)

    def _start(self, event: ProcessEvent) -> None:
        beside = [one for one in self._open if event.time - one.since <= SLACK and are_of_two_logs(one.event, event)]
        until = self._period(event)[1]
        for one in beside:
            if program_of(one.event) == program_of(event):
                one.until = max(one.until, until)
                one.certain = one.certain or has_all_programs(event)
                return
        if len(beside) < len(self._open):
            self._close(event.time)
        holding = Holding(event.time, until, event, certain=has_all_programs(event))
        self._open.append(holding)
        self.holdings.append(holding)

    def _stop(self, event: ProcessEvent) -> None:
        stopped = [one for one in self.holdings[-2:] if _is_stop_of(one, event)]
        for one in stopped:
            one.certain = one.certain or has_all_programs(event)
        if stopped:
            return  # another log has the same stop
        since = max(self._period(event)[0], self._last)
        if self._open:
            same = [one for one in self._open if program_of(one.event) == program_of(event)]
            for one in self._open if not same else ():
                one.until = one.since  # its stop and another start are missing
                since = event.time
            for one in same:
                if one.until >= event.time:
                    one.until, one.stop, one.certain, since = event.time, event, True, NO_TIME
            self._close(event.time)
        if since != NO_TIME:
            self.holdings.append(Holding(since, event.time, event, event, has_all_programs(event)))

    def _close(self, time: int) -> None:
        for one in self._open:
            one.until = min(one.until, time)
        self._open.clear()

    def seen(self, program: str, time: int) -> None:
        """Another record shows ``program`` with the id at a time. A holding of another program at that time is not
        used."""
        for one in self.at(time, time, -SLACK):
            if program_of(one.event) != program.lower():
                one.until = one.since

    def at(self, since: int, until: int, slack: int) -> list[Holding]:
        """The holdings within a time, or near it; of many the last ones."""
        place = bisect_right(self._beginnings, until + slack)
        near = self.holdings[max(0, place - MOST_NEAR) : place]
        return [one for one in near if one.until >= since - slack]


def holder(timeline: Timeline, since: int, until: int, slack: int) -> list[Holding] | NotNamed:
    """The holding of the program that had the id all the time from ``since`` to ``until``; of each program where two
    logs differ about it."""
    found = timeline.at(since, until, slack)
    if not found:
        return NotNamed.NO_PROCESS
    if any(one.since - slack > since or one.until + slack < until for one in found):
        return NotNamed.CHANGED
    first = found[0]
    for one in found[1:]:
        if not are_of_two_logs(one.event, first.event) or one.since - first.since > SLACK:
            return NotNamed.CHANGED
    return found
