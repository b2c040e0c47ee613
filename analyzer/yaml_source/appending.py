"""Adds entries to a list of a YAML file, as text: every octet that was there stays, with comments and formatting."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

Entry = Mapping[str, str]
"""Key -> text; a key without a value is left out."""


class _Value(NamedTuple):
    """A value of the top level. ``start``: its first event; ``end``: where its text ends; ``last``: where that of the
    last value in it ends; ``empty``: whether it is a list without an entry."""

    start: Any
    end: int
    last: int
    empty: bool


def with_entries(text: str, key: str, entries: Sequence[Entry]) -> str:
    """``text`` with ``entries`` at the end of the list that is the value of ``key``; a list that is not there is added.

    ``text``: a YAML document whose top level is a mapping. Dates have to be read again as they were meant: the caller
    compares what the new text says.

    Raises:
        ValueError: the value of ``key`` is no list.
    """
    events = list(YAML(typ="safe", pure=True).parse(text))
    root = events[2]
    values = dict(_values(events))
    line_end = "\r\n" if "\r\n" in text else "\n"
    found = values.get(key)
    if found is not None and not isinstance(found.start, SequenceStartEvent):
        raise ValueError(f"{key} is no list")
    if found is None and root.flow_style:
        return _inserted(text, max(one.end for one in values.values()), f", {quoted(key)}: [{_flow(entries)}]")
    if found is None:
        made = "".join(_block(entries, root.start_mark.column + 2, line_end))
        head = " " * root.start_mark.column + f"{key}:{line_end}"
        place = _end_of_document(text, events)
        return _on_lines(text, place, f"{line_end}{head}{made}", line_end)
    if found.start.flow_style:
        place = found.start.start_mark.index + 1 if found.empty else found.last
        return _inserted(text, place, _flow(entries) if found.empty else f", {_flow(entries)}")
    made = "".join(_block(entries, found.start.start_mark.column, line_end))
    return _on_lines(text, _next_line(text, found.last), made, line_end)


def _values(events: Sequence[Any]) -> Iterator[tuple[str, _Value]]:
    """The values of the top level by their keys."""
    place = 3
    while not isinstance(events[place], MappingEndEvent):
        name = events[place].value
        last = _last_of(events, place + 1)
        value = events[place + 1 : last + 1]
        yield name, _Value(value[0], _end_of(value), _end_of(value[:-1]), len(value) == 2)
        place = last + 1


def _last_of(events: Sequence[Any], first: int) -> int:
    """The number of the last event of the value that begins with the event ``first``."""
    depth, place = 0, first
    while True:
        depth += isinstance(events[place], MappingStartEvent | SequenceStartEvent)
        depth -= isinstance(events[place], MappingEndEvent | SequenceEndEvent)
        if not depth:
            return place
        place += 1


def _end_of(events: Sequence[Any]) -> int:
    """Where the text of these events ends."""
    return max((one.end_mark.index for one in events if _is_content(one)), default=0)


def _is_content(event: Any) -> bool:
    """Whether an event ends where its text ends. The end of a list in block style is only the next token."""
    if isinstance(event, MappingEndEvent | SequenceEndEvent):
        return bool(event.end_mark.index > event.start_mark.index)
    return isinstance(event, ScalarEvent | AliasEvent)


def _end_of_document(text: str, events: Sequence[Any]) -> int:
    """The end of the text, or the line with the mark that ends the document."""
    end = next(one for one in events if isinstance(one, DocumentEndEvent))
    return int(end.start_mark.index) if end.explicit else len(text)


def _next_line(text: str, place: int) -> int:
    """Where the line after ``place`` begins; ``place`` itself if a line begins there."""
    if place and text[place - 1] == "\n":
        return place
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1


def _inserted(text: str, place: int, new: str) -> str:
    return f"{text[:place]}{new}{text[place:]}"


def _on_lines(text: str, place: int, new: str, line_end: str) -> str:
    """``new`` on lines of its own."""
    before = text[:place]
    return f"{before}{'' if not before or before.endswith(chr(10)) else line_end}{new}{text[place:]}"


def _block(entries: Sequence[Entry], column: int, line_end: str) -> Iterator[str]:
    """Lines of a list in block style."""
    for entry in entries:
        for number, (key, value) in enumerate((key, value) for key, value in entry.items() if value):
            yield f"{' ' * column}{'  ' if number else '- '}{key}: {quoted(value)}{line_end}"


def _flow(entries: Sequence[Entry]) -> str:
    """Entries of a list in flow style, which is JSON too."""
    made = (", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in entry.items() if value) for entry in entries)
    return ", ".join(f"{{{one}}}" for one in made)


def quoted(text: str) -> str:
    """A text as a YAML scalar in double quotes; what cannot be seen is written as its number."""
    return '"' + "".join(one if one.isprintable() and one not in '"\\' else _escape(one) for one in text) + '"'


def _escape(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"
