"""The lines of a page, and what is a column's."""

import statistics
from dataclasses import dataclass

from analyzer.guide.tables import Page, Word

Span = tuple[float, float]
"""From where to where a column reaches."""


@dataclass
class Line:
    """A line of the page: the indexes of its words, and its height on the page."""

    number: int
    words: list[int]
    top: float
    bottom: float


def lines_of(page: Page, without: frozenset[int] = frozenset()) -> list[Line]:
    """The lines of a page that have words, from the top, but for the words in ``without``."""
    found: dict[int, Line] = {}
    for index, word in enumerate(page.words):
        if index in without:
            continue
        line = found.setdefault(word.line, Line(word.line, [], word.box[1], word.box[3]))
        line.words.append(index)
        line.top, line.bottom = min(line.top, word.box[1]), max(line.bottom, word.box[3])
    return sorted(found.values(), key=lambda line: line.number)


def gap_of(page: Page) -> float:
    """The least distance between words of two columns: more than a space of the page's usual font."""
    if not page.words:
        return 2.0
    heights = statistics.median(word.box[3] - word.box[1] for word in page.words)
    return 1.5 if heights <= 1.0 else max(heights * 0.42, 2.5)


def inside(word: Word, span: Span) -> bool:
    """Whether the middle of a word is in a column."""
    middle = (word.box[0] + word.box[2]) / 2
    return span[0] - 0.5 <= middle <= span[1] + 0.5


def text_in(page: Page, line: Line, span: Span) -> str:
    """The text of a line in a column."""
    return " ".join(page.words[index].text for index in line.words if inside(page.words[index], span))
