"""A table whose text comes one cell after the other, without places: as pdftotext and viewers give it.

Signs, protocols and ports are found first. What is between them is cut into cells (``analyzer.guide.blocks``), which
are laid on the columns in their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from analyzer.guide.blocks import Block, assigned, blocks_of, path_width, text_limit
from analyzer.guide.cells import letter_width, text_width
from analyzer.guide.columns import Column
from analyzer.guide.facts import port_fact, protocol_fact
from analyzer.guide.headings import HeadingFinder
from analyzer.guide.joining import CellLine, Sure, join, least
from analyzer.guide.marks import leading_mark, split_marks
from analyzer.guide.printed import PrintedField, PrintedRow, PrintedTable, Spot
from analyzer.guide.tables import CellBasis, Page
from analyzer.guide.words import Words, sign, squeezed

_RECOGNISED = ("port", "protocol", "direction")
_PROSE = 48.0
"""A line that is wider than this is none of a cell."""


SCATTERED = (
    "empty lines cut the text into blocks whose order may not be that of the table, and rows may be missing: give the"
    " PDF itself, or its text as pdftotext -layout or -raw prints it"
)


@dataclass(frozen=True)
class Core:
    """Neighbouring cells that were recognised: where they begin and end, and the words of each column."""

    start: int
    end: int
    cells: tuple[tuple[int, int, int], ...]
    """Column, first word, word behind the last."""


class LinearReader:
    """Reads one page of such text. ``earlier``: the columns of the page before, for a page without headings."""

    def __init__(
        self, page_index: int, page: Page, words: Words, lexicon: frozenset[str], earlier: tuple[Column, ...] | None
    ) -> None:
        self.page_index, self.page, self.words, self.lexicon, self.earlier = page_index, page, words, lexicon, earlier
        self.tokens = [word.text for word in page.words]
        self.lines = [word.line for word in page.words]
        self.widths = (0.0, 0.0)

    def tables(self) -> list[PrintedTable]:
        """The tables of the page."""
        headings = HeadingFinder(self.tokens, self.lines, self.words).headings()
        if not headings and self.earlier:
            headings = [(0, 0, self.earlier)]
        found = []
        for index, (start, end, columns) in enumerate(headings):
            stop = headings[index + 1][0] if index + 1 < len(headings) else len(self.tokens)
            table = self._table(columns, end, stop)
            table.heading_words = {(self.page_index, word) for word in range(start, end)}
            if table.rows or start != end:
                found.append(table)
        return found

    def _table(self, columns: tuple[Column, ...], start: int, stop: int) -> PrintedTable:
        table = PrintedTable(columns, [], set(), False, CellBasis.ORDER)
        core = _core_columns(columns)
        if not core:
            return table
        cores = self._cores(columns, core, start, stop)
        if not cores:
            return table
        stop = self._end_of_table(cores[-1].end, stop)
        self.widths = self._widths_between(cores, start, stop)
        rows = [PrintedRow() for _ in cores]
        for row, one in zip(rows, cores, strict=True):
            for column, first, last in one.cells:
                row.fields[column] = self._field(range(first, last), "certain")
        leading, trailing = range(core[0]), range(core[-1] + 1, len(columns))
        self._gap(columns, [*leading], start, cores[0].start, [rows[0]] * len(leading))
        for index, (row, one) in enumerate(zip(rows, cores, strict=True)):
            last = index + 1 == len(cores)
            until = stop if last else cores[index + 1].start
            into = [*trailing] if last else [*trailing, *leading]
            owners = [row] * len(trailing) + ([] if last else [rows[index + 1]] * len(leading))
            self._gap(columns, into, one.end, until, owners)
        table.rows = rows
        if self._scattered(start, stop, len(rows)):
            _doubt(rows, columns)
            table.problems.append(SCATTERED)
        return table

    def _scattered(self, start: int, stop: int, rows: int) -> bool:
        """Whether empty lines cut the text into many more blocks than there are rows: then its order is unreliable."""
        return sum(after - before > 1 for before, after in pairwise(self.lines[start:stop])) > 1.5 * rows + 3

    def _cores(self, columns: Sequence[Column], core: Sequence[int], start: int, stop: int) -> list[Core]:
        found: list[Core] = []
        at = start
        while at < stop:
            one = self._core_at(columns, core, at, stop)
            if one:
                found.append(one)
                at = one.end
            else:
                at += 1
        return found

    def _core_at(self, columns: Sequence[Column], core: Sequence[int], start: int, stop: int) -> Core | None:
        cells = []
        at = start
        for column in core:
            end = self._recognised(columns[column].kind, at, stop)
            if end is None:
                return None
            cells.append((column, at, end))
            at = end
        return Core(start, at, tuple(cells))

    def _recognised(self, kind: str, start: int, stop: int) -> int | None:
        """The word behind a cell of that kind that begins at ``start``; None where none does."""
        known = {"port": self._is_port, "protocol": self._is_protocol, "direction": self._is_direction}[kind]
        longest = {"port": 6, "protocol": 6, "direction": 3}[kind]
        for end in range(min(start + longest, stop), start, -1):
            if known(self.tokens[start:end]):
                return end
        return None

    def _is_port(self, tokens: Sequence[str]) -> bool:
        bare = [split_marks(token)[0] for token in tokens]
        if not bare[0] or (len(bare) > 1 and not all(bare) and any(bare[bare.index("") :])):
            return False
        first = squeezed(bare[0])
        if not (first[:1].isdecimal() or bare[0] in self.words.nothing or self._begins_automatic(bare)):
            return False
        numbers = [token for token, left in zip(tokens, bare, strict=True) if left]
        loose = any(a.isdecimal() and b[:1].isdecimal() for a, b in pairwise(numbers))
        fact = port_fact(" ".join(tokens), self.words)
        if loose or not fact.ports or (fact.protocols and len(numbers) > 1):
            return False
        return fact.sure != "open"

    def _begins_automatic(self, bare: Sequence[str]) -> bool:
        return squeezed("".join(bare)) in self.words.automatic or bare == ["*"]

    def _is_protocol(self, tokens: Sequence[str]) -> bool:
        if any(sign(token) in self.words.directions for token in tokens) or not split_marks(tokens[0])[0]:
            return False
        text = " ".join(tokens)
        bare = split_marks(text)[0]
        if bare.count("(") != bare.count(")") or bare.rstrip().endswith(("/", ",", "+")):
            return False
        begins = any(squeezed(bare).startswith(word) for word in self.words.protocols)
        return begins and protocol_fact(text, self.words).sure != "open" and self._whole_words(tokens)

    def _whole_words(self, tokens: Sequence[str]) -> bool:
        """Whether the text has protocol words only: letters that are left over belong to another cell."""
        return protocol_fact(" ".join(tokens), self.words).sure == "certain" or len(tokens) == 1

    def _is_direction(self, tokens: Sequence[str]) -> bool:
        bare, _ = split_marks(" ".join(tokens))
        return sign(bare) in self.words.directions and bool(split_marks(tokens[0])[0])

    def _end_of_table(self, start: int, stop: int) -> int:
        """The word where the footnotes or the text behind the table begin."""
        for index in range(start, stop):
            if self.lines[index] == self.lines[index - 1]:
                continue
            text = self._line_from(index, stop)
            mark = leading_mark(text)
            footnote = mark is not None and len(mark[1]) > 8 and mark[1][0] not in "\\/"
            if footnote or text_width(text) > _PROSE:
                return index
        return stop

    def _line_from(self, index: int, stop: int) -> str:
        line = self.lines[index]
        end = index
        while end < stop and self.lines[end] == line:
            end += 1
        return " ".join(self.tokens[index:end])

    def _gap(
        self, columns: Sequence[Column], into: Sequence[int], start: int, stop: int, owners: Sequence[PrintedRow]
    ) -> None:
        """Lay the words between two cores on the columns ``into``, in their order."""
        pending: list[tuple[int, PrintedRow]] = []
        at = start
        for column, owner in zip(into, owners, strict=True):
            if columns[column].kind not in _RECOGNISED:
                pending.append((column, owner))
                continue
            found = self._search(columns[column].kind, at, stop, bool(pending))
            if found is None:
                pending.append((column, owner))
                continue
            self._free(columns, pending, at, found[0])
            owner.fields[column] = self._field(range(*found), "certain")
            pending, at = [], found[1]
        self._free(columns, pending, at, stop)

    def _search(self, kind: str, start: int, stop: int, behind: bool) -> tuple[int, int] | None:
        """The first cell of that kind; for a port also a mark that is single on its line (which means any port)."""
        for at in range(start + behind, stop):
            if "\\" in self.tokens[at] or (self.tokens[at].startswith("/") and len(self.tokens[at]) > 2):
                break
            end = self._recognised(kind, at, stop)
            if end is not None and not (self.tokens[at] in self.words.nothing and not self._is_single(at, end)):
                return at, end
        for at in range(start + behind, stop) if kind == "port" else ():
            if not split_marks(self.tokens[at])[0] and self._is_single(at, at + 1):
                return at, at + 1
        return None

    def _is_single(self, start: int, end: int) -> bool:
        before = start == 0 or self.lines[start - 1] != self.lines[start]
        after = end >= len(self.tokens) or self.lines[end] != self.lines[end - 1]
        return before and after

    def _free(
        self, columns: Sequence[Column], pending: Sequence[tuple[int, PrintedRow]], start: int, stop: int
    ) -> None:
        if not pending or start >= stop:
            for column, owner in pending:
                owner.fields.setdefault(column, self._field(range(0), "certain"))
            return
        kinds = [columns[column].kind for column, _ in pending]
        if len(pending) == 1:
            sure: Sure = "certain" if kinds[0] == "target" else "likely"
            pending[0][1].fields[pending[0][0]] = self._field(range(start, stop), sure)
            return
        blocks = blocks_of(self.tokens, self.lines, range(start, stop), self.words, self.widths)
        places, doubtful = assigned(blocks, kinds)
        for index, (column, owner) in enumerate(pending):
            mine: list[Block] = [block for block, place in zip(blocks, places, strict=True) if place == index]
            taken = range(mine[0].start, mine[-1].end) if mine else range(0)
            owner.fields[column] = self._field(taken, "open" if doubtful else "likely")
            if doubtful:
                owner.doubtful.add(column)

    def _widths_between(self, cores: Sequence[Core], start: int, stop: int) -> tuple[float, float]:
        """The widths of columns of paths and of text, by the lines that have none of the recognised cells."""
        with_core = {self.lines[index] for core in cores for index in range(core.start, core.end)}
        begins = [index for index in range(start, stop) if self._begins(index) and self.lines[index] not in with_core]
        lines = [self._line_from(index, stop) for index in begins]
        short = [line for line in lines if text_width(line) < 30]
        return path_width(short), text_limit(short)

    def _begins(self, index: int) -> bool:
        return index == 0 or self.lines[index] != self.lines[index - 1]

    def _field(self, taken: range, sure: Sure) -> PrintedField:
        if not taken:
            return PrintedField("", "certain", Spot(self.page.number, (0, 0)), CellBasis.ORDER)
        text, joint = join(self._cell_lines(taken), self.lexicon)
        spot = Spot(self.page.number, (self.lines[taken[0]], self.lines[taken[-1]]))
        words = frozenset((self.page_index, index) for index in taken)
        return PrintedField(text, least(sure, joint), spot, CellBasis.ORDER, words)

    def _cell_lines(self, taken: range) -> list[CellLine]:
        limit = self.widths[0]
        found: list[CellLine] = []
        start = taken[0]
        for index in [*taken[1:], taken[-1] + 1]:
            if index <= taken[-1] and self.lines[index] == self.lines[index - 1]:
                continue
            text = " ".join(self.tokens[start:index])
            path = "\\" in text or "/" in text
            ended = index <= taken[-1] and text_width(text) + letter_width(self.tokens[index][0]) > limit - 2.5
            found.append(CellLine(text, ended if path and limit else None))
            start = index
        return found


def _doubt(rows: Sequence[PrintedRow], columns: Sequence[Column]) -> None:
    for row in rows:
        row.doubtful = set(range(len(columns)))
        row.fields = {column: replace(one, sure="open") for column, one in row.fields.items()}


def _core_columns(columns: Sequence[Column]) -> list[int]:
    """The neighbouring columns that can be recognised and say most: with a direction or a protocol."""
    runs: list[list[int]] = [[]]
    for index, column in enumerate(columns):
        if column.kind in _RECOGNISED:
            runs[-1].append(index)
        elif runs[-1]:
            runs.append([])
    weights = {"port": 1, "protocol": 2, "direction": 2}
    best = max(runs, key=lambda run: sum(weights[columns[index].kind] for index in run))
    return best if any(columns[index].kind != "port" for index in best) else []
