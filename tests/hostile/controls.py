"""Controls in every string of an input, and the check that none of them is in an output."""

import copy
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unicodedata import category

from tests.systems import in_a_name

FORGED = "FORGED all is well"
EVIL = f"\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b2J\x85\u202e\u2066\u200b\u2028\r\n{FORGED}"
"""Escapes of a terminal, C1 controls, a bell, bidirectional overrides, a character without width, line breaks."""
EVIL_NAME = in_a_name(EVIL)
"""What of it the system takes in names of files: on Windows all but the characters below 0x20."""
TEXT_FILES = frozenset({".md", ".csv", ".html", ".svg", ".sarif", ".json", ".yaml", ".txt", ".nft", ".ps1", ""})
CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What a console with colours writes by itself. ``EVIL`` also has what it never writes."""

Step = str | int
Place = tuple[Step, ...]


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every string in plain data, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        for step, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, (*place, step))


def with_evil(data: Any, places: list[Place]) -> Any:
    """A copy of ``data`` with controls at the end of these strings."""
    changed = copy.deepcopy(data)
    for *steps, last in places:
        part = changed
        for step in steps:
            part = part[step]
        part[last] += EVIL
    return changed


def with_evil_keys(data: Any) -> Iterator[Any]:
    """Copies of ``data``, each with controls in the first key of another mapping."""
    for place in [(), *mappings(data)]:
        changed = part = copy.deepcopy(data)
        for step in place:
            part = part[step]
        if part:
            first = next(iter(part))
            part[f"{first}{EVIL}"] = part.pop(first)
            yield changed


def mappings(value: Any, place: Place = ()) -> Iterator[Place]:
    """The places of all mappings below a mapping; of a list only those of the first element."""
    if isinstance(value, dict):
        for name, part in value.items():
            if isinstance(part, dict):
                yield (*place, name)
            yield from mappings(part, (*place, name))
    elif isinstance(value, list) and value:
        if isinstance(value[0], dict):
            yield (*place, 0)
        yield from mappings(value[0], (*place, 0))


def everywhere(data: Any, accepted: Callable[[Any], bool]) -> tuple[Any, list[Any]]:
    """Controls in every string that may have them, and for each other string a copy in which only that one has them.

    Equal strings are changed together first, since one may name the other; then each by itself.
    """
    equal = defaultdict(list)
    for place, text in leaves(data):
        equal[text].append(place)
    changed, left = as_many(data, list(equal.values()), accepted)
    changed, refused = as_many(changed, [[place] for group in left if len(group) > 1 for place in group], accepted)
    single = [group for group in left if len(group) == 1]
    return changed, [with_evil(data, group) for group in (*single, *refused)]


def as_many(data: Any, groups: list[list[Place]], accepted: Callable[[Any], bool]) -> tuple[Any, list[list[Place]]]:
    """Controls in as many groups of strings as can be, and the other groups: halves of them are tried."""
    tried = with_evil(data, [place for group in groups for place in group])
    if not groups or accepted(tried):
        return tried, []
    if len(groups) == 1:
        return data, groups
    middle = len(groups) // 2
    data, first = as_many(data, groups[:middle], accepted)
    data, second = as_many(data, groups[middle:], accepted)
    return data, [*first, *second]


def raw(text: str) -> list[str]:
    """The lines of a text that contain a control, or that the controls began."""
    return [
        line
        for line in text.split("\n")
        if line.startswith(FORGED) or any(category(letter) in CONTROLS for letter in set(line) - {"\t"})
    ]


def require_inert(text: str, *, coloured: bool = False) -> None:
    """No control is in the text, and no line of it was begun by one. ``coloured``: apart from colours."""
    found = raw(_COLOUR.sub("", text) if coloured else text)
    assert not found, f"{len(found)} lines, first {found[0][:400]!r}"


def require_inert_files(folder: Path) -> int:
    """The check of every text file below a folder; how many there are."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in TEXT_FILES]
    for path in paths:
        found = raw(path.read_bytes().decode("utf-8"))
        assert not found, f"{path.name}: {len(found)} lines, first {found[0][:400]!r}"
    return len(paths)
