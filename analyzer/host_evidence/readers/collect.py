"""Where a reader puts what it finds: records, and what its logs cover. Bounded, whatever the file holds."""

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analyzer.errors import AnalyzerError
from analyzer.host_evidence.clock_change import ClockChange
from analyzer.host_evidence.model import (
    APART_SYSMON_CLOCK,
    KINDS,
    MOST_GAPS,
    NO_TIME,
    PROCESS_COLUMNS,
    SYSMON_CLOCK,
    Attribution,
    Gap,
    Log,
    Nature,
    ProcessEvent,
    frame,
    joined,
)

LONGEST = 1024
"""Characters of a text that is kept; Windows allows paths of 32,767, the table's have fewer than 100."""
MOST_LOGS = 10_000
MOST_TABLES = 100_000
_MOST_CLEARED = 100
MOST_CHANGES = 10_000
"""Changes of a clock that are kept one by one; the last one stands for those behind it."""
_BATCH = 50_000
_MOST_TEXTS = 100_000
_SURROGATES = re.compile("[\ud800-\udfff]")


class HostEvidenceError(AnalyzerError):
    """Evidence from hosts cannot be read, or an option about it is wrong."""


class TooMuch(Exception):  # noqa: N818 - it ends the reading of a file, it is not an error
    """A limit was reached; ``code`` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class _Cover:
    """What is known of one log while it is read."""

    natures: set[Nature] = field(default_factory=set)
    records: int = 0
    used: int = 0
    unread: int = 0
    numbers: "array[int]" = field(default_factory=lambda: array("q"))
    times: "array[int]" = field(default_factory=lambda: array("q"))
    tables: list[int] = field(default_factory=list)
    cleared: list[int] = field(default_factory=list)
    changes: list[ClockChange] = field(default_factory=list)


@dataclass
class Collector:
    """What one file yields. ``most``: how many records are kept; one more raises TooMuch. ``unread``: records of the
    file that could not be read, whether or not their log is known."""

    source: str
    most: int
    unread: int = 0
    kept: int = 0
    _rows: list[Attribution] = field(default_factory=list)
    _frames: list[pd.DataFrame] = field(default_factory=list)
    _processes: list[ProcessEvent] = field(default_factory=list)
    _process_frames: list[pd.DataFrame] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)
    _covers: dict[tuple[str, str, str], _Cover] = field(default_factory=dict)

    def cover(self, host: str, channel: str, clock: str) -> _Cover:
        """The log of a host's channel. Raises TooMuch where a file claims too many."""
        key = host, channel, clock
        found = self._covers.get(key)
        if found is None:
            if len(self._covers) >= MOST_LOGS:
                raise TooMuch("too-many-logs")
            found = self._covers[key] = _Cover()
        return found

    def saw(self, host: str, channel: str, clock: str, time: int, number: int | None) -> None:
        """A record of a log, used or not. ``number``: its own number, where it has one."""
        cover = self.cover(host, channel, clock)
        cover.records += 1
        if time != NO_TIME:
            cover.times.append(time)
            cover.numbers.append(-1 if number is None else number)

    def saw_table(self, host: str, kind: str, clock: str, time: int) -> None:
        """A socket table of a host, whole, as it was at ``time``."""
        cover = self.cover(host, kind, clock)
        cover.natures.add(KINDS[kind].nature)
        cover.records += 1
        if time != NO_TIME and len(cover.tables) < MOST_TABLES:
            cover.tables.append(time)
            cover.times.append(time)
            cover.numbers.append(-1)

    def not_read(self, host: str, channel: str, clock: str) -> None:
        """A record of a log makes no sense."""
        self.unread += 1
        self.cover(host, channel, clock).unread += 1

    def was_cleared(self, host: str, channel: str, clock: str, time: int) -> None:
        """The log of ``channel`` was cleared at ``time`` of ``clock``."""
        cover = self.cover(host, channel, clock)
        if len(cover.cleared) < _MOST_CLEARED:
            cover.cleared.append(time)

    def clock_changed(self, host: str, channel: str, clock: str, changes: Iterable[ClockChange]) -> None:
        """The log of ``channel`` says that the host's clock was set to another time."""
        held = self.cover(host, channel, clock).changes
        for one in changes:
            if len(held) < MOST_CHANGES:
                held.append(one)
            else:
                last = held.pop()
                both = min(last.since, one.since), max(last.until, one.until)
                held.append(ClockChange(*both, min(last.by, one.by), one.zoned))

    def add(self, row: Attribution, channel: str) -> None:
        """A program at a socket, out of the log of ``channel``."""
        self._count(row.host, channel, row.clock, KINDS[row.kind].nature)
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._pack()

    def add_process(self, event: ProcessEvent) -> None:
        """An event of a process, or of a boot. A log that has boots alone names no program."""
        nature = None if event.event == "boot" else KINDS[event.kind].nature
        clock = SYSMON_CLOCK if event.clock == APART_SYSMON_CLOCK else event.clock
        self._count(event.host, event.channel, clock, nature)
        self._processes.append(event)
        if len(self._processes) >= _BATCH:
            self._pack()

    def _count(self, host: str, channel: str, clock: str, nature: Nature | None) -> None:
        """A record is kept. Raises TooMuch where these are too many."""
        if self.kept >= self.most:
            raise TooMuch("too-many-records")
        self.kept += 1
        cover = self.cover(host, channel, clock)
        if nature is not None:
            cover.natures.add(nature)
            cover.used += 1

    def _pack(self) -> None:
        """Make tables of the records so far: they take a fifth of their memory."""
        self._frames.append(frame(self._rows))
        self._process_frames.append(frame(self._processes, PROCESS_COLUMNS))
        self._rows, self._processes = [], []

    def attributions(self) -> pd.DataFrame:
        """All records, as a table."""
        self._pack()
        self._frames = [joined(self._frames)]
        return self._frames[0]

    def processes(self) -> pd.DataFrame:
        """All process events, as a table."""
        self._pack()
        self._process_frames = [joined(self._process_frames, PROCESS_COLUMNS)]
        return self._process_frames[0]

    def same(self, text: str) -> str:
        """The text, as an object that all equal texts share."""
        if len(self._texts) > _MOST_TEXTS:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def logs(self, stopped: str = "") -> list[Log]:
        """What each log covers, in a fixed order."""
        return [self._log(key, cover, stopped) for key, cover in sorted(self._covers.items())]

    def _log(self, key: tuple[str, str, str], cover: _Cover, stopped: str) -> Log:
        host, channel, clock = key
        times, numbers = np.array(cover.times, dtype=np.int64), np.array(cover.numbers, dtype=np.int64)
        gaps, rolled = gaps_of(times[numbers >= 0], numbers[numbers >= 0])
        return Log(
            source=self.source,
            host=host,
            channel=channel,
            clock=clock,
            natures=frozenset(cover.natures),
            records=cover.records,
            used=cover.used,
            since=int(times.min()) if len(times) else NO_TIME,
            until=int(times.max()) if len(times) else NO_TIME,
            tables=tuple(sorted(set(cover.tables))),
            gaps=tuple(sorted(gaps, key=lambda gap: (gap.since - gap.until, gap.since))[:MOST_GAPS]),
            gap_count=len(gaps),
            cleared=tuple(sorted(cover.cleared)),
            rolled=rolled,
            unread=cover.unread,
            stopped=stopped,
            numbers=_numbers(numbers),
            changes=tuple(sorted(set(cover.changes))),
        )


def _numbers(numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> tuple[int, int] | None:
    """The first and the last number of a log's records, where all of them have one."""
    return (int(numbers.min()), int(numbers.max())) if len(numbers) and numbers.min() >= 0 else None


def gaps_of(
    times: "np.ndarray[tuple[int], np.dtype[np.int64]]", numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> tuple[list[Gap], bool]:
    """The gaps in the numbers of a log's records, and whether its beginning is missing."""
    if not len(numbers):
        return [], False
    order = np.argsort(numbers, kind="stable")
    ordered, when = numbers[order], times[order]
    step = np.diff(ordered)
    gaps = [
        Gap(int(min(when[at], when[at + 1])), int(max(when[at], when[at + 1])), int(step[at]) - 1)
        for at in np.flatnonzero(step > 1).tolist()
    ]
    return gaps, int(ordered[0]) > 1


def clipped(value: object) -> str:
    """A value as text of bounded length; nothing for what is neither text nor a number. Half of a pair of surrogates,
    which JSON can hold and UTF-8 cannot, is replaced."""
    if type(value) is not str:
        return str(value)[:LONGEST] if isinstance(value, str | int | float) else ""
    text = value if len(value) <= LONGEST else value[:LONGEST]
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def base_name(path: str) -> str:
    """The last part of a path of Windows or Linux."""
    return path.replace("\\", "/").rpartition("/")[2]
