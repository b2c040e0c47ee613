"""What hosts say of their programs, as tables and values: the form that every reader fills and every judge reads.

Nothing here comes from a sentence, and nothing here is one: ``notes.py`` makes the sentences last.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from analyzer.host_evidence.clock_change import ClockChange
from analyzer.values import EvidenceWord

NO_TIME = int(np.iinfo(np.int64).min)
"""The time of a record that states none."""
NO_PORT = -1
NO_PID = -1

SECOND = 1_000_000_000

Local = Literal["a", "b", ""]
Direction = Literal["in", "out", ""]
"""Whether a record says that its host received the connection or datagram (in), or sent it (out)."""
ProcessChange = Literal["start", "stop", "boot"]


class Nature(StrEnum):
    """What kind of observation a record is.

    CONNECTION: an event of one connection, at its beginning. BLOCKED: one of a connection that the host did not permit,
    audited apart from those that it did. LISTENER: an event of a bound or listening port.
    SOCKETS: a line of a socket table, true at the times of the table. PACKET: a note beside a captured packet.
    PROCESS: an event of a process that began or ended. It names no socket, but the program of a process id.
    """

    CONNECTION = "connection"
    BLOCKED = "blocked"
    LISTENER = "listener"
    SOCKETS = "sockets"
    PACKET = "packet"
    PROCESS = "process"


@dataclass(frozen=True)
class EvidenceKind:
    """A kind of record. ``most``: the strongest word that it can give. ``contradicts``: whether a wrong program in it
    is a contradiction. ``truncated``: after how many characters it cuts a program's name; 0: it does not.
    ``filtered``: whether the host's settings can leave out events of single programs."""

    nature: Nature
    title: str
    most: EvidenceWord = EvidenceWord.CONFIRMED
    contradicts: bool = True
    truncated: int = 0
    filtered: bool = False


CAPTURE_CLOCK = "capture"
EVENT_CLOCK, SYSMON_CLOCK, LOCAL_EVENT_CLOCK = "event time", "Sysmon UtcTime", "event time without zone"
APART_SYSMON_CLOCK = "Sysmon UtcTime apart from the event's time"
"""Of process events alone: the clock is Sysmon's, and it is not that of the host's other logs."""
SYSMON_DELAY = 10 * SECOND
"""Nanoseconds by which the time of a record and Sysmon's own time may differ where the two clocks are one."""
TABLE_CLOCK, LOCAL_TABLE_CLOCK = "table time", "table time without zone"
CLOCKS_WITHOUT_ZONE = frozenset({LOCAL_EVENT_CLOCK, LOCAL_TABLE_CLOCK})
"""The clocks of a host, by what gives their times."""

KINDS: Mapping[str, EvidenceKind] = {
    "sysmon-3": EvidenceKind(Nature.CONNECTION, "Sysmon event 3"),
    "security-5156": EvidenceKind(Nature.CONNECTION, "Security event 5156"),
    "security-5157": EvidenceKind(Nature.BLOCKED, "Security event 5157"),
    "security-5154": EvidenceKind(Nature.LISTENER, "Security event 5154", EvidenceWord.CONSISTENT),
    "security-5158": EvidenceKind(Nature.LISTENER, "Security event 5158", EvidenceWord.CONSISTENT, contradicts=False),
    "sysmon-1": EvidenceKind(Nature.PROCESS, "Sysmon event 1", filtered=True),
    "sysmon-5": EvidenceKind(Nature.PROCESS, "Sysmon event 5", filtered=True),
    "security-4688": EvidenceKind(Nature.PROCESS, "Security event 4688"),
    "security-4689": EvidenceKind(Nature.PROCESS, "Security event 4689"),
    "netstat": EvidenceKind(Nature.SOCKETS, "netstat", EvidenceWord.CONSISTENT),
    # The kernel keeps 15 octets of a process's name (TASK_COMM_LEN in proc(5)).
    "ss": EvidenceKind(Nature.SOCKETS, "ss", EvidenceWord.CONSISTENT, truncated=15),
    "osquery": EvidenceKind(Nature.SOCKETS, "osquery"),
    "velociraptor": EvidenceKind(Nature.SOCKETS, "Velociraptor Netstat"),
    # Its programs are those of /proc/PID/comm, which the kernel cuts as it does for ss.
    "velociraptor-linux": EvidenceKind(
        Nature.SOCKETS, "Velociraptor Netstat (Linux)", EvidenceWord.CONSISTENT, truncated=15
    ),
    "process-block": EvidenceKind(Nature.PACKET, "Wireshark process information"),
    # Darwin cuts names at 16 octets (MAXCOMLEN) or 32 (2 * MAXCOMLEN).
    "darwin-block": EvidenceKind(Nature.PACKET, "Darwin process information", EvidenceWord.CONSISTENT, truncated=16),
    "pktap": EvidenceKind(Nature.PACKET, "PKTAP", EvidenceWord.CONSISTENT, truncated=16),
    # A comment is free text; the process id of etl2pcapng is that of the process that ran when the packet was seen.
    "comment-ptcpdump": EvidenceKind(Nature.PACKET, "ptcpdump comment", EvidenceWord.CONSISTENT),
    "comment-rustnet": EvidenceKind(Nature.PACKET, "RustNet comment", EvidenceWord.CONSISTENT),
    "comment-etl2pcapng": EvidenceKind(Nature.PACKET, "etl2pcapng comment", EvidenceWord.CONSISTENT, contradicts=False),
}


class Attribution(NamedTuple):
    """One record: a program at a socket of a host.

    ``host``: the computer as the log names it, or ``file:NAME`` where the file names none. ``a``, ``b``: the two ends;
    for events ``a`` is the end that the record names first, for socket tables the local one; a listener has no ``b``.
    ``local``: the end that is the host's own, as far as the record says so. ``since``, ``until``: nanoseconds of
    ``clock``, NO_TIME where there is none. ``first``: whether ``since`` is when the socket appeared (a table before
    did not have it). ``record``: the record's own number, or its line. ``direction``: as an event states it.
    """

    host: str
    proto: str
    a_h: str
    a_p: int
    b_h: str
    b_p: int
    local: Local
    program: str
    path: str
    pid: int
    since: int
    until: int
    first: bool
    clock: str
    kind: str
    source: str
    record: str
    direction: Direction = ""


class ProcessEvent(NamedTuple):
    """An event of a process: it began (``start``) or ended (``stop``), or the host booted (``boot``), which ends every
    process. ``channel``: the log that has it. The other values are those of ``Attribution``."""

    host: str
    pid: int
    program: str
    path: str
    time: int
    event: ProcessChange
    clock: str
    kind: str
    channel: str
    source: str
    record: str


class ProcessName(NamedTuple):
    """The event that names the program of a process id. ``certain``: no other program can have had the id at the time
    of the record, as far as the logs are true."""

    kind: str
    source: str
    record: str
    certain: bool


COLUMNS: tuple[str, ...] = Attribution._fields
PROCESS_COLUMNS: tuple[str, ...] = ProcessEvent._fields
_TRUTHS = frozenset({"first"})
_NUMBERS = frozenset({"a_p", "b_p", "pid", "since", "until", "time"})
TEXTS = frozenset({*COLUMNS, *PROCESS_COLUMNS}) - _NUMBERS - _TRUTHS


def frame(rows: Iterable[NamedTuple], columns: tuple[str, ...] = COLUMNS) -> pd.DataFrame:
    """Records as a table: texts as categories, numbers as int64. ``columns``: COLUMNS or PROCESS_COLUMNS."""
    held: list[Any] = list(rows)
    values = zip(*held, strict=True) if held else [()] * len(columns)
    return pd.DataFrame({name: _column(name, list(value)) for name, value in zip(columns, values, strict=True)})


def no_processes() -> pd.DataFrame:
    """A table of process events without any."""
    return frame([], PROCESS_COLUMNS)


def _column(name: str, values: list[Any]) -> Any:
    if name in TEXTS:
        return _categories(values)
    return np.array(values, dtype=np.bool_ if name in _TRUTHS else np.int64)


def _categories(values: list[str]) -> Any:
    known: defaultdict[str, int] = defaultdict(count().__next__)
    codes: Any = np.fromiter(map(known.__getitem__, values), dtype=np.int64, count=len(values))
    categories: Any = pd.Index(list(known), dtype=object)
    return pd.Categorical.from_codes(codes, categories)


def rows_of(table: pd.DataFrame) -> list[Attribution]:
    """The records of a table one by one."""
    columns = [table[name].astype(object).tolist() for name in COLUMNS]
    return list(map(Attribution._make, zip(*columns, strict=True)))


def processes_of(table: pd.DataFrame) -> list[ProcessEvent]:
    """The process events of a table one by one."""
    columns = [table[name].astype(object).tolist() for name in PROCESS_COLUMNS]
    return list(map(ProcessEvent._make, zip(*columns, strict=True)))


def joined(frames: list[pd.DataFrame], columns: tuple[str, ...] = COLUMNS) -> pd.DataFrame:
    """Tables below each other, in order; their categories are united."""
    held = [one for one in frames if len(one)]
    if not held:
        return frame([], columns)
    data: dict[str, Any] = {}
    for name in columns:
        if name in TEXTS:
            data[name] = pd.api.types.union_categoricals([one[name].array for one in held])
        else:
            data[name] = np.concatenate([one[name].to_numpy() for one in held])
    return pd.DataFrame(data)


@dataclass(frozen=True)
class Gap:
    """Records that are missing within a log: nanoseconds of its clock before and after, and how many."""

    since: int
    until: int
    missing: int


@dataclass(frozen=True)
class Log:
    """What one log of one host covers.

    ``channel``: a Windows channel, or the kind of a socket table. ``natures``: what its records are. ``since``,
    ``until``: times of its first and last record, NO_TIME where no record has one; ``tables``: the times of a socket
    table's polls. ``gaps``: the longest first, at most MOST_GAPS; ``gap_count``: all. ``cleared``: times at which the
    log says that it was cleared. ``rolled``: its first record's number is not 1, so earlier records are not in it.
    ``unread``: its records that could not be read; ``stopped``: code of why reading stopped early, mostly nothing.
    ``numbers``: the first and the last number of its records, None where they have none. ``changes``: of its clock.
    """

    source: str
    host: str
    channel: str
    clock: str
    natures: frozenset[Nature] = frozenset()
    records: int = 0
    used: int = 0
    since: int = NO_TIME
    until: int = NO_TIME
    tables: tuple[int, ...] = ()
    gaps: tuple[Gap, ...] = ()
    gap_count: int = 0
    cleared: tuple[int, ...] = ()
    rolled: bool = False
    unread: int = 0
    stopped: str = ""
    numbers: tuple[int, int] | None = None
    changes: tuple[ClockChange, ...] = ()


MOST_GAPS = 1000


@dataclass(frozen=True)
class HostNote:
    """Something that the reader of the report has to know, as a code with values."""

    code: str
    level: Literal["info", "warning"]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceFile:
    """A file that was given as evidence: its name without folder, what it is (empty: nothing known), size, SHA-256."""

    name: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True)
class HostEvidence:
    """All that was read, before anything is judged."""

    attributions: pd.DataFrame
    logs: tuple[Log, ...] = ()
    files: tuple[SourceFile, ...] = ()
    notes: tuple[HostNote, ...] = ()
    processes: pd.DataFrame = field(default_factory=no_processes)
    """PROCESS_COLUMNS: which program had which process id, and when."""
