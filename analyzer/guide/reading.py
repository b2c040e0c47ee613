"""Pages to printed tables, footnotes and the text around them; every word is accounted for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from analyzer.guide import layout
from analyzer.guide.aligned import find_aligned
from analyzer.guide.cells import text_width
from analyzer.guide.columns import Column
from analyzer.guide.footnotes import FootnoteText, Paragraph, notes_of, once, paragraphs_of
from analyzer.guide.grids import GridReader, continue_row
from analyzer.guide.linear import LinearReader
from analyzer.guide.lines import gap_of, lines_of
from analyzer.guide.printed import PrintedRow, PrintedTable, WordAt
from analyzer.guide.tables import CellBasis, Grid, Material, Page, in_points
from analyzer.guide.words import Words


@dataclass
class Reading:
    """What the pages print: tables in order, footnotes, and paragraphs outside the tables.

    ``used``: the words that are in a row, a heading, a footnote or a paragraph that was kept.
    """

    tables: list[PrintedTable] = field(default_factory=list)
    notes: list[FootnoteText] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)
    used: set[WordAt] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def lexicon_of(material: Material, words: Words) -> frozenset[str]:
    """Words that are certain to be whole: those of the lists, and those that are inside a line of the pages."""
    found = set(words.lexicon)
    for page in material.pages:
        ends = {index for index, word in enumerate(page.words) if _ends_line(page, index, word.line)}
        starts = {index + 1 for index in ends} | {0}
        for index, word in enumerate(page.words):
            if index not in ends and index not in starts:
                found |= {part.casefold() for part in re.findall(r"[^\W\d_]{3,}", word.text)}
    return frozenset(found)


def _ends_line(page: Page, index: int, line: int) -> bool:
    if index + 1 == len(page.words) or page.words[index + 1].line != line:
        return True
    # On a page with places a wide gap ends a line of a cell.
    following = page.words[index + 1]
    return page.aligned and following.box[0] - page.words[index].box[2] > gap_of(page)


def with_backslashes(material: Material) -> Material:
    """The material with a yen sign read as a backslash: Japanese fonts show one for the other in paths."""
    pages = tuple(
        replace(
            page,
            words=tuple(
                replace(word, text=word.text.translate(_YEN)) if _has_yen(word.text) else word for word in page.words
            ),
        )
        for page in material.pages
    )
    return replace(material, pages=pages)


_YEN = str.maketrans("¥￥", "\\\\")


def _has_yen(text: str) -> bool:
    return "¥" in text or "￥" in text


def read_pages(material: Material, words: Words) -> Reading:
    """The tables, footnotes and paragraphs of all pages."""
    material = with_backslashes(material)
    reading = Reading(problems=list(material.problems))
    reader = _Pages(reading, words, lexicon_of(material, words))
    for index, page in enumerate(material.pages):
        reading.problems += [f"page {page.number}: {problem}" for problem in page.problems]
        if page.words:
            reader.page(index, page)
    reading.notes = once(reading.notes)
    return reading


@dataclass
class _Pages:
    """Reads one page after the other. ``found``: the last table without ruled lines; the next page may continue it."""

    reading: Reading
    words: Words
    lexicon: frozenset[str]
    found: layout.FoundTable | None = None

    def page(self, index: int, page: Page) -> None:
        before = len(self.reading.tables)
        gridded: set[int] = set()
        for grid in page.grids:
            if self._grid(index, page, grid):
                gridded |= {word for cell in grid.cells for word in cell.words}
        if len(self.reading.tables) == before or page.aligned:
            self._unruled(index, page, frozenset(gridded), found=len(self.reading.tables) > before)
        for table in self.reading.tables[before:]:
            self.reading.problems += [f"page {page.number}: {problem}" for problem in table.problems]
            self.reading.used |= table.heading_words
            self.reading.used |= {word for row in table.rows for one in row.fields.values() for word in one.words}
        self._around(index, page, self.reading.tables[before:])

    def _grid(self, index: int, page: Page, grid: Grid) -> bool:
        reader = GridReader(index, page, grid, self.words, self.lexicon)
        headed = reader.heading()
        last = self.reading.tables[-1] if self.reading.tables else None
        if headed is not None:
            _, end, columns = headed
            heading = {(index, word) for cell in grid.cells if cell.row <= end for word in cell.words}
            table = reader.table(columns, end + 1, heading)
        elif last is not None and len(last.columns) == reader.width and last.how == grid.how:
            table = reader.table(last.columns, 0, set())
        else:
            return False
        self._add(index, table, last)
        return True

    def _unruled(self, index: int, page: Page, without: frozenset[int], *, found: bool) -> None:
        last = self.reading.tables[-1] if self.reading.tables else None
        if page.aligned:
            earlier = self.found if last is not None and self._page_of(last) == index - 1 else None
            one = layout.find(page, self.words, without, earlier) if in_points(page) else find_aligned(page, self.words)
            if one is not None:
                self.found = one
                reader = GridReader(index, page, one.grid, self.words, self.lexicon)
                table = reader.table(one.columns, 0, {(index, word) for word in one.heading})
                self._add(index, table, last)
                return
            if found or without:
                return
        columns = last.columns if last is not None and last.how == CellBasis.ORDER else None
        for table in LinearReader(index, page, self.words, self.lexicon, columns).tables():
            self._add(index, table, last)
            last = table

    def _add(self, index: int, table: PrintedTable, last: PrintedTable | None) -> None:
        """Add a table; a first row that only goes on with the last one of the page before is added to that."""
        new_page = last is not None and self._page_of(last) != index
        if last is not None and new_page and table.rows and last.rows and len(last.columns) == len(table.columns):
            first = table.rows[0]
            if (
                -1 not in first.fields
                and -1 not in last.rows[-1].fields
                and self._goes_on(table.columns, first, last.rows[-1])
            ):
                continue_row(last.rows[-1], first, self.lexicon)
                self.reading.used |= {word for one in first.fields.values() for word in one.words}
                last.rows[-1].notes.append("the row goes on on the next page")
                table.rows.pop(0)
        self.reading.tables.append(table)

    def _page_of(self, table: PrintedTable) -> int:
        words = [word for row in table.rows for one in row.fields.values() for word in one.words] or list(
            table.heading_words
        )
        return max((page for page, _ in words), default=-1)

    def _goes_on(self, columns: Sequence[Column], row: PrintedRow, before: PrintedRow) -> bool:
        """Whether a row has neither a direction nor a protocol of its own."""
        for index, column in enumerate(columns):
            if column.kind not in ("direction", "protocol"):
                continue
            text = row.fields[index].text.strip() if index in row.fields else ""
            earlier = before.fields[index].text if index in before.fields else ""
            if text and not _is_tail(text, earlier):
                return False
        return True

    def _around(self, index: int, page: Page, tables: Iterable[PrintedTable]) -> None:
        """Footnotes and paragraphs: the lines of the page that are in no table."""
        used = {word for where, word in self.reading.used if where == index}
        loose = [piece for table in tables for piece in table.loose]
        taken = {word for piece in loose for where, word in piece.words if where == index}
        left = [line for line in lines_of(page, frozenset(used - taken)) if line.words]
        paragraphs = paragraphs_of(index, page, left, self._width(page))
        notes, others = notes_of(paragraphs, self.words)
        self.reading.notes += notes
        self.reading.paragraphs += others
        self.reading.used |= {word for note in notes for word in note.words}

    def _width(self, page: Page) -> float:
        lines = lines_of(page)
        if not lines:
            return 0.0
        if page.aligned:
            return max(page.words[line.words[-1]].box[2] - page.words[line.words[0]].box[0] for line in lines)
        return max(text_width(" ".join(page.words[word].text for word in line.words)) for line in lines)


def _is_tail(text: str, before: str) -> bool:
    """Whether a cell of protocols only closes what the page before began: ``DHCP)`` behind ``UDP(``."""
    return before.count("(") > before.count(")") and text.count(")") > text.count("(")
