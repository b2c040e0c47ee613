"""Tables without ruled lines: columns from the gaps between words, rows from lines, distances and signs."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from analyzer.guide.columns import Column, column_of, is_heading, with_sides
from analyzer.guide.facts import port_fact, protocol_fact
from analyzer.guide.marks import leading_mark, split_marks
from analyzer.guide.tables import Box, Cell, Grid, Page, Word
from analyzer.guide.words import Words, sign

Span = tuple[float, float]
_HEADING_LINES = 6


@dataclass
class Line:
    """A line of the page: the indexes of its words, and its height on the page."""

    number: int
    words: list[int]
    top: float
    bottom: float


@dataclass
class Found:
    """A table on a page: its columns with their reach, its grid, and the words of its headings."""

    columns: tuple[Column, ...]
    spans: list[Span]
    grid: Grid
    heading: list[int] = field(default_factory=list)
    last_line: int = 0


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


def find(page: Page, words: Words, without: frozenset[int] = frozenset(), earlier: Found | None = None) -> Found | None:
    """The first table on the page outside the words in ``without``; ``earlier``: the table of the page before, whose
    columns hold where this page has no headings."""
    lines = lines_of(page, without)
    gap = gap_of(page)
    headed = _heading(page, lines, gap, words)
    if headed is None:
        return None
    first, last, _, _ = headed
    body, spans = _body(page, lines, headed, gap, words)
    columns = _columns(page, lines[first : last + 1], spans, words)
    if not is_heading(columns) or not body:
        return None
    columns = with_sides(columns)
    grid = _grid(page, body, spans, columns, words)
    heading = [index for line in lines[first : last + 1] for index in line.words]
    return Found(columns, spans, grid, heading, body[-1].number)


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
            columns = _columns(page, part, spans, words)
            known = sum(bool(column.kind) for column in columns)
            if not is_heading(columns) or known * 3 < len(columns) * 2:
                continue
            score = known * 10 - (last - first) - 3 * (len(columns) - known)
            if best is None or score > best[3]:
                best = (first, last, spans, score)
        if best is not None and first > best[1]:
            break
    return best


def _is_data(page: Page, line: Line, words: Words) -> bool:
    texts = [page.words[index].text for index in line.words]
    return any(text.isdecimal() and len(text) > 1 for text in texts) or any(
        sign(text) in words.directions and not text.isalpha() and text != "/" for text in texts
    )


def _columns(page: Page, lines: Sequence[Line], spans: Sequence[Span], words: Words) -> tuple[Column, ...]:
    found = []
    for span in spans:
        parts = [" ".join(page.words[index].text for index in line.words if _inside(page.words[index], span)) for line in lines]
        texts = [part for part in parts if part]
        whole = column_of([" ".join(texts)], words) if texts else Column("")
        stacked = column_of(texts, words) if len(texts) > 1 else whole
        found.append(whole if whole.kind else stacked)
    return tuple(found)


def _inside(word: Word, span: Span) -> bool:
    middle = (word.box[0] + word.box[2]) / 2
    return span[0] - 0.5 <= middle <= span[1] + 0.5


def _body(
    page: Page, lines: Sequence[Line], headed: tuple[int, int, list[Span], int], gap: float, words: Words
) -> tuple[list[Line], list[Span]]:
    """The lines below the headings that keep the columns apart, and the columns that they make."""
    first, last, spans, _ = headed
    least = sum(bool(column.kind) for column in _columns(page, lines[first : last + 1], spans, words))
    taken = list(lines[first : last + 1])
    pitch = _pitch(lines)
    body: list[Line] = []
    for line in lines[last + 1 :]:
        text = " ".join(page.words[index].text for index in line.words)
        mark = leading_mark(text)
        begins = page.words[line.words[0]].box[0] <= spans[0][0] + gap * 2
        if mark and begins and len(mark[1].split()) > 1 and "\\" not in mark[1].split()[0]:
            break
        if body and line.top - body[-1].bottom > 5 * pitch:
            break
        more = _spans(page, [*taken, line], gap)
        columns = _columns(page, lines[first : last + 1], more, words)
        if sum(bool(column.kind) for column in columns) < least:
            break
        taken.append(line)
        body.append(line)
        spans = more
    return body, spans


def _pitch(lines: Sequence[Line]) -> float:
    distances = [after.top - before.top for before, after in pairwise(lines) if after.top > before.top]
    return statistics.median(distances) if distances else 1.0


def _grid(page: Page, body: Sequence[Line], spans: Sequence[Span], columns: Sequence[Column], words: Words) -> Grid:
    rows = _ruled_rows(page, body, spans) or _rows(page, body, spans, columns, words)
    cells = []
    for number, lines in enumerate(rows):
        top, bottom = min(line.top for line in lines), max(line.bottom for line in lines)
        for column, span in enumerate(spans):
            inside = [index for line in lines for index in line.words if _inside(page.words[index], span)]
            box: Box = (span[0], top, span[1], bottom)
            cells.append(Cell(number, column, 1, 1, tuple(inside), box))
    return Grid(tuple(cells), "column")


def _ruled_rows(page: Page, body: Sequence[Line], spans: Sequence[Span]) -> list[list[Line]]:
    """The lines between horizontal rulings; empty where the page has no rulings between rows."""
    width = spans[-1][1] - spans[0][0]
    reach: dict[float, float] = {}
    for left, top, right, _ in page.rulings:
        key = next((known for known in reach if abs(known - top) < 2), top)
        reach[key] = reach.get(key, 0.0) + min(right, spans[-1][1] + 20) - max(left, spans[0][0] - 20)
    inner = sorted(top for top, long in reach.items() if long > width * 0.5 and body[0].top < top < body[-1].top)
    if len(inner) < 1:
        return []
    rows: list[list[Line]] = [[] for _ in range(len(inner) + 1)]
    for line in body:
        rows[sum(top < (line.top + line.bottom) / 2 for top in inner)].append(line)
    return [row for row in rows if row]


def _rows(page: Page, body: Sequence[Line], spans: Sequence[Span], columns: Sequence[Column], words: Words) -> list[list[Line]]:
    """The lines of each row, by the lines that have a direction or a protocol: one for each row."""
    anchors = _anchors(page, body, spans, columns, words)
    if not anchors:
        return [[line] for line in body]
    if anchors[0] > 0 and not _spaced(body, anchors):
        return _centred(body, anchors)
    ends = [_end_of_row(body, first, following) for first, following in pairwise(anchors)]
    starts = [0, *ends]
    return [list(body[start:end]) for start, end in zip(starts, [*ends, len(body)], strict=True)]


def _anchors(page: Page, body: Sequence[Line], spans: Sequence[Span], columns: Sequence[Column], words: Words) -> list[int]:
    for kind in ("direction", "protocol", "port"):
        places = [index for index, column in enumerate(columns) if column.kind == kind]
        found: list[int] = []
        sound = bool(places)
        for number, line in enumerate(body):
            texts = [_text(page, line, spans[place]) for place in places]
            texts = [split_marks(text)[0] for text in texts if text]
            if not any(texts):
                continue
            if kind == "direction" and sign(texts[0]) in words.directions:
                found.append(number)
            elif kind == "protocol" and protocol_fact(texts[0].rstrip("("), words).protocols:
                found.append(number)
            elif kind == "port" and any(port_fact(text, words).ports for text in texts):
                found.append(number)
            elif kind == "direction":
                sound = False
        if sound and found:
            return found
    return []


def _text(page: Page, line: Line, span: Span) -> str:
    return " ".join(page.words[index].text for index in line.words if _inside(page.words[index], span))


def _spaced(body: Sequence[Line], anchors: Sequence[int]) -> bool:
    """Whether wider distances stand between the lines, at least one for each further row."""
    distances = [after.top - before.bottom for before, after in pairwise(body)]
    if len(anchors) < 2 or not distances:
        return False
    return sum(_wider(distances, index) for index in range(len(distances))) >= len(anchors) - 1


def _wider(distances: Sequence[float], index: int) -> bool:
    low = min(distances)
    return distances[index] > low + max(1.5, abs(low) * 0.3) if max(distances) > 1.0 else distances[index] > low + 0.5


def _end_of_row(body: Sequence[Line], anchor: int, following: int) -> int:
    """The first line of the next row: behind the widest distance between two anchors, else the next anchor itself."""
    distances = [after.top - before.bottom for before, after in pairwise(body)]
    between = range(anchor, following)
    widest = max(between, key=lambda index: (distances[index], index))
    narrow = min(distances[index] for index in range(len(distances)))
    return widest + 1 if distances[widest] > narrow + 0.5 else following


def _centred(body: Sequence[Line], anchors: Sequence[int]) -> list[list[Line]]:
    """Rows whose cells are centred in height: each reaches as far below its anchor as above it."""
    rows: list[list[Line]] = []
    start = 0
    for place, anchor in enumerate(anchors):
        middle = (body[anchor].top + body[anchor].bottom) / 2
        below = 2 * middle - body[start].top
        end = anchor + 1
        last = place + 1 == len(anchors)
        while end < len(body) and (last or end < anchors[place + 1]) and (last or (body[end].top + body[end].bottom) / 2 < below):
            end += 1
        rows.append(list(body[start:end]))
        start = end
    return rows


