"""The first and the last sheet: the answer with what the workbook holds, and what the report was judged by."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from analyzer.palette import STATUSES, VERDICTS, mark
from analyzer.render.report.xlsx.book import LINE, Book, SheetColumn, SheetTable, lines_of
from analyzer.render.shared import page_model as view
from analyzer.report import Report
from analyzer.review.words import BASIS, BECAUSE, CAPTURED_UNTIL, FINDINGS, MEANINGS, ROWS
from analyzer.units import plural, size
from analyzer.values import Answer

_WIDTHS = (22, 16, 110)
_ANSWERS = {Answer.NOT_COMPLIANT: "unexpected", Answer.NOT_JUDGED: "undetermined", Answer.COMPLIANT: ""}
"""COMPLIANT has no colour: the table in use does not cover every item of the guide."""
Line = tuple[str, int | None, str]
"""A name, a number, a text."""
Part = tuple[str, Sequence[Line]]
"""A heading and its lines."""


def answer(book: Book, sheet: Any, report: Report, tables: Sequence[SheetTable]) -> None:
    """The answer, how sure it is, what the sheets hold and what to do with them."""
    meta = report.meta
    for place, width in enumerate(_WIDTHS):
        sheet.set_column(place, place, width)
    title = book.style("title", _ANSWERS[meta.answer] if meta.answer else "")
    number = _sentence(book, sheet, 0, meta.answer or "", title, 32)
    subtitle = " ".join(filter(None, (f"DPM port compliance of {meta.site.name}.", _span(report))))
    for text, style in ((meta.headline, "headline"), (meta.scope, "line"), (subtitle, "note")):
        if text:
            number = _sentence(book, sheet, number, text, book.style(style), 15)
    for heading, lines in _parts(book, report, tables):
        if lines:
            book.text(sheet, (number + 1, 0), heading, book.style("heading"))
            number += 2
        for line in lines:
            _line(book, sheet, number, line)
            number += 1


def _sentence(book: Book, sheet: Any, number: int, text: str, style: Any, height: int) -> int:  # noqa: PLR0913, PLR0917 - a line of the sheet
    """Write a text across the columns; the number of the next line."""
    sheet.set_row(number, height * lines_of(text, sum(_WIDTHS)) + 3)
    sheet.merge_range(number, 0, number, len(_WIDTHS) - 1, "", style)
    book.text(sheet, (number, 0), text, style)
    return number + 1


def _line(book: Book, sheet: Any, number: int, line: Line) -> None:
    """A name, a word of the report in its colour; a number; a text."""
    name, count, text = line
    word = name if mark(name).word else ""
    shown = f"{mark(name).symbol} {name}" if word else name
    sheet.set_row(number, LINE * lines_of(text, _WIDTHS[-1]) + 3)
    book.text(sheet, (number, 0), shown, book.style("word" if word else "name", word))
    if count is not None:
        sheet.write_number(number, 1, count, book.style("count"))
    book.text(sheet, (number, 2), text, book.style("warning" if name == "warning" else "sentence"))


def _span(report: Report) -> str:
    begun, ended = _ends(report)
    return f"Captured from {view.moment(begun)} to {view.moment(ended)} UTC." if begun else ""


def _ends(report: Report) -> tuple[str, str]:
    """When the first frame and the last one were captured, as times of the document."""
    first = [one.first_ts for one in report.meta.captures if one.first_ts is not None]
    last = [one.last_ts for one in report.meta.captures if one.last_ts is not None]
    return view.instant(min(first, default=None)), view.instant(max(last, default=None))


def _parts(book: Book, report: Report, tables: Sequence[SheetTable]) -> Iterator[Part]:
    meta, statuses = report.meta, Counter(report.rows["status"].tolist())
    yield (
        "Flows by verdict",
        [(one.word, meta.verdicts[one.word], one.meaning) for one in VERDICTS if meta.verdicts.get(one.word)],
    )
    yield (
        "Rows of the table by machine and status",
        [(one.word, statuses[one.word], one.meaning) for one in STATUSES if statuses[one.word]],
    )
    yield "What has to be known first", [(note.level, None, note.text) for note in meta.notes]
    left = [
        (name, count, f"{plural(count, 'line')} did not fit into the sheet; {name}.csv or report.json has them.")
        for name, count in book.left.items()
    ]
    cut = [
        (name, count, f"{plural(count, 'text')} longer than a cell can be, cut at its end; report.json has them whole.")
        for name, count in book.cut.items()
    ]
    yield "Not shown here", [*left, *cut]
    yield "Sheets", [(one.name, one.total, f"{one.about}.") for one in tables]
    yield "What you can decide", [*((str(word), None, text) for word, text in MEANINGS.items()), *_HOW]


_HOW: tuple[Line, ...] = (
    (
        "how",
        None,
        f"Fill in the yellow cells of the sheets {FINDINGS} and {ROWS}. accept and attest need an owner, the text in "
        f"{BECAUSE[FINDINGS]} or {BECAUSE[ROWS]}, and the last day that counts; a ticket may be added. All other cells "
        "are locked.",
    ),
    (
        "then",
        None,
        "dpm-analyzer review apply report.xlsx --site site.yaml -o site.new.yaml writes the decisions into a site "
        "profile. A missing row can be neither accepted nor attested: the captures could have shown it.",
    ),
)


def basis(report: Report) -> SheetTable:
    """What the report was judged by: tool, table, profile, captures, waivers, and what is not covered."""
    lines = [*_basis(report)]
    columns = (
        *(SheetColumn("what", 18), SheetColumn("name", 36, "wrap"), SheetColumn("value", 90, "wrap")),
        SheetColumn("SHA-256", 68),
    )
    about = "What the report was judged by, and what the table does not cover"
    return SheetTable(BASIS, about, columns, lines, len(lines))


def _basis(report: Report) -> Iterator[Sequence[str]]:
    meta = report.meta
    yield "tool", meta.tool, f"{meta.version}, document {meta.schema_version}", ""
    given = "given" if meta.site.given else "inferred from the traffic"
    yield "site profile", meta.site.name, f"{given} {meta.site.source}".strip(), meta.site.sha256
    for rules in meta.rules:
        edition = rules.edition or "no edition is printed"
        yield f"rules ({rules.kind})", rules.id, f"{rules.title}: {rules.source}, {edition}", rules.sha256
    begun, ended = _ends(report)
    yield "times", "captured from", begun, ""
    yield "times", CAPTURED_UNTIL, ended, ""
    for one in meta.captures:
        frames = f"{one.frames:,} frames: {view.where_frames_went(one)}"
        flaws = "; ".join((*view.quality(one), *one.damage))
        span = f"{view.moment(view.instant(one.first_ts))} to {view.moment(view.instant(one.last_ts))}"
        texts = (
            f"{one.format}, {size(one.size)}, vantage {one.vantage}",
            span,
            frames,
            flaws,
        )
        yield "capture", one.name, "; ".join(filter(None, texts)), one.sha256
    yield from (("left out", "", text, "") for text in meta.left_out)
    for waiver in meta.waivers:
        ends = f"{waiver.orig} to {waiver.resp}, {waiver.service}"
        yield (
            f"waiver ({waiver.state})",
            ends,
            f"{waiver.owner} until {waiver.expires}: {waiver.reason} ({plural(waiver.flows, 'flow')})",
            "",
        )
    for stated in meta.attestations:
        named = stated.item or " ".join(filter(None, (stated.rule, stated.machine)))
        yield f"attestation ({stated.state})", named, f"{stated.owner} until {stated.expires}: {stated.evidence}", ""
    yield from (("had to be captured", text, "", "") for text in meta.expect)
    yield from (("not covered", part.item, part.why, "") for part in meta.not_covered)
