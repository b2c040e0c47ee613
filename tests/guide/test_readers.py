"""What each reader makes of its kind of file: every sheet, cell and text is read, or a sentence says why not."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from analyzer.guide import limits
from analyzer.guide.readers import csv, html, pdf, sheet, text
from analyzer.guide.readers.refusal import UnreadableError
from analyzer.guide.tables import Material
from tests.guide.test_hostile import pdf as pdf_with

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


def read_html(page: str) -> tuple[list[str], list[str], tuple[str, ...]]:
    """The words in cells, the words in no cell, and the problems."""
    found = html.material(page.encode())
    (only,) = found.pages
    held = {word for grid in only.grids for cell in grid.cells for word in cell.words}
    inside = [word.text for index, word in enumerate(only.words) if index in held]
    return inside, [word.text for index, word in enumerate(only.words) if index not in held], found.problems


TABLE = "<table><tr><td>a<td>b</table>"


@pytest.mark.parametrize(
    ("page", "outside"),
    [
        (f"<html><head><title>t</title>{TABLE}", []),
        (f"<head><meta charset=utf-8><style>s</style><body>x{TABLE}y", ["x", "y"]),
        (f"<head><script>s</script><p>x</p>{TABLE}", ["x"]),
        (f"<head><title>t</title></head>{TABLE}", []),
        (f"<template><svg>s</template>{TABLE}", []),
    ],
)
def test_a_head_ends_where_the_page_begins(page: str, outside: list[str]) -> None:
    assert read_html(page) == (["a", "b"], outside, ())


@pytest.mark.parametrize("tag", ["noscript", "template", "svg", "object"])
def test_a_table_that_is_not_shown_is_not_read(tag: str) -> None:
    hidden = f"<{tag}><table><tr><td>secret<br><p>x</table></{tag}>"
    assert read_html(f"{hidden}{TABLE}z") == (["a", "b"], ["z"], ())
    assert read_html(f"<table><tr><td>a{hidden}<td>b</table>z") == (["a", "b"], ["z"], ())


def test_an_element_that_is_not_closed_is_named() -> None:
    assert read_html(f"<p>x</p><noscript>{TABLE}") == (
        [], ["x"], ("the element <noscript> is not closed; what follows it was not read",),
    )  # fmt: skip


def test_text_of_a_table_outside_its_cells_is_a_line() -> None:
    page = "<table><caption>The ports</caption>stray<tr>more<td>a<td>b</tr>behind</table>"
    inside, outside, problems = read_html(page)
    assert (inside, problems) == (["a", "b"], ())
    assert outside == ["The", "ports", "stray", "more", "behind"]


LONG = "x" * (limits.MAX_CELL_CHARACTERS + 1)
CUT = (f"the text {'x' * 30!r}... has more than {limits.MAX_CELL_CHARACTERS} characters; the rest of it was not read",)


def long_sheet() -> Material:
    return workbook(lambda book: book.add_worksheet().write(0, 0, LONG))


@pytest.mark.parametrize(
    "read",
    [
        long_sheet,
        lambda: csv.material(f"a,{LONG},b\n".encode()),
        lambda: html.material(f"<table><tr><td>a<td>{LONG}<td>b</table>".encode()),
        lambda: html.material(f"<table><tr><td>a<td>{LONG[1:]}<b>x</b>y<td>b</table>".encode()),
        lambda: html.material(f"<p>{LONG}".encode()),
        lambda: text.material(f"a {LONG} b\n".encode(), None),
        lambda: text.material(f"| a | {LONG} | b |\n".encode(), None),
    ],
    ids=["sheet", "csv", "html", "html in parts", "html outside", "text", "bars"],
)
def test_a_text_that_is_cut_is_named(read: Callable[[], Material]) -> None:
    found = read()
    assert (*found.problems, *found.pages[0].problems) == CUT
    assert max(len(word.text) for word in found.pages[0].words) == limits.MAX_CELL_CHARACTERS


def test_a_long_word_of_a_pdf_is_named() -> None:
    content = b"BT /F 2 Tf 10 700 Td (" + LONG.encode() + b") Tj ET"
    (page,) = pdf.material(pdf_with(content), None).pages
    assert page.problems == CUT


def test_a_text_of_the_longest_length_is_whole() -> None:
    found = csv.material(f"a,{LONG[1:]},b\n".encode())
    assert not found.problems


def test_problems_have_a_limit() -> None:
    rows = "".join(f"{number}{LONG}\n" for number in range(limits.MAX_PROBLEMS + 20))
    problems = csv.material(rows.encode()).problems
    assert len(problems) == limits.MAX_PROBLEMS + 1
    assert problems[-1] == "there are more such problems"
