"""Plain text: as pdftotext prints it, pasted from a viewer, with aligned columns, or as a table of Markdown."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from analyzer.guide import limits
from analyzer.guide.readers.encodings import decoded
from analyzer.guide.readers.flat import Builder
from analyzer.guide.readers.problems import cut
from analyzer.guide.readers.refusal import UnreadableError
from analyzer.guide.tables import CellBasis, Material, Page, Word

_PIPES = re.compile(r"^\s*\|.*\|\s*$")
_RULE = re.compile(r"^[\s|:+=-]+$")
_SPLIT = re.compile(r"(?<!\\)\|")
_MARKUP = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SUP = re.compile(r"<sup>\s*(\d{1,2})\s*</sup>", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]{0,300}>")
_LINK = re.compile(r"\[([^\[\]]{0,200})\]\([^()]{0,300}\)")


def material(octets: bytes, pages: Sequence[int] | None) -> Material:
    """The words of each page; a form feed ends one. ``pages``: the numbers that the guide gives to them, in order."""
    parts = [part for part in decoded(octets).split("\f") if part.strip()]
    if not parts:
        raise UnreadableError("the file has no text")
    if len(parts) > limits.MAX_PAGES * 50 or sum(part.count("\n") for part in parts) > limits.MAX_TEXT_LINES:
        raise UnreadableError(f"more than {limits.MAX_TEXT_LINES} lines: give the pages with the table")
    numbers, problems = _numbers(len(parts), pages)
    chosen = [(number, parts[place - 1], place) for number, place in numbers]
    return Material("text", tuple(_page(*one) for one in chosen), len(parts), problems)


def _numbers(count: int, pages: Sequence[int] | None) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    if pages is None:
        return [(number, number) for number in range(1, count + 1)], ()
    if len(pages) == count:
        return [(number, place) for place, number in enumerate(pages, 1)], ()
    there = [number for number in pages if 1 <= number <= count]
    if len(there) == len(pages):
        return [(number, number) for number in there], ()
    raise UnreadableError(
        f"the text has {count} pages, divided by form feeds, and {len(pages)} were named: name as many or none"
    )


def _page(number: int, text: str, place: int) -> Page:
    lines = text.splitlines()
    if any(len(line) > limits.MAX_LINE_CHARACTERS for line in lines):
        raise UnreadableError(f"a line has more than {limits.MAX_LINE_CHARACTERS} characters: give only the table")
    if any(_PIPES.match(line) for line in lines):
        return _piped(number, lines, place)
    measure = _measure(lines)
    words: list[Word] = []
    problems: list[str] = []
    for row, line in enumerate(lines, 1):
        words += _words(line.expandtabs(8), row, measure, problems)
        if len(words) > limits.MAX_PAGE_WORDS:
            raise UnreadableError(f"a page has more than {limits.MAX_PAGE_WORDS} words: give the pages with the table")
    return Page(number, tuple(words), aligned=_aligned(lines), problems=tuple(problems), place=place)


def _measure(lines: Sequence[str]) -> Callable[[str], int]:
    """How wide a text is on this page: a wide character takes two columns, or one, whichever sets more words below
    one another."""
    starts = {}
    for measure in (len, width):
        places = [at for line in lines for at, _, after in _parts(line.expandtabs(8), measure) if after > 1]
        starts[measure] = len(set(places))
    return width if starts[width] < starts[len] else len


def _parts(line: str, measure: Callable[[str], int]) -> Iterator[tuple[int, str, int]]:
    """Where each word begins, the word, and the spaces before it."""
    at = spaces = 0
    for part in re.split(r"(\s+)", line):
        if part and not part.isspace():
            yield at, part, spaces
        spaces = measure(part) if part.isspace() else 0
        at += measure(part)


def _words(line: str, row: int, measure: Callable[[str], int], problems: list[str]) -> Iterator[Word]:
    at = 0
    for part in re.split(r"(\s+)", line):
        end = at + measure(part)
        if part and not part.isspace():
            yield Word(cut(part, problems), row, (float(at), float(row), float(end), row + 1.0))
        at = end


def width(text: str) -> int:
    """Columns that ``text`` takes where a wide character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _aligned(lines: Sequence[str]) -> bool:
    """Whether columns are set with spaces: many lines have a gap of several inside."""
    gaps = sum(bool(re.search(r"\S {2,}\S.*\S {2,}\S|\S\t+\S", line)) for line in lines)
    return gaps >= 3


def _piped(number: int, lines: Sequence[str], place: int) -> Page:
    """Tables with a line | of | cells |, as Markdown has them; other lines stay lines."""
    builder = Builder()
    rows: list[list[tuple[str, int, int]]] = []
    for line in (*lines, ""):
        if _PIPES.match(line):
            if not _RULE.match(line):
                parts = _SPLIT.split(line.strip().removeprefix("|").removesuffix("|"))
                rows.append([(_plain(part), 1, 1) for part in parts])
            if len(rows) > limits.MAX_ROWS:
                raise UnreadableError(f"a table has more than {limits.MAX_ROWS} rows: give the part that matters")
            continue
        if rows:
            builder.table(rows, CellBasis.TEXT)
            rows = []
        if not _RULE.match(line):
            builder.line(line)
    page = builder.page(number)
    return Page(number, page.words, page.grids, aligned=False, problems=tuple(builder.problems), place=place)


def _plain(text: str) -> str:
    text = _SUP.sub(r" *\1 ", _MARKUP.sub("\n", text.replace("\\|", "|")))
    return _LINK.sub(r"\1", _TAGS.sub(" ", text)).replace("`", "").replace("**", "").strip()
