"""Tables without ruled lines: columns from the gaps between words, rows from lines, distances and signs."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from analyzer.guide.bands import anchors_of, free_cells, ruled_bands, ruled_cells
from analyzer.guide.columns import Column, column_of, exact_column, is_heading, with_sides
from analyzer.guide.lines import Line, Span, gap_of, inside, lines_of, text_in
from analyzer.guide.marks import leading_mark
from analyzer.guide.tables import CellBasis, Grid, Page
from analyzer.guide.words import Words, sign

_HEADING_LINES = 6


@dataclass
class FoundTable:
    """A table on a page: its columns with their reach, its grid, and the words of its headings."""

    columns: tuple[Column, ...]
    spans: list[Span]
    grid: Grid
    heading: list[int] = field(default_factory=list)


def find(
    page: Page, words: Words, without: frozenset[int] = frozenset(), earlier: FoundTable | None = None
) -> FoundTable | None:
    """The first table on the page outside the words in ``without``; ``earlier``: the table of the page before, whose
    columns hold where this page has no headings."""
    lines = lines_of(page, without)
    gap = gap_of(page)
    headed = _heading(page, lines, gap, words)
    if headed is None:
        return _continued(page, lines, gap, earlier, words) if earlier is not None else None
    first, last, _, _ = headed
    body, spans = _body(page, lines, headed, gap, words)
    columns = columns_of(page, lines[first : last + 1], spans, words)
    if not is_heading(columns) or not body:
        return None
    columns = with_sides(columns)
    grid = _grid(page, body, spans, columns, words)
    heading = [index for line in lines[first : last + 1] for index in line.words]
    return FoundTable(columns, spans, grid, heading)


def _continued(page: Page, lines: Sequence[Line], gap: float, earlier: FoundTable, words: Words) -> FoundTable | None:
    """The rows at the top of a page that keep to the columns of the page before."""
    body: list[Line] = []
    for line in lines:
        held = all(any(inside(page.words[index], span) for span in earlier.spans) for index in line.words)
        if starts_footnote(page, line, gap * 1.5) or (body and not held):
            break
        if held:
            body.append(line)
    signs = anchors_of(page, body, earlier.spans, earlier.columns, words) if body else []
    if not signs:
        return None
    grid = _grid(page, body, earlier.spans, earlier.columns, words)
    return FoundTable(earlier.columns, earlier.spans, grid)


def _spans(page: Page, lines: Iterable[Line], gap: float) -> list[Span]:
    """The reach of each column: where words are, on any of the lines."""
    edges = sorted((page.words[index].box[0], page.words[index].box[2]) for line in lines for index in line.words)
    found: list[Span] = []
    for left, right in edges:
        if found and left - found[-1][1] < gap:
            found[-1] = (found[-1][0], max(found[-1][1], right))
        else:
            found.append((left, right))
    return found


def _heading(page: Page, lines: Sequence[Line], gap: float, words: Words) -> tuple[int, int, list[Span], int] | None:
    """The lines of the headings (first and last) with their columns: those that name the most of them."""
    best: tuple[int, int, list[Span], int] | None = None
    for first in range(len(lines)):
        for last in range(first, min(first + _HEADING_LINES, len(lines))):
            part = lines[first : last + 1]
            if any(_is_data(page, line, words) for line in part):
                break
            spans = _spans(page, part, gap)
            if len(spans) < 3:
                continue
            columns = columns_of(page, part, spans, words)
            known = sum(bool(column.kind) for column in columns)
            if not is_heading(columns) or known * 3 < len(columns) * 2:
                continue
            score = known * 10 - (last - first) - 3 * (len(columns) - known)
            if best is None or score > best[3]:
                best = (first, last, spans, score)
        if best is not None and first > best[1]:
            break
    return _longer(page, lines, gap, words, best) if best else None


def _longer(
    page: Page, lines: Sequence[Line], gap: float, words: Words, best: tuple[int, int, list[Span], int]
) -> tuple[int, int, list[Span], int]:
    """The headings with the lines below that only go on with them: every word completes a heading that is known."""
    first, last, spans, score = best
    while last + 1 < len(lines) and last - first < _HEADING_LINES and not _is_data(page, lines[last + 1], words):
        more = _spans(page, lines[first : last + 2], gap)
        if len(more) != len(spans):
            break
        touched = [span for span in more if any(inside(page.words[index], span) for index in lines[last + 1].words)]
        if not all(_known(page, lines[first : last + 2], span, words) for span in touched):
            break
        last, spans = last + 1, more
    return first, last, spans, score


def _known(page: Page, lines: Sequence[Line], span: Span, words: Words) -> bool:
    text = " ".join(part for line in lines if (part := text_in(page, line, span)))
    return exact_column(text, words) is not None


def _is_data(page: Page, line: Line, words: Words) -> bool:
    texts = [page.words[index].text for index in line.words]
    return any(text.isdecimal() and len(text) > 1 for text in texts) or any(
        sign(text) in words.directions and not text.isalpha() and text != "/" for text in texts
    )


def columns_of(page: Page, lines: Sequence[Line], spans: Sequence[Span], words: Words) -> tuple[Column, ...]:
    found = []
    for span in spans:
        parts = [
            " ".join(page.words[index].text for index in line.words if inside(page.words[index], span))
            for line in lines
        ]
        texts = [part for part in parts if part]
        whole = column_of([" ".join(texts)], words) if texts else Column("")
        stacked = column_of(texts, words) if len(texts) > 1 else whole
        found.append(whole if whole.kind else stacked)
    return tuple(found)


def _body(
    page: Page, lines: Sequence[Line], headed: tuple[int, int, list[Span], int], gap: float, words: Words
) -> tuple[list[Line], list[Span]]:
    """The lines below the headings that keep the columns apart, and the columns that they make."""
    first, last, spans, _ = headed
    least = sum(bool(column.kind) for column in columns_of(page, lines[first : last + 1], spans, words))
    taken = list(lines[first : last + 1])
    pitch = _pitch(lines)
    body: list[Line] = []
    for line in lines[last + 1 :]:
        begins = page.words[line.words[0]].box[0] <= spans[0][0] + gap * 2
        if begins and starts_footnote(page, line, gap * 1.5):
            break
        if body and line.top - body[-1].bottom > 5 * pitch:
            break
        more = _spans(page, [*taken, line], gap)
        columns = columns_of(page, lines[first : last + 1], more, words)
        if sum(bool(column.kind) for column in columns) < least:
            break
        taken.append(line)
        body.append(line)
        spans = more
    return body, spans


def starts_footnote(page: Page, line: Line, apart: float) -> bool:
    """Whether a footnote begins here: its mark and a text right behind it, not a mark that is alone in its cell.
    ``apart``: the distance from which on two words are in two cells."""
    mark = leading_mark(" ".join(page.words[index].text for index in line.words))
    if mark is None or len(mark[1]) < 7 or "\\" in mark[1].split()[0]:
        return False
    if len(line.words) == 1:
        return True
    first, second = (page.words[index] for index in line.words[:2])
    return second.box[0] - first.box[2] < apart


def _pitch(lines: Sequence[Line]) -> float:
    distances = [after.top - before.top for before, after in pairwise(lines) if after.top > before.top]
    return statistics.median(distances) if distances else 1.0


def _grid(page: Page, body: Sequence[Line], spans: Sequence[Span], columns: Sequence[Column], words: Words) -> Grid:
    bands = ruled_bands(page, body, spans)
    if bands:
        return Grid(tuple(ruled_cells(page, body, spans, bands)), CellBasis.LINED_COLUMN)
    anchors = anchors_of(page, body, spans, columns, words)
    return Grid(tuple(free_cells(page, body, spans, columns, anchors)), CellBasis.COLUMN)
