"""EVTX, the file of a Windows event log, by the ``evtx`` package; read in chunks of 64 KiB, whatever its size."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from analyzer.host_evidence.moments import nanoseconds
from analyzer.host_evidence.readers.collect import Collector, HostEvidenceError, TooMuch
from analyzer.host_evidence.readers.event_shapes import event_of
from analyzer.host_evidence.readers.windows_events import EVENT_CLOCK, SYSMON, channel_name, take, wanted

MAGIC = b"ElfFile\x00"
MOST_UNREAD = 10_000
"""Records that cannot be read before reading is given up."""
LARGEST_RECORD = 1 << 20
"""Characters of a record as JSON; larger ones are not read, since a chunk has 64 KiB."""

_EVENT = re.compile(r'"EventID":(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)?"#text":)?"?(\d{1,5})')
_CHANNEL = re.compile(r'"Channel":"([^"]{1,80})"')
_COMPUTER = re.compile(r'"Computer":"([^"\\]{1,255})"')
_CREATED = re.compile(r'"SystemTime":"([^"]{1,40})"')
_HEAD = 4000
"""Characters in which a record's System element is looked for; quotes inside values are escaped, so none is feigned."""


def read(path: Path, into: Collector) -> None:
    """Every record of the file.

    Raises:
        HostEvidenceError: the package is not installed.
        TooMuch: a limit was reached; what was read until then is in ``into``.
    """
    for number, text in _records(path, into):
        if len(text) > LARGEST_RECORD:
            into.unread += 1
        elif not _passed_over(number, text, into):
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


def _passed_over(number: int, text: str, into: Collector) -> bool:
    """Whether a record needs no parsing: it is of another channel, or it only shows that the log was written then.

    Most records are of this kind, and parsing them would take most of the time.
    """
    head = text[:_HEAD]
    channel, event = _CHANNEL.search(head), _EVENT.search(head)
    if channel is None or event is None:
        return False
    known = channel_name(channel[1])
    if known is None:
        return True
    if known == SYSMON or wanted(known, int(event[1])):
        return False
    computer, created = _COMPUTER.search(head), _CREATED.search(head)
    if computer is None or created is None:
        return False
    into.saw(computer[1], known, EVENT_CLOCK, nanoseconds(created[1])[0], number)
    return True


def _records(path: Path, into: Collector) -> Iterator[tuple[int, str]]:
    """Number and JSON of every record. A record that is damaged is counted and passed over."""
    parser = _parser()(str(path))
    records = parser.records_json()
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
        yield record["event_record_id"], record["data"]


def _parser() -> Any:
    """The package's reader, without its name in the types: it is an extra."""
    try:
        return import_module("evtx").PyEvtxParser
    except ImportError:
        raise HostEvidenceError(
            "Windows event logs (EVTX) need the package evtx: install dpm-analyzer[hosts]"
        ) from None
