"""A table as it is printed: its columns, and for each row the text of each cell with where it was read."""

from dataclasses import dataclass, field, replace

from analyzer.guide.columns import Column
from analyzer.guide.joining import Sure
from analyzer.guide.tables import Box, CellBasis

WordAt = tuple[int, int]
"""Index of the page in the material, and of the word on that page."""


@dataclass(frozen=True)
class Spot:
    """Where a text was read: the user's page, the box or the lines on it."""

    page: int
    lines: tuple[int, int]
    box: Box | None = None
    name: str = ""


@dataclass(frozen=True)
class PrintedField:
    """The text of a cell. ``how``: what showed that it is one. ``spans``: the cell began in a row above.
    ``inherited``: the cell is empty and takes what is above."""

    text: str
    sure: Sure
    spot: Spot
    how: CellBasis
    words: frozenset[WordAt] = frozenset()
    spans: bool = False
    inherited: bool = False


@dataclass
class PrintedRow:
    """Fields by the number of their column. ``doubtful``: columns whose text may be in another cell."""

    fields: dict[int, PrintedField] = field(default_factory=dict)
    doubtful: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


@dataclass
class PrintedTable:
    """Columns and rows. ``heading_words``: the words of its headings, and of those that are repeated.
    A title between rows is a row with the one field -1. ``loose``: other text inside the table. ``merges``: merged
    cells can be seen."""

    columns: tuple[Column, ...]
    rows: list[PrintedRow]
    heading_words: set[WordAt]
    merges: bool
    how: CellBasis
    problems: list[str] = field(default_factory=list)
    loose: list[PrintedField] = field(default_factory=list)


def appended(first: PrintedField, second: PrintedField, text: str, sure: Sure) -> PrintedField:
    """Two pieces of one cell as one field."""
    low, high = min(first.spot.lines[0], second.spot.lines[0]), max(first.spot.lines[1], second.spot.lines[1])
    spot = first.spot if first.spot.page != second.spot.page else replace(first.spot, lines=(low, high))
    return replace(first, text=text, sure=sure, spot=spot, words=first.words | second.words)
