"""Tables with cells of their own (ruled in a PDF, marked in HTML, in a sheet) as printed tables."""

import re
from collections.abc import Sequence
from dataclasses import replace

from analyzer.guide.cells import cell_lines
from analyzer.guide.columns import Column, column_of, is_heading, with_sides
from analyzer.guide.facts import port_fact
from analyzer.guide.joining import CellLine, join, least
from analyzer.guide.marks import leading_mark, split_marks
from analyzer.guide.printed import PrintedField, PrintedRow, PrintedTable, Spot, WordAt, appended
from analyzer.guide.tables import Cell, CellBasis, Grid, Page, around, in_points
from analyzer.guide.words import Words, sign, squeezed

_NO_MERGES = (CellBasis.VALUES, CellBasis.TEXT, CellBasis.PLAIN_SHEET, CellBasis.COLUMN)
"""Tables in which merged cells cannot be seen."""
_HEADING_ROWS = 4
"""Rows that headings may take together."""
_SEARCHED = 12
"""Rows at the top of a table in which headings are looked for."""


class GridReader:
    """Reads one grid of one page."""

    def __init__(self, page_index: int, page: Page, grid: Grid, words: Words, lexicon: frozenset[str]) -> None:
        self.page_index, self.page, self.grid = page_index, page, grid
        self.words, self.lexicon = words, lexicon
        self.height = max(cell.row for cell in grid.cells) + 1
        self.width = max(cell.column + cell.columns for cell in grid.cells)
        self.at: dict[tuple[int, int], Cell] = {}
        for cell in grid.cells:
            for row in range(cell.row, min(cell.row + cell.rows, self.height)):
                for column in range(cell.column, cell.column + cell.columns):
                    self.at.setdefault((row, column), cell)
        self.merges = grid.how not in _NO_MERGES

    def field(self, cell: Cell) -> PrintedField:
        """The text of a cell."""
        words = [self.page.words[index] for index in cell.words]
        how, name = self.grid.how, self.grid.name
        if not words:
            return PrintedField("", "certain", Spot(self.page.number, (0, 0), cell.box, name), how)
        text, sure = join(cell_lines(words, self._limit(cell), hard=self.grid.hard), self.lexicon)
        lines = (min(word.line for word in words), max(word.line for word in words))
        box = cell.box or around(word.box for word in words)
        spot = Spot(self.page.number, lines, box if self.page.aligned else None, name)
        return PrintedField(text, sure, spot, how, frozenset((self.page_index, index) for index in cell.words))

    def _limit(self, cell: Cell) -> float | None:
        """How far to the right the words of a cell may go: as far from its right line as they begin from the left."""
        if cell.box is None or not cell.words or self.grid.hard or not in_points(self.page):
            return None
        boxes = [self.page.words[index].box for index in cell.words]
        padding = min(max(min(box[0] for box in boxes) - cell.box[0], 0.0), 8.0)
        return max(cell.box[2] - padding, *(box[2] for box in boxes))

    def heading(self) -> tuple[int, int, tuple[Column, ...]] | None:
        """The first and the last row of the headings, and the columns; None where there are none."""
        best: tuple[int, int, int, int, tuple[Column, ...]] | None = None
        for first in range(min(_SEARCHED, self.height)):
            for last in range(first, min(first + _HEADING_ROWS, self.height)):
                columns = self._columns(first, last)
                if not is_heading(columns) or any(self._has_data(row) for row in range(first, last + 1)):
                    continue
                score = (sum(bool(one.kind) for one in columns), -(last - first), -first)
                if best is None or score > best[:3]:
                    best = (*score, last, columns)
        if best is None:
            return None
        first, last = -best[2], best[3]
        return first, last, with_sides(best[4])

    def _columns(self, first: int, last: int) -> tuple[Column, ...]:
        found = []
        for column in range(self.width):
            cells = list(
                dict.fromkeys(self.at[row, column] for row in range(first, last + 1) if (row, column) in self.at)
            )
            texts = [text for cell in cells if (text := self.field(cell).text.replace("\n", " "))]
            found.append(column_of(texts, self.words) if texts else Column(""))
        return _without_copies(found, [self.at.get((last, column)) for column in range(self.width)])

    def _has_data(self, row: int) -> bool:
        """Whether a row has a cell that is nothing but a port or a sign: then it is none of headings."""
        cells = {self.at[row, column] for column in range(self.width) if (row, column) in self.at}
        return any(_is_data(self.field(cell).text, self.words) for cell in cells)

    def table(self, columns: tuple[Column, ...], first: int, heading_words: set[WordAt]) -> PrintedTable:
        """The rows from ``first`` on, under ``columns``."""
        table = PrintedTable(columns, [], heading_words, self.merges, self.grid.how)
        headed = {squeezed(one.heading) for one in columns if one.heading}
        for row in range(first, self.height):
            cells = {column: self.at[row, column] for column in range(self.width) if (row, column) in self.at}
            fields = {column: self.field(cell) for column, cell in cells.items()}
            distinct = [self.field(cell) for cell in dict.fromkeys(cells.values())]
            texts = [one for one in distinct if one.text.strip()]
            if not texts:
                continue
            if self._repeats(texts, headed):
                table.heading_words |= {word for one in texts for word in one.words}
            elif self._is_section(cells, texts, columns):
                self._section(table, texts[0])
            else:
                self._row(table, row, cells, fields)
        return table

    def _repeats(self, texts: Sequence[PrintedField], headed: set[str]) -> bool:
        known = sum(any(squeezed(one.text) and squeezed(one.text) in heading for heading in headed) for one in texts)
        return known >= 3 and known * 4 >= len(texts) * 3

    def _is_section(self, cells: dict[int, Cell], texts: Sequence[PrintedField], columns: Sequence[Column]) -> bool:
        if len(texts) != 1:
            return False
        spanning = max(cell.columns for cell in cells.values() if cell.words)
        return spanning * 2 > len(columns) or (leading_mark(texts[0].text) is not None and not self.grid.hard)

    def _section(self, table: PrintedTable, text: PrintedField) -> None:
        if leading_mark(text.text) or len(text.text) > 100:
            table.loose.append(text)
        else:
            table.rows.append(PrintedRow({-1: text}))

    def _row(self, table: PrintedTable, row: int, cells: dict[int, Cell], fields: dict[int, PrintedField]) -> None:
        kept: dict[int, PrintedField] = {}
        for column, cell in cells.items():
            if column >= len(table.columns):
                continue
            if cell.columns > 1 and column > cell.column and table.columns[column].kind != "port":
                continue  # a cell over several columns is read once
            kept[column] = replace(fields[column], spans=row > cell.row)
        table.rows.append(PrintedRow(kept))


def _without_copies(columns: list[Column], cells: Sequence[Cell | None]) -> tuple[Column, ...]:
    """A heading over several columns, with nothing below it, is that of the first."""
    seen: set[Cell] = set()
    for index, cell in enumerate(cells):
        if cell is not None and cell in seen:
            columns[index] = Column("", heading="")
        elif cell is not None:
            seen.add(cell)
    return tuple(columns)


def continue_row(row: PrintedRow, more: PrintedRow, lexicon: frozenset[str]) -> None:
    """Add the text of the next page, or of the line below, to the cells of ``row``."""
    for column, piece in more.fields.items():
        if not piece.text.strip():
            continue
        first = row.fields.get(column)
        if first is None or not first.text.strip():
            row.fields[column] = piece
        elif first.text != piece.text or not piece.spans:
            text, sure = join([CellLine(first.text, None), CellLine(piece.text)], lexicon)
            row.fields[column] = appended(first, piece, text, least(first.sure, piece.sure, sure, "likely"))


def _is_data(text: str, words: Words) -> bool:
    bare = split_marks(text)[0]
    if re.search(r"\d{2}", bare):
        return bool(port_fact(bare, words).ports)
    return sign(bare) in words.directions and not bare.strip()[:1].isalpha()
