"""Reads YAML files, and keeps the line and column of every value.

Scalars follow the core schema of YAML 1.2 (section 10.3.2 of the specification): ``no`` and ``02:00`` are text. The
stream of parser events is turned into plain dicts, lists and scalars and nothing else: no object is constructed, and
aliases are refused, so a small file cannot become a large one.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from analyzer.errors import Issue, LocatedError
from analyzer.operating_system.reading import read_at_most
from analyzer.yaml_source import events as parser
from analyzer.yaml_source.events import kind

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 32
MOST_ISSUES = 100
"""Mistakes of a file that are listed; reading ends there."""

Loc = tuple[str, ...]
"""The location of a value: keys and list indexes, all as text (``("segments", "0", "cidr")``)."""


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data, with the position of every value.

    ``path`` is shown as the user gave it; ``sha256`` is of the file's bytes; ``values`` and ``keys`` map a location
    to line and column, both from 1; ``issues`` are mistakes that did not prevent reading.
    """

    path: str
    data: object
    sha256: str
    values: dict[Loc, tuple[int, int]]
    keys: dict[Loc, tuple[int, int]]
    issues: tuple[Issue, ...] = ()

    def resolve(self, loc: tuple[str | int, ...]) -> Loc:
        """The longest part of ``loc`` that the file has, without steps that it does not have (union branches)."""
        found: Loc = ()
        for step in map(str, loc):
            if (*found, step) in self.values:
                found = (*found, step)
        return found

    def issue(self, loc: tuple[str | int, ...], message: str, *, at_key: bool = False) -> Issue:
        """``message`` at the value of ``loc``, or at its key; if the file does not have it, at its parent."""
        found = self.resolve(loc)
        line, column = (self.keys.get(found) if at_key else None) or self.values.get(found, (1, 1))
        return Issue(self.path, line, column, f"{dotted(loc)}: {message}" if loc else message)


def dotted(loc: tuple[str | int, ...]) -> str:
    """A location as text: ``segments[0].cidr``."""
    steps = (f"[{step}]" if str(step).isdigit() else f".{step}" for step in loc)
    return "".join(steps).removeprefix(".")


def read(path: Path, error: type[LocatedError]) -> Document:
    """The YAML document in ``path``.

    Raises:
        ``error``: the file cannot be read, is not UTF-8 text, is larger than 16 MiB, or is not YAML.
    """
    return read_octets(str(path), octets_of(path, error), error)


def read_octets(name: str, raw: bytes, error: type[LocatedError]) -> Document:
    """The YAML document of a file with this content. ``name``: as it is shown. Raises as ``read`` does."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = raw.count(b"\n", 0, bad.start) + 1
        raise error([Issue(name, line, 1, "this is not UTF-8 text: give a YAML file, saved as UTF-8")]) from bad
    builder = _Builder(name)
    try:
        try:
            data = builder.document(parser.quick_events(text) if len(text) > parser.LARGE else parser.events(text))
        except parser.UnlikeError:
            builder = _Builder(name)
            data = builder.document(parser.events(text))
    except _UnreadableError as stop:
        raise error([*builder.issues, stop.issue]) from stop
    except MarkedYAMLError as bad:
        raise error([*builder.issues, _syntax(name, bad)]) from bad
    # ruamel lets ValueError and OverflowError out for escapes beyond Unicode, and its reader's errors carry no mark.
    except (YAMLError, ValueError, OverflowError) as bad:
        reason = str(bad).strip().splitlines()[0]
        raise error([*builder.issues, Issue(name, 1, 1, f"this is not YAML ({reason}): correct it")]) from bad
    return Document(name, data, hashlib.sha256(raw).hexdigest(), builder.values, builder.keys, tuple(builder.issues))


def octets_of(path: Path, error: type[LocatedError]) -> bytes:
    """The content of a file. Raises ``error`` if it cannot be read or is larger than 16 MiB."""
    try:
        with path.open("rb") as stream:
            raw = read_at_most(stream, MAX_BYTES + 1)
    except (OSError, ValueError) as bad:
        reason = getattr(bad, "strerror", None) or str(bad)
        raise error([Issue(str(path), 1, 1, f"cannot be read ({reason}): give a YAML file that exists")]) from bad
    if len(raw) > MAX_BYTES:
        raise error([Issue(str(path), 1, 1, f"larger than {MAX_BYTES} bytes: give a YAML file, or split it")])
    return raw


def _syntax(name: str, bad: MarkedYAMLError) -> Issue:
    mark = bad.problem_mark or bad.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = ", ".join(str(part) for part in (bad.context, bad.problem) if part)
    return Issue(name, line, column, f"YAML syntax: {problem}: correct it here or just above")


class _UnreadableError(Exception):
    """Ends the reading of a file."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(str(issue))
        self.issue = issue


@dataclass
class _Builder:
    """Parser events to plain data, with the position of each value."""

    path: str
    values: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def document(self, events: Iterator[Any]) -> object:
        # The stream starts, then the document starts: the node is the third event.
        first = next(islice(events, 2, None), None)
        if first is None:
            raise _UnreadableError(Issue(self.path, 1, 1, "the file is empty: write its keys"))
        data = self._node(first, events, ())
        for event in events:
            if kind(event) == parser.DOCUMENT_START:
                raise _UnreadableError(self._issue(event, "a second YAML document begins here: keep one to a file"))
        return data

    def _add(self, issue: Issue) -> None:
        self.issues.append(issue)
        if len(self.issues) >= MOST_ISSUES:
            raise _UnreadableError(
                Issue(
                    issue.path, issue.line, issue.column, f"there are more than {MOST_ISSUES} mistakes: correct these"
                )
            )

    def _issue(self, event: Any, message: str) -> Issue:
        return Issue(self.path, event.start_mark.line + 1, event.start_mark.column + 1, message)

    def _node(self, event: Any, events: Iterator[Any], loc: Loc) -> object:
        self.values[loc] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if len(loc) > MAX_DEPTH:
            raise _UnreadableError(self._issue(event, f"nested more than {MAX_DEPTH} deep: nothing here needs that"))
        if kind(event) == parser.ALIAS:
            self._add(self._issue(event, "an alias (*) cannot be used here: write the value out"))
            return None
        if event.tag is not None:
            self._add(self._issue(event, f"the tag {event.tag!r} cannot be used here: leave it out"))
        if kind(event) == parser.MAPPING_START:
            return self._mapping(events, loc)
        if kind(event) == parser.SEQUENCE_START:
            return self._sequence(events, loc)
        return self._scalar(event)

    def _sequence(self, events: Iterator[Any], loc: Loc) -> list[object]:
        items: list[object] = []
        for event in events:
            if kind(event) == parser.SEQUENCE_END:
                break
            items.append(self._node(event, events, (*loc, str(len(items)))))
        return items

    def _mapping(self, events: Iterator[Any], loc: Loc) -> dict[str, object]:
        found: dict[str, object] = {}
        for event in events:
            if kind(event) == parser.MAPPING_END:
                break
            if kind(event) != parser.SCALAR:
                raise _UnreadableError(self._issue(event, "a key must be a word, not a list or a mapping"))
            key = (*loc, event.value)
            if event.value in found:
                line = self.keys[key][0]
                self._add(self._issue(event, f"key {event.value!r} occurs twice (line {line} too): keep one"))
                self._node(next(events), events, (*loc, f"{event.value} (again)"))
                continue
            self.keys[key] = (event.start_mark.line + 1, event.start_mark.column + 1)
            found[event.value] = self._node(next(events), events, key)
        return found

    def _scalar(self, event: Any) -> object:
        text: str = event.value
        if _SURROGATE.search(text):
            self._add(self._issue(event, "half of a surrogate pair is no character: write the character"))
            return ""
        return _core_schema(text) if event.implicit[0] else text


_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
# Eighteen digits are more than any field here takes, and keep int() cheap.
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,18}|[0-9]{1,18}(\.[0-9]{0,18})?)([eE][-+]?[0-9]{1,2})?")


def _core_schema(text: str) -> object:
    """The value of a plain scalar: None, a boolean, a number, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
