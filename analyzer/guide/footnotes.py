"""Footnotes and the paragraphs around a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from analyzer.guide.cells import text_width
from analyzer.guide.joining import CellLine, join
from analyzer.guide.lines import Line
from analyzer.guide.marks import leading_mark
from analyzer.guide.printed import Spot, WordAt
from analyzer.guide.tables import Page, around
from analyzer.guide.words import Words, normal, squeezed


@dataclass
class Paragraph:
    """Lines that belong together, with their words."""

    text: str
    spot: Spot
    words: frozenset[WordAt]
    mark: int | None = None


@dataclass
class FootnoteText:
    """A footnote: its number, its text with a new line for each paragraph, and where it is printed."""

    number: int
    text: str
    spot: Spot
    words: set[WordAt] = field(default_factory=set)


def paragraphs_of(index: int, page: Page, lines: Sequence[Line], width: float) -> list[Paragraph]:
    """The paragraphs that ``lines`` make: one ends where a footnote begins, after a short line that ends a sentence, or
    at a wider distance. ``width``: of the widest line of the page."""
    groups: list[list[Line]] = []
    for line in lines:
        if groups and not _begins(page, groups[-1][-1], line, width):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_paragraph(index, page, group) for group in groups]


def _text(page: Page, line: Line) -> str:
    return " ".join(page.words[word].text for word in line.words)


def _begins(page: Page, before: Line, line: Line, width: float) -> bool:
    text, last = _text(page, line), _text(page, before)
    if leading_mark(text) or (line.number - before.number > 1 and not page.aligned):
        return True
    height = before.bottom - before.top
    if page.aligned and line.top - before.bottom > 0.9 * height:
        return True
    length = (
        page.words[before.words[-1]].box[2] - page.words[before.words[0]].box[0] if page.aligned else text_width(last)
    )
    ended = last.rstrip().endswith((".", "。", ".)", "」", ":", "：", '."', ".”"))
    upper = not text[:1].islower()
    return ended and upper and (length < width * 0.93 or text[:1] in "-•●■◆・" or page.aligned)


def _paragraph(index: int, page: Page, lines: Sequence[Line]) -> Paragraph:
    text, _ = join([CellLine(_text(page, line)) for line in lines], frozenset())
    words = [word for line in lines for word in line.words]
    mark = leading_mark(text)
    box = around(page.words[word].box for word in words) if page.aligned else None
    spot = Spot(page.number, (lines[0].number, lines[-1].number), box)
    return Paragraph(text, spot, frozenset((index, word) for word in words), mark[0] if mark else None)


def notes_of(paragraphs: Sequence[Paragraph], words: Words) -> tuple[list[FootnoteText], list[Paragraph]]:
    """The footnotes, each with the paragraphs below it, and the other paragraphs.

    What follows the last footnote belongs to it up to a paragraph that goes beyond the table (``words.beyond``).
    """
    notes: list[FootnoteText] = []
    others: list[Paragraph] = []
    beyond = False
    for one in paragraphs:
        mark = leading_mark(one.text)
        if mark is not None and mark[1].strip():
            notes.append(FootnoteText(mark[0], mark[1].strip(), one.spot, set(one.words)))
            beyond = False
        elif notes and not beyond and not _is_beyond(one.text, words) and _near(notes[-1], one):
            _append(notes[-1], one)
        else:
            beyond = bool(notes)
            others.append(one)
    return once(notes), others


def _is_beyond(text: str, words: Words) -> bool:
    shown = normal(text).casefold()
    return any(cue in shown for cue in words.beyond)


def _near(note: FootnoteText, paragraph: Paragraph) -> bool:
    """Whether nothing but a line or two is between a footnote and what may go on with it."""
    if note.spot.box is not None and paragraph.spot.box is not None:
        lines = max(note.spot.lines[1] - note.spot.lines[0] + 1, 1)
        height = (note.spot.box[3] - note.spot.box[1]) / lines
        return paragraph.spot.box[1] - note.spot.box[3] < 2.0 * height
    return paragraph.spot.lines[0] - note.spot.lines[1] <= 2


def _append(note: FootnoteText, paragraph: Paragraph) -> None:
    note.text += "\n" + paragraph.text
    note.words |= paragraph.words
    box = note.spot.box
    if box is not None and paragraph.spot.box is not None:
        box = around((box, paragraph.spot.box))
    note.spot = Spot(note.spot.page, (note.spot.lines[0], paragraph.spot.lines[1]), box)


def once(notes: Iterable[FootnoteText]) -> list[FootnoteText]:
    """Each number once, where it is printed first: another text with the same number goes on with the first, the same
    text is one that is printed again."""
    found: dict[int, FootnoteText] = {}
    texts: set[tuple[int, str]] = set()
    for note in notes:
        first = found.setdefault(note.number, note)
        if first is not note:
            first.words |= note.words
            if (note.number, squeezed(note.text)) not in texts:
                first.text += "\n" + note.text
        texts.add((note.number, squeezed(note.text)))
    return list(found.values())
