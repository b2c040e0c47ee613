"""The whole workbook: its sheets in their order."""

from datetime import UTC, datetime, timedelta

from analyzer.render.report.xlsx import front, tables
from analyzer.render.report.xlsx.book import MOST_LINES, Book
from analyzer.report import Report

_EXCEL_BEGINS = datetime(1980, 1, 1)  # noqa: DTZ001 - XlsxWriter takes times without a zone


def octets(report: Report, most_lines: int = MOST_LINES) -> bytes:
    """The workbook of a document. ``most_lines``: lines of a sheet below its header."""
    captured = captured_until(report)
    book = Book(captured, captured.replace(hour=0, minute=0, second=0, microsecond=0), most_lines)
    made = [
        *(tables.findings(report), tables.rows(report), tables.boots(report), tables.executables(report)),
        *(tables.hosts(report), tables.flows(report), front.basis(report)),
    ]
    answer = book.add_sheet("answer")
    for table in made:
        book.table(book.add_sheet(table.name), table)
    front.answer(book, answer, report, made)
    answer.activate()
    return book.octets()


def captured_until(report: Report) -> datetime:
    """When the last frame was captured, UTC; where there is none, the first day that a workbook of Excel may have."""
    last = max((one.last_ts for one in report.meta.captures if one.last_ts is not None), default=None)
    if last is None:
        return _EXCEL_BEGINS
    seconds = datetime.fromtimestamp(0, UTC) + timedelta(seconds=last // 1_000_000_000)
    return max(seconds.replace(tzinfo=None), _EXCEL_BEGINS)
