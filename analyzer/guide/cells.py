"""The words of a cell as one text: its lines, and whether each was full."""

import unicodedata
from collections.abc import Sequence
from itertools import groupby

from analyzer.guide.joining import CellLine
from analyzer.guide.tables import Word

_NARROW = frozenset("ijl.,:;|!'ft()[]/\\I1 r-")
_BROAD = frozenset("mwMW@%")


def letter_width(letter: str) -> float:
    """The width of a character in parts of the usual one, as proportional fonts have it."""
    if unicodedata.east_asian_width(letter) in "WF":
        return 2.0
    if letter in _NARROW:
        return 0.6
    return 1.6 if letter in _BROAD else 1.3 if letter.isupper() else 1.0


def text_width(text: str) -> float:
    """The width of ``text`` in usual characters of a proportional font."""
    return sum(map(letter_width, text))


def cell_lines(words: Sequence[Word], limit: float | None, *, hard: bool = False) -> list[CellLine]:
    """The lines of a cell. ``limit``: how far to the right its text may go, in the units of the boxes."""
    lines = [list(line) for _, line in groupby(words, key=lambda word: word.line)]
    found: list[CellLine] = []
    for index, line in enumerate(lines):
        text = " ".join(word.text for word in line)
        full = None
        if limit is not None and index + 1 < len(lines):
            full = _needs(lines[index + 1][0]) > limit - line[-1].box[2]
        found.append(CellLine(text, full, hard))
    return found


def _needs(word: Word) -> float:
    """The width of the first character of ``word``, in the units of its box."""
    whole = text_width(word.text)
    return (word.box[2] - word.box[0]) * letter_width(word.text[0]) / whole if whole else 0.0
