"""Headings in a text without places: words that follow one another and name a column each."""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.guide.columns import Column, exact_column, is_heading, with_sides
from analyzer.guide.marks import split_marks
from analyzer.guide.words import Words

_HEADING_WORDS = 8
"""Words of one heading at most."""


@dataclass(frozen=True)
class HeadingFinder:
    """``tokens``: the words of a page; ``lines``: the line of each."""

    tokens: Sequence[str]
    lines: Sequence[int]
    words: Words

    def headings(self) -> list[tuple[int, int, tuple[Column, ...]]]:
        """The headings: first word, word behind the last, columns with their sides."""
        found: list[tuple[int, int, tuple[Column, ...]]] = []
        at = 0
        while at < len(self.tokens):
            starts = at == 0 or self.lines[at] != self.lines[at - 1]
            columns, end = self._heading_at(at) if starts else ((), at)
            if columns:
                found.append((at, end, with_sides(columns)))
                at = end
            else:
                at += 1
        return found

    def _heading_at(self, start: int) -> tuple[tuple[Column, ...], int]:
        """The columns named from ``start`` on up to the end of a line: as many as can be."""
        best: tuple[tuple[Column, ...], int] = ((), start)
        # The farthest end is best, and of several ways to it the one that names most columns.
        stack: list[tuple[tuple[Column, ...], int]] = [((), start)]
        tried = 0
        while stack and tried < 2000:
            tried += 1
            columns, at = stack.pop()
            ended = at >= len(self.tokens) or self.lines[at] != self.lines[at - 1]
            better = at > best[1] or (at == best[1] and len(columns) > len(best[0]))
            if ended and better and len(columns) > 3 and is_heading(columns):
                best = columns, at
            # The longest heading is tried first: it is pushed last.
            stack += [
                ((*columns, column), end)
                for end in range(at + 1, min(at + _HEADING_WORDS, len(self.tokens)) + 1)
                if (column := self._named(at, end)) and self._may_follow(columns, column)
            ]
        return best

    def _named(self, start: int, end: int) -> Column | None:
        if end < len(self.tokens) and split_marks(self.tokens[end])[0] == "":
            return None  # its mark belongs to it
        return exact_column(" ".join(self.tokens[start:end]), self.words)

    def _may_follow(self, columns: Sequence[Column], column: Column) -> bool:
        twice = 2 if column.kind in ("port", "executable", "os", "note") else 1
        if column.kind == "number" and columns:
            return False
        return len(columns) < 14 and sum((one.kind, one.side) == (column.kind, column.side) for one in columns) < twice
