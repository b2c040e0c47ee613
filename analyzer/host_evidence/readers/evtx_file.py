"""EVTX, the file of a Windows event log, by the ``evtx`` package; read in chunks of 64 KiB, whatever its size."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from analyzer.host_evidence.readers.collect import Collector, HostEvidenceError, TooMuch
from analyzer.host_evidence.readers.event_shapes import event_of
from analyzer.host_evidence.readers.evtx_chunks import WithoutChunks, damaged
from analyzer.host_evidence.readers.evtx_text import read_text
from analyzer.host_evidence.readers.windows_events import take

MAGIC = b"ElfFile\x00"
MOST_UNREAD = 10_000
"""Records that cannot be read before reading is given up."""
LARGEST_RECORD = 1 << 20
"""Characters of a record as JSON; larger ones are not read, since a chunk has 64 KiB."""


def read(path: Path, into: Collector) -> None:
    """Every record of the file.

    Raises:
        HostEvidenceError: the package is not installed.
        TooMuch: a limit was reached; what was read until then is in ``into``.
    """
    for text in _records(path, into):
        if len(text) > LARGEST_RECORD:
            into.unread += 1
        elif not read_text(text, into):
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


def _records(path: Path, into: Collector) -> Iterator[str]:
    """Every record as JSON. A record that is damaged is counted and passed over, and all of a chunk that is."""
    bad = damaged(path)
    into.unread += sum(bad.values())
    with _source(path, bad) as source:
        yield from _readable(_parser()(source).records_json(), into)


@contextmanager
def _source(path: Path, bad: Mapping[int, int]) -> Iterator[str | BinaryIO | WithoutChunks]:
    """The file as the package takes it: by its path; opened where that is no UTF-8, or without its damaged chunks."""
    if bad:
        with path.open("rb") as file:
            yield WithoutChunks(file, bad)
        return
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
    except ModuleNotFoundError:
        raise HostEvidenceError(
            "Windows event logs (EVTX) need the package evtx: install dpm-analyzer[hosts]"
        ) from None
