"""Tables that come as rows of texts, made into cells; every line of a cell is a line of the page."""

from collections.abc import Iterable, Sequence

from analyzer.guide import limits
from analyzer.guide.readers.problems import add_problem, cut
from analyzer.guide.readers.refusal import UnreadableError
from analyzer.guide.tables import Cell, CellBasis, Grid, Page, Word

FlatCell = tuple[str, int, int]
"""Text, rows and columns that it spans."""


class Builder:
    """Collects the lines and tables of a document in their order."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.grids: list[Grid] = []
        self.problems: list[str] = []
        self.lines = 0
        self.cells = 0

    def line(self, text: str) -> tuple[int, ...]:
        """Add a line; the indexes of its words. A line without a word is none."""
        parts = text.split()
        if not parts:
            return ()
        self.lines += 1
        first = len(self.words)
        if first + len(parts) > 3 * limits.MAX_PAGE_WORDS:
            raise UnreadableError(f"more than {3 * limits.MAX_PAGE_WORDS} words: give the part with the table")
        at = 0.0
        for part in (cut(one, self.problems) for one in parts):
            self.words.append(Word(part, self.lines, (at, float(self.lines), at + len(part), self.lines + 1.0)))
            at += len(part) + 1
        return tuple(range(first, len(self.words)))

    def table(self, rows: Iterable[Sequence[FlatCell]], how: CellBasis, name: str = "") -> None:
        """Add a table."""
        cells: list[Cell] = []
        taken: dict[tuple[int, int], bool] = {}
        for number, row in enumerate(rows):
            column = 0
            for text, rows_down, columns_across in row:
                while taken.get((number, column)):
                    column += 1
                if column >= limits.MAX_COLUMNS:
                    add_problem(
                        self.problems,
                        f"row {number + 1} has more than {limits.MAX_COLUMNS} columns; the others were not read",
                    )
                    break
                down = min(rows_down, limits.MAX_ROWS)
                across = min(columns_across, limits.MAX_COLUMNS - column)
                words = tuple(index for part in cut(text, self.problems).split("\n") for index in self.line(part))
                cells.append(Cell(number, column, down, across, words))
                self._count()
                if down > 1 or across > 1:
                    taken.update({(number + y, column + x): True for y in range(down) for x in range(across)})
                    self._count(down * across)
                column += across
        if cells:
            self.grids.append(Grid(tuple(cells), how, True, name or f"table {len(self.grids) + 1}"))

    def _count(self, more: int = 1) -> None:
        self.cells += more
        if self.cells > limits.MAX_CELLS:
            raise UnreadableError(f"its tables have more than {limits.MAX_CELLS} cells: give the part that matters")

    def page(self, number: int = 1) -> Page:
        return Page(number, tuple(self.words), tuple(self.grids), aligned=False)
