"""HTML by the parser of Python: tables with their spans, other text as lines. Nothing runs, nothing is fetched."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from analyzer.guide import limits
from analyzer.guide.readers.encodings import decoded
from analyzer.guide.readers.flat import Builder
from analyzer.guide.readers.problems import add_problem
from analyzer.guide.readers.refusal import UnreadableError
from analyzer.guide.tables import CellBasis, Material

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "caption",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "ul",
    ]
)
_SILENT = frozenset(["script", "style", "head", "template", "noscript", "svg", "math", "iframe", "object"])
_IN_HEAD = frozenset(["base", "link", "meta", "title"])
"""What may be in a head beside silent elements: any other one ends it."""


@dataclass
class _OpenCell:
    rows: int
    columns: int
    text: str = ""


@dataclass
class _OpenTable:
    """``outside``: text of the table that is in no cell, such as its caption."""

    rows: list[list[_OpenCell]] = field(default_factory=list)
    cell: _OpenCell | None = None
    outside: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.builder = Builder()
        self.tables: list[_OpenTable] = []
        self.silent: list[str] = []
        self.text = ""
        self.raised = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._is_silent(tag):
            self._begin(tag, attrs)

    def _is_silent(self, tag: str) -> bool:
        """Whether an element that begins is not shown, or is inside one that is not."""
        if self.silent == ["head"] and tag not in _SILENT | _IN_HEAD:
            self.silent.pop()  # </head> may be left out
        if tag in _SILENT:
            self.silent.append(tag)
        return bool(self.silent)

    def _begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_text()
            self.tables.append(_OpenTable())
            if len(self.tables) > 20:
                raise UnreadableError("its tables are nested more than 20 deep: give only the table")
        elif tag in ("tr", "td", "th") and self.tables:
            self._cell_tag(tag, dict(attrs))
        elif tag == "br" or tag in _BLOCKS:
            self._new_line()
        elif tag == "sup":
            self.raised += 1
            self._put(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.handle_starttag(tag, attrs)

    def _cell_tag(self, tag: str, attributes: dict[str, str | None]) -> None:
        table = self.tables[-1]
        table.cell = None
        table.outside += "\n"
        if tag == "tr" or not table.rows:
            table.rows.append([])
        if len(table.rows) > limits.MAX_ROWS:
            raise UnreadableError(f"a table has more than {limits.MAX_ROWS} rows: give the part that matters")
        if tag != "tr":
            table.cell = _OpenCell(_span(attributes.get("rowspan")), _span(attributes.get("colspan")))
            table.rows[-1].append(table.cell)

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            if tag in self.silent:
                del self.silent[self.silent.index(tag) :]
        elif tag in ("td", "th", "tr") and self.tables:
            self.tables[-1].cell = None
        elif tag == "table" and self.tables:
            self._end_table()
        elif tag == "sup":
            self.raised = max(self.raised - 1, 0)
            self._put(" ")
        elif tag in _BLOCKS:
            self._new_line()

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        raised = data.strip()
        self._put(f"*{raised}" if self.raised and raised.isdigit() and len(raised) < 3 else " ".join(data.split("\n")))

    def _put(self, text: str) -> None:
        if not self.tables:
            self.text += text
        elif (cell := self.tables[-1].cell) is None:
            self.tables[-1].outside += text
        elif len(cell.text) <= limits.MAX_CELL_CHARACTERS:  # one character more shows that something is cut off
            cell.text += text

    def _new_line(self) -> None:
        if self.tables:
            self._put("\n")
        else:
            self._end_text()

    def _end_text(self) -> None:
        self.builder.line(self.text)
        self.text = ""

    def _end_table(self) -> None:
        table = self.tables.pop()
        for line in table.outside.split("\n"):
            self.builder.line(line)
        rows = [[(cell.text, cell.rows, cell.columns) for cell in row] for row in table.rows]
        self.builder.table(rows, CellBasis.WEB_PAGE)
        if self.tables and self.tables[-1].cell is not None:
            # A table inside a cell is a separate table; the outer cell keeps only its own words.
            self.tables[-1].cell.text += "\n"

    def finish(self) -> None:
        self.close()
        for tag in self.silent[:1]:
            if tag != "head":
                add_problem(self.builder.problems, f"the element <{tag}> is not closed; what follows it was not read")
        while self.tables:
            self._end_table()
        self._end_text()


def _span(value: str | None) -> int:
    text = (value or "1").strip()
    return min(max(int(text), 1), 1000) if text.isdecimal() and len(text) < 6 else 1


def material(octets: bytes) -> Material:
    """The tables and lines of a web page."""
    reader = _Reader()
    reader.feed(decoded(octets, html=True))
    reader.finish()
    return Material("html", (reader.builder.page(),), 1, tuple(reader.builder.problems))
