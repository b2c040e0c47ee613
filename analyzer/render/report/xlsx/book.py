"""Sheets of a workbook: cells with their styles, and the limits of Excel."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import xlsxwriter
from rich.cells import cell_len

from analyzer.palette import LIGHT, mark
from analyzer.text import visible

MOST_LINES = 1_048_575
"""Lines of a sheet below its header."""
LONGEST = 32_767
"""UTF-16 units of a cell."""
MOST_LISTS = 5_000
"""Lists to choose from, a sheet; with more, one list is for all lines."""
TALLEST, LINE = 409, 13
"""Points of a row at most, and of one line in it."""
_A3 = 8
Kind = Literal["text", "wrap", "word", "number", "port", "open", "date", "hidden"]
_HEADER = {"bold": True, "font_color": LIGHT.page, "bg_color": LIGHT.ink, "text_wrap": True, "valign": "vcenter"}
_LINED = {"bottom": 1, "bottom_color": LIGHT.line}
_OPEN = {"bg_color": "#fff8d6", "border": 1, "border_color": LIGHT.line, "locked": False, "text_wrap": True}
_CLOSED = {"bg_color": "#ebedf0", "border": 1, "border_color": LIGHT.line}
_KINDS: dict[str, dict[str, Any]] = {
    "text": _LINED,
    "wrap": _LINED | {"text_wrap": True},
    "word": _LINED | {"bold": True},
    "hidden": {},
    "number": _LINED | {"num_format": "#,##0"},
    "port": _LINED | {"num_format": "0", "align": "left"},
    "name": {},
    "count": {"num_format": "#,##0"},
    "open": _OPEN,
    "date": _OPEN | {"num_format": "yyyy-mm-dd"},
    "closed": _CLOSED,
    "header": _HEADER,
    "open header": _HEADER | {"bg_color": "#8a5a00"},
    "headline": {"bold": True, "font_size": 12, "text_wrap": True},
    "heading": {"bold": True, "font_size": 12, "font_color": LIGHT.ink},
    "title": {"bold": True, "font_size": 20, "valign": "vcenter"},
    "sentence": {"text_wrap": True, "align": "left", "indent": 1},
    "line": {"text_wrap": True, "font_size": 11},
    "note": {"text_wrap": True, "font_color": LIGHT.muted},
    "warning": {"text_wrap": True, "align": "left", "indent": 1, "bold": True, "font_color": mark("blocked").light},
}
"""The styles, by their names."""


@dataclass(frozen=True)
class SheetColumn:
    """``width``: in characters. ``kind``: the style of its cells; ``open`` and ``date`` are for the reviewer, and
    closed where nothing can be decided."""

    name: str
    width: int
    kind: Kind = "text"


@dataclass(frozen=True)
class SheetTable:
    """A sheet with a table. ``lines``: texts and numbers; None leaves a cell empty. ``total``: the number of all lines.
    ``choices``: for each line that is written, the decisions that are possible. ``frozen``: columns that stay;
    ``printed``: columns that paper has room for, or 0 for all."""

    name: str
    about: str
    columns: tuple[SheetColumn, ...]
    lines: Iterable[Sequence[str | int | None]]
    total: int
    choices: Sequence[tuple[str, ...]] = ()
    frozen: int = 1
    printed: int = 0


@dataclass
class Book:
    """A workbook that is written. ``created``: the time in its properties; ``since``: the first day that may be an
    expiry. ``cut``: texts that were too long, by sheet; ``left``: lines that were too many."""

    created: datetime
    since: datetime
    most_lines: int = MOST_LINES
    cut: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.buffer = io.BytesIO()
        # Rows go to a file each when they are done: a million flows need no memory.
        self.book = xlsxwriter.Workbook(
            self.buffer,
            {
                **{"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
                **{"strings_to_numbers": False, "use_zip64": True},
            },
        )
        self.book.set_properties({"title": "DPM port compliance", "created": self.created})
        self.styles: dict[tuple[str, str], Any] = {}

    def style(self, name: str, word: str = "") -> Any:
        """A style by its name; of a word of the report, with the word's colour."""
        if (name, word) not in self.styles:
            look = {"valign": "top", "font_size": 10, "font_color": LIGHT.ink, **_KINDS[name]}
            if word:
                colour = mark(word).light
                look |= {"font_color": colour, "bg_color": tint(colour)}
            self.styles[name, word] = self.book.add_format(look)
        return self.styles[name, word]

    def add_sheet(self, name: str) -> Any:
        """A sheet that prints on pages of its width; its locked cells can be selected, filtered and copied."""
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_A3)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(0.4, 0.4, 0.6, 0.6)
        sheet.set_footer("&L&A&R&P / &N")
        sheet.hide_gridlines(2)
        sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})
        return sheet

    def text(self, sheet: Any, place: tuple[int, int], value: str, style: Any) -> None:
        """Write a text as text, whatever it looks like."""
        shown = visible(value)
        if len(shown) * 2 > LONGEST and len(shown.encode("utf-16-le")) // 2 > LONGEST:
            shown = shown.encode("utf-16-le")[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"
            self.cut[sheet.name] = self.cut.get(sheet.name, 0) + 1
        if shown.startswith("<r>") and shown.endswith("</r>"):
            shown += " "  # XlsxWriter would take it for markup of its own
        sheet.write_string(*place, shown, style)

    def table(self, sheet: Any, given: SheetTable) -> None:
        """Write a table with its header, its filters and its lists to choose from."""
        columns, choices = given.columns, given.choices
        self._header(sheet, columns)
        wrapped, written = any(column.kind == "wrap" for column in columns), 0
        for number, line in enumerate(given.lines):
            if number == self.most_lines:
                break
            is_open = number < len(choices) and bool(choices[number])
            if wrapped:
                sheet.set_row(number + 1, height(columns, line))
            for place, (column, value) in enumerate(zip(columns, line, strict=True)):
                self._cell(sheet, (number + 1, place), column.kind, value, is_open=is_open)
            written = number + 1
        if given.total > written:
            self.left[given.name] = given.total - written
        sheet.freeze_panes(1, given.frozen)
        sheet.repeat_rows(0)
        if given.printed:
            sheet.print_area(0, 0, max(written, 1), given.printed - 1)
        sheet.autofilter(0, 0, max(written, 1), len(columns) - 1)
        if choices:
            self._lists(sheet, columns, choices[:written])

    def _header(self, sheet: Any, columns: Sequence[SheetColumn]) -> None:
        sheet.set_row(0, 30)
        for place, column in enumerate(columns):
            kind = "open header" if column.kind in ("open", "date") else "header"
            sheet.set_column(place, place, column.width, None, {"hidden": column.kind == "hidden"})
            self.text(sheet, (0, place), column.name, self.style(kind))

    def _cell(self, sheet: Any, place: tuple[int, int], kind: Kind, value: str | int | None, *, is_open: bool) -> None:
        if kind in ("open", "date"):
            sheet.write_blank(*place, None, self.style(kind if is_open else "closed"))
        elif isinstance(value, int):
            sheet.write_number(*place, value, self.style("port" if kind == "port" else "number"))
        elif value:
            self.text(sheet, place, value, self.style(kind, value if kind == "word" else ""))
        else:
            sheet.write_blank(*place, None, self.style(kind))

    def _lists(self, sheet: Any, columns: Sequence[SheetColumn], choices: Sequence[tuple[str, ...]]) -> None:
        """The decisions to choose from, and the days that may be an expiry."""
        parts = ranges(choices)
        if len(parts) > MOST_LISTS:
            parts = [(0, len(choices) - 1, tuple(dict.fromkeys(word for words in choices for word in words)))]
        decide = next(place for place, column in enumerate(columns) if column.kind == "open")
        until = next(place for place, column in enumerate(columns) if column.kind == "date")
        for first, last, words in parts:
            decision = {
                **{"validate": "list", "source": list(words), "error_title": "Not possible on this line"},
                "error_message": f"Choose from the list: {', '.join(words)}.",
            }
            day = {
                **{"validate": "date", "criteria": ">=", "value": self.since, "error_title": "Not a day"},
                "error_message": f"Write the last day that counts as YYYY-MM-DD: {self.since:%Y-%m-%d} or later.",
            }
            sheet.data_validation(first + 1, decide, last + 1, decide, decision)
            sheet.data_validation(first + 1, until, last + 1, until, day)

    def octets(self) -> bytes:
        """The finished file."""
        self.book.close()
        return self.buffer.getvalue()


def height(columns: Sequence[SheetColumn], line: Sequence[str | int | None]) -> int:
    """The points that a row needs: programs do not all find them out themselves."""
    lines = 1
    for column, value in zip(columns, line, strict=True):
        if column.kind == "wrap" and isinstance(value, str) and len(value) * 2 > column.width:
            lines = max(lines, lines_of(value, column.width))
    return min(lines * LINE + 2, TALLEST)


def lines_of(text: str, width: int) -> int:
    """The lines of a text in a column; words are not divided, so lines are not full."""
    return 1 + int(cell_len(text[:LONGEST]) * 0.95) // width


def ranges(choices: Sequence[tuple[str, ...]]) -> list[tuple[int, int, tuple[str, ...]]]:
    """(first line, last line, choices) of lines with the same choices that follow one another; none of closed lines."""
    parts: list[tuple[int, int, tuple[str, ...]]] = []
    for number, words in enumerate(choices):
        if parts and parts[-1][1] == number - 1 and parts[-1][2] == words:
            parts[-1] = (parts[-1][0], number, words)
        elif words:
            parts.append((number, number, words))
    return parts


def tint(colour: str) -> str:
    """A light background in a colour."""
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{255 - (255 - part) // 12:02x}" for part in parts)
