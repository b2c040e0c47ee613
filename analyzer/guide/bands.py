"""The rows of a table without ruled cells: from horizontal lines, else from signs and the distances between lines."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from analyzer.guide.columns import Column
from analyzer.guide.facts import port_fact, protocol_fact
from analyzer.guide.lines import Line, Span, inside, text_in
from analyzer.guide.marks import split_marks
from analyzer.guide.tables import Cell, Page
from analyzer.guide.words import Words, sign


@dataclass(frozen=True)
class Band:
    """The height of a row on the page."""

    top: float
    bottom: float


@dataclass
class Run:
    """Lines of a column that follow one another closely: one cell."""

    words: list[int]
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def ruled_bands(page: Page, body: Sequence[Line], spans: Sequence[Span]) -> list[Band]:
    """The rows between horizontal lines that reach over most of the table; none where there are not two rows."""
    width = spans[-1][1] - spans[0][0]
    reach: dict[float, float] = {}
    for left, top, right, _ in page.rulings:
        key = next((known for known in reach if abs(known - top) < 2), top)
        reach[key] = reach.get(key, 0.0) + max(min(right, spans[-1][1] + 20) - max(left, spans[0][0] - 20), 0.0)
    first, last = body[0], body[-1]
    inner = sorted(top for top, long in reach.items() if long > width * 0.5 and first.top < top < last.bottom - 1)
    if not inner:
        return []
    edges = [first.top - 1, *inner, last.bottom + 1]
    found = [Band(top, bottom) for top, bottom in pairwise(edges)]
    filled = [band for band in found if any(band.top < _middle(line) < band.bottom for line in body)]
    return filled if len(filled) > 1 else []


def _middle(line: Line) -> float:
    return (line.top + line.bottom) / 2


def ruled_cells(page: Page, body: Sequence[Line], spans: Sequence[Span], bands: Sequence[Band]) -> Iterator[Cell]:
    """A cell for each column and row; where no line divides two rows in a column, one cell for both."""
    indexes = [index for line in body for index in line.words]
    for column, span in enumerate(spans):
        first = 0
        while first < len(bands):
            last = first
            while last + 1 < len(bands) and not _divided(page, span, bands[last + 1].top):
                last += 1
            top, bottom = bands[first].top, bands[last].bottom
            words = [
                index
                for index in indexes
                if inside(page.words[index], span)
                and top < (page.words[index].box[1] + page.words[index].box[3]) / 2 < bottom
            ]
            yield Cell(first, column, last - first + 1, 1, tuple(words), (span[0], top, span[1], bottom))
            first = last + 1


def _divided(page: Page, span: Span, height: float) -> bool:
    middle = (span[0] + span[1]) / 2
    return any(abs(top - height) < 2 and left - 1 <= middle <= right + 1 for left, top, right, _ in page.rulings)


def anchors_of(
    page: Page, body: Sequence[Line], spans: Sequence[Span], columns: Sequence[Column], words: Words
) -> list[int]:
    """The lines that have a direction, or else a protocol or a port: one for each row."""
    for kind in ("direction", "protocol", "port"):
        places = [index for index, column in enumerate(columns) if column.kind == kind]
        texts = [[split_marks(text_in(page, line, spans[place]))[0] for place in places] for line in body]
        found = [number for number, row in enumerate(texts) if any(_is_anchor(kind, text, words) for text in row)]
        odd = any(any(row) and number not in found for number, row in enumerate(texts))
        if found and not (kind == "direction" and odd):
            return found
    return []


def _is_anchor(kind: str, text: str, words: Words) -> bool:
    if not text:
        return False
    if kind == "direction":
        return sign(text) in words.directions
    if kind == "protocol":
        return bool(protocol_fact(text.rstrip("("), words).protocols)
    return bool(port_fact(text, words).ports)


def free_cells(
    page: Page, body: Sequence[Line], spans: Sequence[Span], columns: Sequence[Column], anchors: Sequence[int]
) -> Iterator[Cell]:
    """The cells of a table without any line. ``anchors``: the lines of ``body`` that each row has one of."""
    if not anchors:
        yield from cells_of(page, [[line] for line in body], spans)
        return
    pitch = _pitch(page, body, spans)
    runs = [_runs(page, body, span, pitch) for span in spans]
    marks = [_middle(body[index]) for index in anchors]
    if pitch is None or not _apart(runs, marks):
        yield from cells_of(page, split(body, anchors), spans)
    elif _centred(runs, [body[index] for index in anchors]):
        yield from _centred_cells(runs, spans, marks, columns)
    else:
        tops = [body[index].top for index in anchors]
        # What is above the first row goes on from the page before: it is a row without a sign.
        above = [run.top for column in runs for run in column if run.top < tops[0] - 3.0]
        yield from _topped_cells(runs, spans, [min(above), *tops] if above else tops)


def cells_of(page: Page, rows: Sequence[Sequence[Line]], spans: Sequence[Span]) -> Iterator[Cell]:
    """A cell for each column of each row; ``rows``: the lines of each."""
    for number, lines in enumerate(rows):
        top, bottom = min(line.top for line in lines), max(line.bottom for line in lines)
        for column, span in enumerate(spans):
            words = [index for line in lines for index in line.words if inside(page.words[index], span)]
            yield Cell(number, column, 1, 1, tuple(words), (span[0], top, span[1], bottom))


def _column_lines(page: Page, body: Sequence[Line], span: Span) -> list[Run]:
    found = []
    for line in body:
        words = [index for index in line.words if inside(page.words[index], span)]
        if words:
            boxes = [page.words[index].box for index in words]
            found.append(Run(words, min(box[1] for box in boxes), max(box[3] for box in boxes)))
    return found


def _pitch(page: Page, body: Sequence[Line], spans: Sequence[Span]) -> float | None:
    """The distance between lines of one cell: the smallest that comes again; None where no cell has two lines."""
    distances = sorted(
        after.top - before.top
        for span in spans
        for before, after in pairwise(_column_lines(page, body, span))
        if after.top > before.top
    )
    if not distances:
        return None
    low = distances[len(distances) // 20]
    return statistics.median([one for one in distances if one <= low * 1.12])


def _runs(page: Page, body: Sequence[Line], span: Span, pitch: float | None) -> list[Run]:
    found: list[Run] = []
    for line in _column_lines(page, body, span):
        if found and pitch is not None and line.top - _last_top(page, found[-1]) <= pitch * 1.14:
            found[-1].words += line.words
            found[-1].bottom = line.bottom
        else:
            found.append(line)
    return found


def _last_top(page: Page, run: Run) -> float:
    last = page.words[run.words[-1]].line
    return min(page.words[index].box[1] for index in run.words if page.words[index].line == last)


def _apart(runs: Sequence[Sequence[Run]], marks: Sequence[float]) -> bool:
    """Whether cells of neighbouring rows are farther apart than the lines of a cell: no run holds two anchors in the
    columns that have one for each row."""
    held = [max((sum(run.top <= mark <= run.bottom for mark in marks) for run in column), default=0) for column in runs]
    full = [most for most, column in zip(held, runs, strict=True) if len(column) >= len(marks)]
    return bool(full) and min(full) <= 1 and max(full) <= 1


def _centred(runs: Sequence[Sequence[Run]], anchors: Sequence[Line]) -> bool:
    """Whether cells are centred in their rows rather than begin at the top."""
    several = [
        run for column in runs for run in column if run.bottom - run.top > 1.5 * (anchors[0].bottom - anchors[0].top)
    ]
    height = anchors[0].bottom - anchors[0].top
    tops = sum(any(abs(run.top - line.top) < 0.3 * height for line in anchors) for run in several)
    middles = sum(any(abs(run.middle - _middle(line)) < 0.3 * height for line in anchors) for run in several)
    return middles > tops


def _topped_cells(runs: Sequence[Sequence[Run]], spans: Sequence[Span], tops: Sequence[float]) -> Iterator[Cell]:
    """A run belongs to the last row that begins at its top or above, and to all that begin beside it."""
    for column, span in enumerate(spans):
        taken: dict[int, tuple[int, list[Run]]] = {}
        for run in runs[column]:
            reach = 0.4 * (run.bottom - run.top) if len(run.words) == 1 else 3.0
            first = max((index for index, top in enumerate(tops) if top <= run.top + min(reach, 4.0)), default=0)
            last = max((index for index, top in enumerate(tops) if top < run.bottom - 1), default=first)
            before = taken.get(first)
            taken[first] = (max(last, before[0] if before else first), [*(before[1] if before else []), run])
        covered = {row for first, (last, _) in taken.items() for row in range(first + 1, last + 1)} - set(taken)
        for row in range(len(tops)):
            if row in covered:
                continue
            last, mine = taken.get(row, (row, []))
            end = row
            while end + 1 <= last and end + 1 in covered:
                end += 1
            yield _cell(row, column, end - row + 1, mine, span)


def _cell(row: int, column: int, down: int, runs: Sequence[Run], span: Span) -> Cell:
    words = tuple(index for run in runs for index in run.words)
    box = (span[0], min(run.top for run in runs), span[1], max(run.bottom for run in runs)) if runs else None
    return Cell(row, column, down, 1, words, box)


def _centred_cells(
    runs: Sequence[Sequence[Run]], spans: Sequence[Span], marks: Sequence[float], columns: Sequence[Column]
) -> Iterator[Cell]:
    heights = _heights(runs, marks)
    for column, span in enumerate(spans):
        mine = runs[column]
        parts = _partition(mine, heights) if columns[column].kind in ("item", "executable") and mine else None
        if parts is not None:
            for (first, last), run in zip(parts, mine, strict=True):
                yield _cell(first, column, last - first + 1, [run], span)
            continue
        taken: dict[int, list[Run]] = {}
        for run in mine:
            nearest = min(range(len(marks)), key=lambda row: abs(marks[row] - run.middle))
            taken.setdefault(nearest, []).append(run)
        for row in range(len(marks)):
            yield _cell(row, column, 1, taken.get(row, []), span)


def _heights(runs: Sequence[Sequence[Run]], marks: Sequence[float]) -> list[Band]:
    """From where to where each row reaches: as its tallest cell that is centred at its anchor."""
    found = []
    for mark in marks:
        own = [run for column in runs for run in column if abs(run.middle - mark) < 2.5]
        low = [other for other in marks if other != mark]
        tall = [run.bottom - run.top for run in own if not any(run.top < other < run.bottom for other in low)]
        half = max(tall, default=8.0) / 2
        found.append(Band(mark - half, mark + half))
    return found


def _partition(runs: Sequence[Run], rows: Sequence[Band]) -> list[tuple[int, int]] | None:
    """Rows for each run, without a gap, so that each is centred in its rows; None where that cannot be."""
    found: list[tuple[int, int]] = []
    first = 0
    for number, run in enumerate(runs):
        left = len(runs) - number - 1
        ends = range(first, len(rows) - left)
        if not ends:
            return None
        last = (
            len(rows) - 1
            if not left
            else min(ends, key=lambda end: abs((rows[first].top + rows[end].bottom) / 2 - run.middle))
        )
        if abs((rows[first].top + rows[last].bottom) / 2 - run.middle) > 4.0:
            return None
        found.append((first, last))
        first = last + 1
    return found


def split(body: Sequence[Line], anchors: Sequence[int]) -> list[list[Line]]:
    """The lines of each row where nothing but the anchors divides them: each begins with its anchor, or is centred."""
    if anchors[0] == 0:
        ends = [*anchors[1:], len(body)]
        return [list(body[start:end]) for start, end in zip(anchors, ends, strict=True)]
    rows: list[list[Line]] = []
    start = 0
    for place, anchor in enumerate(anchors):
        below = 2 * _middle(body[anchor]) - body[start].top
        last = place + 1 == len(anchors)
        end = anchor + 1
        while end < len(body) and (last or (end < anchors[place + 1] and _middle(body[end]) < below)):
            end += 1
        rows.append(list(body[start:end]))
        start = end
    return rows
