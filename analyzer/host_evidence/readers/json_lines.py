"""Text with a record of JSON on each line, or one JSON list of records: events, or rows of a socket table.

What is no UTF-8 is replaced, never refused: one record of a million must not hide the others.
"""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analyzer.host_evidence.readers.collect import Collector, TooMuch
from analyzer.host_evidence.readers.event_shapes import event_of
from analyzer.host_evidence.readers.windows_events import take

LONGEST_LINE = 1 << 20
LARGEST_LIST = 256 << 20
"""Octets of a file that is one JSON value: it has to be read whole."""
MOST_UNREAD = 100_000
LOOKED_AT = 256
"""Octets by which an encoding is known."""
_PIECE = 1 << 20


def read(path: Path, into: Collector) -> None:
    """Every event of the file. Raises TooMuch where a limit was reached."""
    for record in records(path, into):
        event = event_of(record)
        if event is None:
            unread(into)
        else:
            take(event, into)


def records(path: Path, into: Collector) -> Iterator[Any]:
    """Every record; lines that are no JSON are counted."""
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"[":
        yield from _listed(path, into)
        return
    for line in lines(path, into):
        if line and not line.isspace():
            record = parsed(line)
            if record is None:
                unread(into)
            else:
                yield record


def _listed(path: Path, into: Collector) -> Iterator[Any]:
    if path.stat().st_size > LARGEST_LIST:
        raise TooMuch("list-too-large")
    found = parsed(decoded(path.read_bytes()))
    if isinstance(found, list):
        yield from found
    else:
        unread(into)


def parsed(text: str) -> Any:
    """The JSON value of a text; None for none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def unread(into: Collector) -> None:
    """Count a record that could not be read; too many end the reading."""
    into.unread += 1
    if into.unread > MOST_UNREAD:
        raise TooMuch("too-many-unread")


def lines(path: Path, into: Collector) -> Iterator[str]:
    """The lines of a text file in UTF-8 or UTF-16, without their ends; longer ones than LONGEST_LINE are counted as
    unread and left out."""
    with path.open("rb") as file:
        decoder = codecs.getincrementaldecoder(encoding_of(file.read(LOOKED_AT)))("replace")
        file.seek(0)
        rest, long = "", False
        while piece := file.read(_PIECE):
            *whole, rest = (rest + decoder.decode(piece)).split("\n")
            for line in whole:
                if long or len(line) > LONGEST_LINE:
                    unread(into)
                    long = False
                else:
                    yield line.rstrip("\r").lstrip("\ufeff")
            if len(rest) > LONGEST_LINE:
                rest, long = "", True
        rest += decoder.decode(b"", final=True)
        if rest and not long:
            yield rest.rstrip("\r").lstrip("\ufeff")


def encoding_of(start: bytes) -> str:
    """UTF-16 where a mark says so, or where only every second octet is 0 now and then; else UTF-8."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if start[:2] == b"\xff\xfe" or (odd > 1 and not even):
        return "utf-16-le"
    if start[:2] == b"\xfe\xff" or (even > 1 and not odd):
        return "utf-16-be"
    return "utf-8"


def decoded(octets: bytes) -> str:
    """Text in UTF-8, UTF-16 or cp932, the Japanese Windows console's; what none of them explains is replaced."""
    encoding = encoding_of(octets[:LOOKED_AT])
    if encoding != "utf-8":
        return octets.decode(encoding, "replace").lstrip("\ufeff")
    for name in ("utf-8", "cp932"):
        try:
            return octets.decode(name).lstrip("\ufeff")
        except UnicodeDecodeError:
            continue
    return octets.decode("utf-8", "replace").lstrip("\ufeff")
