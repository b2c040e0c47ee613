"""What a console printed: socket tables, one or many, and between them the times at which they were taken.

A line with nothing but a time says when the tables after it were taken: ISO 8601, the seconds since the epoch, what
``date`` prints, or date and time as the console of a Japanese Windows has them (2026/11/28 15:58:43.12). Who takes a
table without a time leaves out when it was true; the time of the file is no evidence, since copying changes it.
"""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from analyzer.host_evidence.model import NO_TIME
from analyzer.host_evidence.moments import epoch, nanoseconds
from analyzer.host_evidence.readers.collect import Collector, HostEvidenceError, TooMuch
from analyzer.host_evidence.readers.json_lines import decoded

LARGEST = 256 << 20
"""Octets of a console's text, which is read whole."""
MOST_LINES = 1_000_000
"""Lines of one table."""

_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:\([^)]*\)| \([^)]*\))?\s+(\d{1,2}):(\d\d):(\d\d(?:[.,]\d{1,9})?)")
_DATE = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) ([A-Z]{3,5}) (\d{4})", re.ASCII)
_MONTHS = {name: number for number, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
)}  # fmt: skip
_ZONES = {"UTC": "Z", "GMT": "Z", "JST": "+09:00"}


class ConsoleTable(NamedTuple):
    """The lines of one table below its header, each with its number in the file."""

    time: int
    zoned: bool
    lines: list[tuple[int, str]]


def tables(path: Path, into: Collector, is_header: Callable[[str], bool]) -> Iterator[ConsoleTable]:
    """Every table of a file; a header begins one, a time or another header ends it."""
    if path.stat().st_size > LARGEST:
        raise TooMuch("console-too-large")
    current: ConsoleTable | None = None
    for number, line, stamp in _stamps(decoded(path.read_bytes())):
        starts = is_header(line)
        if current is not None and (starts or line == ""):
            yield current
            current = None
        if starts:
            current = ConsoleTable(*stamp, [])
        elif current is not None:
            _keep((number, line), current, into)
    if current is not None:
        yield current


def _keep(line: tuple[int, str], table: ConsoleTable, into: Collector) -> None:
    if len(table.lines) < MOST_LINES:
        table.lines.append(line)
    else:
        into.unread += 1


def _stamps(text: str) -> Iterator[tuple[int, str, tuple[int, bool]]]:
    """Number and text of each line, and the time that was stated last; a line that states one has no text."""
    stamp = NO_TIME, False
    for number, line in enumerate(text.splitlines(), 1):
        found = stamped(line)
        if found is not None:
            stamp = found
            yield number, "", stamp
        elif line.strip():
            yield number, line, stamp


def stamped(line: str) -> tuple[int, bool] | None:
    """The time that a line states, and whether with its zone; None for a line that is more or less than a time."""
    bare = line.strip().strip("#=-* ").strip()
    if not 8 <= len(bare) <= 48:
        return None
    time, zoned = nanoseconds(bare)
    if time == NO_TIME and re.fullmatch(r"\d{10}(\.\d+)?|\d{13}|\d{16}|\d{19}", bare, re.ASCII):
        time, zoned = epoch(bare), True
    if time == NO_TIME:
        time, zoned = _local(bare)
    return None if time == NO_TIME else (time, zoned)


def _local(bare: str) -> tuple[int, bool]:
    if match := _SLASHED.fullmatch(bare):
        year, month, day, hour, minute, second = match.groups()
        return nanoseconds(f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:{second}")
    if (match := _DATE.fullmatch(bare)) and match[1] in _MONTHS:
        zone = _ZONES.get(match[4], "")
        return nanoseconds(f"{match[5]}-{_MONTHS[match[1]]:02}-{int(match[2]):02}T{match[3]}{zone}")
    return NO_TIME, False


def parser() -> Any:
    """The package that knows what programs print. Raises HostEvidenceError where it is not installed."""
    try:
        return import_module("jc")
    except ModuleNotFoundError:
        raise HostEvidenceError("Output of netstat and ss needs the package jc: install dpm-analyzer[hosts]") from None
