"""Sets the tables of ``printed_tables`` as documents: HTML for Chromium, flat ODT for LibreOffice, text, CSV, a sheet."""

import csv
import io
from collections.abc import Iterator
from html import escape

from tests.guide.printed_tables import C, MadeTable

FONTS = {"en": "Liberation Sans, Arial, sans-serif", "ja": "IPAPGothic, IPAGothic, sans-serif"}


def expanded(table: MadeTable) -> list[list[str | None]]:
    """Rows of texts, one for each column; None where a cell above or beside spans the place."""
    width = len(table.widths)
    grid: list[list[str | None]] = [[None] * width for _ in table.cells]
    for number, column, cell in table.placed():
        grid[number][column] = cell.text
    return grid


def html(table: MadeTable, *, style: str = "ruled", size: float = 8.5, spans: bool = True) -> str:
    """A page with the table. ``style``: ruled, plain, lines (horizontal ones), striped, middle (plain and centred)."""
    rules = {
        "ruled": "td,th{border:0.7pt solid #000}",
        "plain": "td,th{border:0}",
        "lines": "tr{border-bottom:0.6pt solid #333} td,th{border:0}",
        "striped": "td,th{border:0} tr:nth-child(even) td{background:#dde6f0}",
        "middle": "td,th{border:0;vertical-align:middle}",
    }[style]
    body = "".join(_html_row(row, number < table.headings, spans) for number, row in enumerate(table.cells))
    columns = "".join(f'<col style="width:{width}mm">' for width in table.widths)
    notes = "".join(f"<p>*{number} {escape(text)}</p>" for number, text in table.notes)
    texts = "".join(f"<p>{escape(text)}</p>" for text in table.texts)
    return (
        f'<!DOCTYPE html><html lang="{table.language}"><head><meta charset="utf-8"><title>{table.name}</title><style>'
        f"@page{{size:A4;margin:15mm}}body{{font:{size}pt {FONTS[table.language]}}}"
        "table{border-collapse:collapse;table-layout:fixed;width:100%}"
        "td,th{padding:2pt 3pt;vertical-align:top;text-align:left;overflow-wrap:anywhere;font-weight:normal}"
        f"{rules} p{{margin:3pt 0}}</style></head><body><h2>Appendix: network ports</h2>"
        f"<table><colgroup>{columns}</colgroup>{body}</table>{notes}{texts}</body></html>"
    )


def _html_row(row: tuple[C, ...], heading: bool, spans: bool) -> str:
    del spans
    tag = "th" if heading else "td"
    cells = "".join(
        f"<{tag}{_span('rowspan', cell.down)}{_span('colspan', cell.across)}>{escape(cell.text).replace(chr(10), '<br>')}</{tag}>"
        for cell in row
    )
    return f"<tr>{cells}</tr>"


def _span(name: str, count: int) -> str:
    return f' {name}="{count}"' if count > 1 else ""


def fodt(table: MadeTable, *, ruled: bool = True, size: float = 8.5, height: float = 297.0, repeat: bool = True) -> str:
    """A document for LibreOffice. ``height``: of the page in millimetres; a low page breaks rows."""
    total = sum(table.widths)
    scale = 180.0 / total
    border = "0.5pt solid #000000" if ruled else "none"
    columns = "".join(f'<table:table-column table:style-name="w{index}"/>' for index in range(len(table.widths)))
    widths = "".join(
        f'<style:style style:name="w{index}" style:family="table-column"><style:table-column-properties'
        f' style:column-width="{width * scale:.2f}mm"/></style:style>'
        for index, width in enumerate(table.widths)
    )
    rows = list(_fodt_rows(table))
    headings = "".join(rows[: table.headings])
    headings = f"<table:table-header-rows>{headings}</table:table-header-rows>" if repeat else headings
    notes = "".join(f'<text:p text:style-name="P">*{number} {escape(text)}</text:p>' for number, text in table.notes)
    texts = "".join(f'<text:p text:style-name="P">{escape(text)}</text:p>' for text in table.texts)
    font = {"en": "Liberation Sans", "ja": "IPAPGothic"}[table.language]
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:font-face-decls><style:font-face style:name="F" svg:font-family="'{font}'"/></office:font-face-decls>
<office:automatic-styles>
<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="210mm" fo:page-height="{height}mm" fo:margin="15mm"/></style:page-layout>
<style:style style:name="P" style:family="paragraph"><style:text-properties style:font-name="F" style:font-name-asian="F" fo:font-size="{size}pt" style:font-size-asian="{size}pt"/></style:style>
<style:style style:name="T" style:family="table"><style:table-properties style:width="180mm" table:align="left" table:border-model="collapsing"/></style:style>
<style:style style:name="R" style:family="table-row"><style:table-row-properties fo:keep-together="auto"/></style:style>
<style:style style:name="C" style:family="table-cell"><style:table-cell-properties fo:padding="0.8mm" fo:border="{border}"/></style:style>
{widths}</office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="L"/></office:master-styles>
<office:body><office:text><text:p text:style-name="P">Appendix: network ports</text:p>
<table:table table:style-name="T">{columns}{headings}{"".join(rows[table.headings :])}</table:table>{notes}{texts}
</office:text></office:body></office:document>"""


def _fodt_rows(table: MadeTable) -> Iterator[str]:
    width = len(table.widths)
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(table.cells):
        cells, waiting = "", list(row)
        column = 0
        while column < width:
            if (number, column) in taken:
                cells += "<table:covered-table-cell/>"
                column += 1
                continue
            cell = waiting.pop(0) if waiting else C("")
            taken |= {(number + y, column + x) for y in range(cell.down) for x in range(cell.across)} - {
                (number, column)
            }
            spans = f' table:number-rows-spanned="{cell.down}" table:number-columns-spanned="{cell.across}"'
            paragraphs = "".join(
                f'<text:p text:style-name="P">{escape(line)}</text:p>' for line in cell.text.split("\n")
            )
            cells += f'<table:table-cell table:style-name="C" office:value-type="string"{spans}>{paragraphs}</table:table-cell>'
            column += 1
        yield f'<table:table-row table:style-name="R">{cells}</table:table-row>'


def values(table: MadeTable, *, delimiter: str = ",", filled: bool = True) -> str:
    """The table as a file of values. ``filled``: a spanned cell is written in each of its rows."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    last: list[str] = [""] * len(table.widths)
    grid = expanded(table)
    spanned = _spanned(table)
    for number, row in enumerate(grid):
        shown = []
        for column, text in enumerate(row):
            if text is not None:
                last[column] = text
            shown.append(text if text is not None else last[column] if filled and (number, column) in spanned else "")
        writer.writerow(shown)
    return out.getvalue()


def _spanned(table: MadeTable) -> set[tuple[int, int]]:
    """The places that a cell above spans."""
    return {
        (number + y, column + x)
        for number, column, cell in table.placed()
        for y in range(1, cell.down)
        for x in range(cell.across)
    }


def text(table: MadeTable) -> str:
    """The table with a line | of | cells |, as Markdown has it; spanned cells are written in each of their rows."""
    rows = list(csv.reader(io.StringIO(values(table, filled=True), newline="")))
    lines = ["| " + " | ".join(cell.replace("\n", "<br>").replace("|", "\\|") for cell in row) + " |" for row in rows]
    lines.insert(table.headings, "|" + "---|" * len(table.widths))
    return "\n".join([*lines, "", *(f"*{number} {note}" for number, note in table.notes), "", *table.texts]) + "\n"
