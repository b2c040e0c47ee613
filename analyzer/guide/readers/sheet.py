"""xlsx, xls and ods by python-calamine: what a cell shows, and which are merged. A formula's last result is read."""

import io
from typing import Any

from analyzer.guide import limits
from analyzer.guide.readers.flat import Builder, FlatCell
from analyzer.guide.readers.refusal import UnreadableError
from analyzer.guide.tables import CellBasis, Material, Page

_Merged = dict[tuple[int, int], tuple[int, int]]


def material(octets: bytes) -> Material:
    """Each visible sheet as a table.

    Raises:
        UnreadableError: it is no such file, it is encrypted, or too large.
    """
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - belongs to the extra

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(octets)) as book:
            return _book(book)
    except CalamineError as error:
        raise UnreadableError(
            f"the sheet is damaged or encrypted ({type(error).__name__}): save it again without a password, or as CSV"
        ) from error


def _book(book: Any) -> Material:
    from python_calamine import SheetVisibleEnum  # noqa: PLC0415 - belongs to the extra

    pages: list[Page] = []
    problems: list[str] = []
    sheets = list(book.sheets_metadata)
    for number, about in enumerate(sheets[: limits.MAX_PAGES], 1):
        if about.visible != SheetVisibleEnum.Visible:
            problems.append(f"sheet {number} ({about.name!r}) is hidden; it was not read")
            continue
        sheet = book.get_sheet_by_name(about.name)
        if sheet.end is None:
            problems.append(f"sheet {number} ({about.name!r}) has no cells")
            continue
        rows = sheet.end[0] + 1
        if rows > limits.MAX_ROWS:
            raise UnreadableError(
                f"sheet {number} has {rows} rows, {limits.MAX_ROWS} are read: give the part that matters"
            )
        builder = Builder()
        # Only some kinds of sheets say which cells are merged; in the others an empty cell may belong to one above.
        merges = sheet.merged_cell_ranges is not None
        builder.table(_rows(sheet), CellBasis.SHEET if merges else CellBasis.PLAIN_SHEET, f"sheet {number}")
        pages.append(builder.page(number))
        problems += builder.problems
    if len(sheets) > limits.MAX_PAGES:
        problems.append(f"{len(sheets)} sheets; only the first {limits.MAX_PAGES} were read")
    return Material("sheet", tuple(pages), len(sheets), tuple(problems))


def _rows(sheet: Any) -> list[list[FlatCell]]:
    merged: _Merged = {}
    covered: set[tuple[int, int]] = set()
    for (top, left), (bottom, right) in (sheet.merged_cell_ranges or ())[: limits.MAX_CELLS]:
        down, across = min(bottom - top + 1, limits.MAX_ROWS), min(right - left + 1, limits.MAX_COLUMNS)
        if len(covered) + down * across > limits.MAX_CELLS:
            raise UnreadableError(f"more than {limits.MAX_CELLS} cells are merged: give the part that matters")
        merged[top, left] = down, across
        covered |= {(top + y, left + x) for y in range(down) for x in range(across)} - {(top, left)}
    values = sheet.to_python(skip_empty_area=False)
    return [
        [
            (shown(value), *merged.get((y, x), (1, 1)))
            for x, value in enumerate(row[: limits.MAX_COLUMNS + 1])
            if (y, x) not in covered
        ]
        for y, row in enumerate(values)
    ]


def shown(value: object) -> str:
    """A cell's value as text; a whole number without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).replace("\r\n", "\n")
