"""Tables of a text whose columns are set with spaces, as ``pdftotext -layout`` prints them.

Columns begin where words of many lines begin. Words drift by a character or two, so a sign belongs to the column of
directions wherever it is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from analyzer.guide.bands import anchors_of, cells_of, split
from analyzer.guide.columns import Column, exact_column, is_heading, with_sides
from analyzer.guide.layout import FoundTable, columns_of, starts_footnote
from analyzer.guide.lines import Line, Span, inside, lines_of, text_in
from analyzer.guide.tables import CellBasis, Grid, Page
from analyzer.guide.words import Words, normal, sign

_HEADING_LINES = 5
_MOST_STARTS = 60
"""Lines that are tried as the first of the headings."""


def find_aligned(page: Page, words: Words) -> FoundTable | None:
    """The table of the page, if it has one; the boxes of the words are characters and lines."""
    lines = lines_of(page)
    best: tuple[int, int, int] | None = None
    tried = 0
    for first in range(len(lines)):
        if not _may_head(page, lines[first : first + _HEADING_LINES]) or tried > _MOST_STARTS:
            continue
        tried += 1
        region = _region(page, lines, first)
        spans = _spans(page, region)
        for last in range(first, min(first + _HEADING_LINES, first + len(region))):
            part = lines[first : last + 1]
            if any(_has_sign(page, line, words) for line in part):
                break
            columns = columns_of(_by_start(page), part, spans, words)
            known = sum(bool(column.kind) for column in columns)
            score = known * 10 - (last - first) if is_heading(columns) else 0
            if score and (best is None or score > best[0]):
                best = score, first, last
    return _found(page, lines, best[1], best[2], words) if best else None


def _found(page: Page, lines: Sequence[Line], first: int, last: int, words: Words) -> FoundTable | None:
    region = _region(page, lines, first)
    spans = _spans(page, region)
    last = _longer(page, lines, (first, last), spans, words)
    part = lines[first : last + 1]
    columns = with_sides(columns_of(_by_start(page), part, spans, words))
    body = region[last - first + 1 :]
    if not body:
        return None
    shifted = _with_signs_in_place(_by_start(page), body, spans, columns, words)
    anchors = anchors_of(shifted, body, spans, columns, words)
    cells = tuple(cells_of(shifted, _rows(body, anchors), spans))
    reach = [_reach(page, body, shifted, span) for span in spans]
    placed = tuple(
        replace(cell, box=(cell.box[0], cell.box[1], reach[cell.column], cell.box[3])) if cell.box else cell
        for cell in cells
    )
    heading = [index for line in part for index in line.words]
    return FoundTable(columns, spans, Grid(placed, CellBasis.COLUMN), heading)


def _rows(body: Sequence[Line], anchors: Sequence[int]) -> list[list[Line]]:
    """The lines of each row: an empty line between two signs divides them, else each row begins with its sign."""
    if not anchors:
        return [[line] for line in body]
    empty = [any(body[at].number - body[at - 1].number > 1 for at in range(a + 1, b + 1)) for a, b in pairwise(anchors)]
    if anchors[0] > 0 and not all(empty):
        return split(body, anchors)
    rows: list[list[Line]] = [[]]
    following = 1
    for at, line in enumerate(body):
        divided = at > 0 and line.number - body[at - 1].number > 1
        passed = following < len(anchors) and at > anchors[following - 1]
        if passed and (divided if empty[following - 1] else at == anchors[following]):
            rows.append([])
            following += 1
        rows[-1].append(line)
    return rows


def _longer(page: Page, lines: Sequence[Line], heading: tuple[int, int], spans: Sequence[Span], words: Words) -> int:
    """The last line of the headings: those below that only complete headings that are known belong to them."""
    first, last = heading
    shifted = _by_start(page)
    while last + 1 < len(lines) and last - first < _HEADING_LINES:
        line = lines[last + 1]
        touched = [span for span in spans if any(inside(shifted.words[index], span) for index in line.words)]
        texts = [" ".join(text_in(shifted, one, span) for one in lines[first : last + 2]) for span in touched]
        if _has_sign(page, line, words) or not all(exact_column(text, words) for text in texts):
            break
        last += 1
    return last


def _may_head(page: Page, lines: Sequence[Line]) -> bool:
    text = "".join(page.words[index].text for line in lines for index in line.words).casefold()
    return len(lines[0].words) > 1 and ("port" in text or "ポート" in normal(text))


def _has_sign(page: Page, line: Line, words: Words) -> bool:
    texts = [page.words[index].text for index in line.words]
    return any(sign(text) in words.directions and not text[0].isalpha() and text != "/" for text in texts)


def _region(page: Page, lines: Sequence[Line], first: int) -> list[Line]:
    """The lines from the headings on, up to a footnote, a sentence, or several empty lines."""
    found = [lines[first]]
    for line in lines[first + 1 :]:
        if line.number - found[-1].number > 3 or starts_footnote(page, line, 1.5) or _is_sentence(page, line):
            break
        found.append(line)
    return found


def _is_sentence(page: Page, line: Line) -> bool:
    """Whether a line is one long run of words with single spaces from the left margin."""
    boxes = [page.words[index].box for index in line.words]
    runs_on = all(after[0] - before[2] <= 1.01 for before, after in pairwise(boxes))
    return runs_on and boxes[0][0] < 8 and boxes[-1][2] - boxes[0][0] > 45


def _spans(page: Page, region: Sequence[Line]) -> list[Span]:
    """Columns from one place where words begin to the next."""
    counts: Counter[int] = Counter()
    for line in region:
        before = -9.0
        for index in line.words:
            left, _, right, _ = page.words[index].box
            if left - before >= 2:
                counts[round(left)] += 1
            before = right
    starts: list[tuple[int, int]] = []
    for place in sorted(counts):
        if starts and place - starts[-1][0] <= 2:
            starts[-1] = (starts[-1][0], starts[-1][1] + counts[place])
        else:
            starts.append((place, counts[place]))
    kept = [place for place, count in starts if count > 1] or [0]
    return [(place - 2.5, after - 2.6) for place, after in zip(kept, [*kept[1:], 10_000], strict=True)]


def _by_start(page: Page) -> Page:
    """The page with each word as wide as nothing, so that the place where it begins decides."""
    words = tuple(replace(word, box=(word.box[0], word.box[1], word.box[0] + 0.2, word.box[3])) for word in page.words)
    return replace(page, words=words)


def _with_signs_in_place(
    page: Page, body: Sequence[Line], spans: Sequence[Span], columns: Sequence[Column], words: Words
) -> Page:
    """The page with every sign in the column of directions."""
    column = next((index for index, one in enumerate(columns) if one.kind == "direction"), None)
    if column is None:
        return page
    found = list(page.words)
    for line in body:
        for index in line.words:
            word = found[index]
            if sign(word.text) in words.directions and not word.text[0].isalpha() and word.text != "/":
                left = spans[column][0] + 2.5
                found[index] = replace(word, box=(left, word.box[1], left + 0.2, word.box[3]))
    return replace(page, words=tuple(found))


def _reach(page: Page, body: Sequence[Line], shifted: Page, span: Span) -> float:
    """How far to the right the words of a column go."""
    ends = [page.words[index].box[2] for line in body for index in line.words if inside(shifted.words[index], span)]
    return max(ends, default=span[0])
