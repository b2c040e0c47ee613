"""What a file of evidence is, by its first octets; its name says nothing."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from analyzer.host_evidence.readers import capture_processes, evtx_file, json_lines, netstat, socket_rows, ss
from analyzer.host_evidence.readers.collect import Collector
from analyzer.host_evidence.readers.event_shapes import event_of

Reader = Callable[[Path, Collector], None]

_START = 2 << 20
"""Octets that are looked at."""
_MOST_LOOKED_AT = 50
_CAPTURES = (b"\n\r\r\n", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")


class Form(NamedTuple):
    """A kind of file and the function that reads it."""

    title: str
    read: Reader


EVTX = Form("Windows event log (EVTX)", evtx_file.read)
EVENTS = Form("Windows events as JSON", json_lines.read)
NETSTAT = Form("netstat of Windows", netstat.read)
SS = Form("ss of Linux", ss.read)
CAPTURE = Form("capture", capture_processes.read)
JSON_ROWS = Form("socket table as JSON", socket_rows.read_json)
CSV_ROWS = Form("socket table as CSV", socket_rows.read_csv)


def form_of(path: Path) -> Form | None:
    """The form of a file; None where it is none that is read. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(_START)
    if start.startswith(evtx_file.MAGIC):
        return EVTX
    if start.startswith(_CAPTURES):
        return CAPTURE
    text = json_lines.decoded(_whole_lines(start))
    return _of_json(text) if text.lstrip()[:1] in {"{", "["} else _of_text(text)


def _whole_lines(start: bytes) -> bytes:
    """The octets up to the last whole line, so that no character is cut; UTF-16 stays whole in pairs."""
    if len(start) < _START:
        return start
    if json_lines.encoding_of(start[: json_lines.LOOKED_AT]) != "utf-8":
        return start[: len(start) & ~1]
    return start[: start.rfind(b"\n") + 1] or start


def _of_text(text: str) -> Form | None:
    for line in islice(text.splitlines(), 2000):
        if netstat.is_header(line):
            return NETSTAT
        if ss.is_header(line):
            return SS
    first = next((line for line in islice(text.splitlines(), 5) if line.strip()), "")
    return CSV_ROWS if socket_rows.is_heading(first) else None


def _of_json(text: str) -> Form | None:
    found = _first_records(text)
    if any(event_of(record) is not None for record in found):
        return EVENTS
    return JSON_ROWS if any(socket_rows.is_row(record) for record in found) else None


def _first_records(text: str) -> list[object]:
    lines = islice((line for line in text.splitlines() if line.strip()), _MOST_LOOKED_AT)
    found = [record for line in lines if (record := json_lines.parsed(line)) is not None]
    if len(found) == 1 and isinstance(found[0], list):
        return list(found[0][:_MOST_LOOKED_AT])
    if found and not any(isinstance(one, dict) for one in found):
        return []
    return found or _first_of_list(text)


def _first_of_list(text: str) -> list[object]:
    """The first record of a list that is written over many lines, or cut off here."""
    bare = text.lstrip()
    if not bare.startswith("["):
        return []
    try:
        record, _ = json.JSONDecoder().raw_decode(bare[1:].lstrip())
    except (ValueError, RecursionError):
        return []
    return [record]
