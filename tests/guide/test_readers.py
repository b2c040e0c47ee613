"""What each reader makes of its kind of file: every sheet, cell and text is read, or a sentence says why not."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from analyzer.guide import limits
from analyzer.guide.readers import sheet, text
from analyzer.guide.readers.refusal import UnreadableError
from analyzer.guide.tables import Material

Book = Any


def workbook(fill: Callable[[Book], object]) -> Material:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    fill(book)
    book.close()
    return sheet.material(out.getvalue())


def words(material: Material) -> list[list[str]]:
    """The words of each page."""
    return [[word.text for word in page.words] for page in material.pages]


def test_a_sheet_with_one_row_or_one_column_is_read() -> None:
    def fill(book: Book) -> None:
        book.add_worksheet("row").write_row(0, 0, ["a", "b"])
        book.add_worksheet("column").write_column(0, 0, ["c", "d"])
        book.add_worksheet("cell").write(0, 0, "e")
        book.add_worksheet("far").write(3, 2, "f")

    found = workbook(fill)
    assert words(found) == [["a", "b"], ["c", "d"], ["e"], ["f"]]
    assert not found.problems


def test_sheets_that_are_not_read_are_named() -> None:
    def fill(book: Book) -> None:
        book.add_worksheet("shown").write(0, 0, "a")
        for name in ("hidden", "hidden by a macro"):
            page = book.add_worksheet(name)
            page.write(0, 0, "secret")
            if name == "hidden":
                page.hide()
            else:
                page.very_hidden()
        book.add_worksheet("blank")

    found = workbook(fill)
    assert words(found) == [["a"]]
    assert [page.number for page in found.pages] == [1]
    assert found.problems == (
        "sheet 2 ('hidden') is hidden; it was not read",
        "sheet 3 ('hidden by a macro') is hidden; it was not read",
        "sheet 4 ('blank') has no cells",
    )


def test_a_sheet_keeps_its_number_behind_one_that_is_hidden() -> None:
    def fill(book: Book) -> None:
        first, second = book.add_worksheet("first"), book.add_worksheet("second")
        first.write(0, 0, "a")
        second.write(0, 0, "b")
        second.activate()
        first.hide()

    assert [page.number for page in workbook(fill).pages] == [2]


@pytest.mark.parametrize(("rows", "read"), [(limits.MAX_ROWS, True), (limits.MAX_ROWS + 1, False)])
def test_a_sheet_has_as_many_rows_as_the_limit_says(rows: int, read: bool) -> None:
    def fill(book: Book) -> None:
        book.add_worksheet().write_column(0, 0, ["x"] * rows)

    if read:
        assert len(workbook(fill).pages[0].words) == rows
    else:
        with pytest.raises(UnreadableError, match=f"has {rows} rows"):
            workbook(fill)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("| a | b | c |", ["a", "b", "c"]),
        ("|| b | c |", ["", "b", "c"]),
        ("| a | b ||", ["a", "b", ""]),
        ("| | b | |", ["", "b", ""]),
        ("  || b ||  ", ["", "b", ""]),
        ("| a | b \\| x | c |", ["a", "b | x", "c"]),
    ],
)
def test_empty_cells_at_the_ends_of_a_line_with_bars_are_cells(line: str, cells: list[str]) -> None:
    (page,) = text.material(f"| h | h | h |\n{line}\n".encode(), None).pages
    (grid,) = page.grids
    found = sorted(
        (cell.column, " ".join(page.words[word].text for word in cell.words)) for cell in grid.cells if cell.row
    )
    assert [shown for _, shown in found] == cells
