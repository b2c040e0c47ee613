"""EVTX, the file of a Windows event log, by the ``evtx`` package; read in chunks of 64 KiB, whatever its size."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from analyzer.host_evidence.model import EVENT_CLOCK
from analyzer.host_evidence.moments import nanoseconds
from analyzer.host_evidence.readers.collect import Collector, HostEvidenceError, TooMuch
from analyzer.host_evidence.readers.event_shapes import event_of
from analyzer.host_evidence.readers.windows_events import SYSMON, channel_name, take, wanted

MAGIC = b"ElfFile\x00"
MOST_UNREAD = 10_000
"""Records that cannot be read before reading is given up."""
LARGEST_RECORD = 1 << 20
"""Characters of a record as JSON; larger ones are not read, since a chunk has 64 KiB."""

_EVENT = re.compile(r'"EventID":(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)?"#text":)?"?(\d{1,5})')
_NUMBER = re.compile(r'"EventRecordID":(\d{1,18})')
_CREATED = re.compile(r'"SystemTime":"([^"\\]{1,40})"')
_CHANNEL = re.compile(r'"Channel":"([^"\\]{1,80})","Computer":"([^"\\]{1,255})"')
_WFP = frozenset({"5154", "5156", "5157", "5158"})
"""Events of which large logs are full; all of them are parsed."""


class _System(NamedTuple):
    """What a record's System element says; quotes inside values are escaped, so none is feigned."""

    event: int
    number: int
    channel: str
    computer: str
    created: str


def read(path: Path, into: Collector) -> None:
    """Every record of the file.

    Raises:
        HostEvidenceError: the package is not installed.
        TooMuch: a limit was reached; what was read until then is in ``into``.
    """
    for text in _records(path, into):
        if len(text) > LARGEST_RECORD:
            into.unread += 1
        elif not _quickly(text, into):
            _parse(text, into)


def _parse(text: str, into: Collector) -> None:
    try:
        event = event_of(json.loads(text))
    except (ValueError, RecursionError):
        event = None
    if event is None:
        into.unread += 1
    else:
        take(event, into)


def _quickly(text: str, into: Collector) -> bool:
    """Whether a record is done without parsing it as JSON: it is of another channel, or only shows that the log was
    written then."""
    event = _EVENT.search(text)
    if event is None or event[1] in _WFP:
        return False
    system = _system(text, int(event[1]))
    if system is None:
        return False
    known = channel_name(system.channel)
    if known is None:
        return True
    if known == SYSMON or wanted(known, system.event):
        return False
    into.saw(into.same(system.computer), known, EVENT_CLOCK, nanoseconds(system.created)[0], system.number)
    return True


def _system(text: str, event: int) -> _System | None:
    """System comes before the data, so what is found first is its own."""
    number, created, channel = _NUMBER.search(text), _CREATED.search(text), _CHANNEL.search(text)
    if number is None or created is None or channel is None:
        return None
    return _System(event, int(number[1]), channel[1], channel[2], created[1])


def _records(path: Path, into: Collector) -> Iterator[str]:
    """Every record as JSON. A record that is damaged is counted and passed over."""
    with _source(path) as source:
        yield from _readable(_parser()(source).records_json(), into)


@contextmanager
def _source(path: Path) -> Iterator[str | BinaryIO]:
    """The file as the package takes it: by its path, or opened where the path is no UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        with path.open("rb") as file:
            yield file
    else:
        yield str(path)


def _readable(records: Iterator[Any], into: Collector) -> Iterator[str]:
    failed = 0
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except (OSError, RuntimeError, ValueError):
            into.unread += 1
            failed += 1
            if failed > MOST_UNREAD:
                raise TooMuch("too-many-unread") from None
            continue
        yield record["data"]


def _parser() -> Any:
    """The package's reader, without its name in the types: it is an extra."""
    try:
        return import_module("evtx").PyEvtxParser
    except ImportError:
        raise HostEvidenceError(
            "Windows event logs (EVTX) need the package evtx: install dpm-analyzer[hosts]"
        ) from None
