"""Reads the decisions of a review workbook. Anybody may have written it: every cell is checked before it is used."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.errors import AnalyzerError
from analyzer.review.decided import DecisionLine, decided
from analyzer.review.problems import Problems
from analyzer.review.process import WROTE, read_sheets
from analyzer.review.words import (
    BASIS,
    CAPTURED_UNTIL,
    CHECK,
    CHOICES,
    DEPENDS,
    FINDINGS,
    ROWS,
    VERDICT_REASON,
    decision_columns,
)


@dataclass(frozen=True)
class Review:
    """What a workbook says. ``lines``: those with a decision, by sheet; ``undecided``: lines that could have had one;
    ``site_sha256``: of the profile that the report was judged by."""

    lines: Mapping[str, tuple[DecisionLine, ...]]
    undecided: int
    site_sha256: str


@dataclass
class _Sheet:
    """A table as it was found: ``header``: column -> its number; ``rows``: the cells below the header."""

    name: str
    header: dict[str, int] = field(default_factory=dict)
    rows: Sequence[Sequence[str]] = ()


def read_review(path: Path) -> Review:
    """The decisions of the workbook at ``path``.

    Raises:
        AnalyzerError: it cannot be read, it is no such workbook, or a cell is wrong; all mistakes are listed.
    """
    cells = read_sheets(path)
    for name in (FINDINGS, ROWS, BASIS):
        if name not in cells:
            raise AnalyzerError(f"{path.name}: there is no sheet {name!r}: {WROTE}")
    problems = Problems(path.name)
    sheets = {name: _sheet(name, cells[name], problems) for name in (FINDINGS, ROWS)}
    until = next((value for *names, value, _ in _four(cells[BASIS]) if names == ["times", CAPTURED_UNTIL]), "")
    digests = {kind: digest for kind, _, _, digest in _four(cells[BASIS])}
    problems.stop()
    found = {name: [*_lines(sheet, until, problems)] for name, sheet in sheets.items()}
    problems.stop()
    lines = {name: tuple(line for line in all_ if line.decision) for name, all_ in found.items()}
    undecided = sum(not line.decision for all_ in found.values() for line in all_)
    _same_terms(found[FINDINGS], problems)
    problems.stop()
    return Review(lines, undecided, digests.get("site profile", ""))


def _four(rows: Iterable[Sequence[str]]) -> Iterator[tuple[str, str, str, str]]:
    for row in rows:
        kind, name, value, digest = (*row[:4], "", "", "", "")[:4]
        yield kind, name, value, digest


def _sheet(name: str, cells: Sequence[Sequence[str]], problems: Problems) -> _Sheet:
    """A table with its columns by their names, in any order."""
    header: dict[str, int] = {}
    for number, title in enumerate(cells[0] if cells else ()):
        if title and title in header:
            problems.add(name, 1, number, title, "this heading occurs twice: leave the headings as they were written")
        header.setdefault(title, number)
    for title in (*decision_columns(name), *DEPENDS[name], CHOICES, CHECK):
        if title not in header:
            problems.add(name, 1, None, title, f"there is no such column: {WROTE}")
    return _Sheet(name, header, cells[1:])


def _lines(sheet: _Sheet, until: str, problems: Problems) -> Iterator[DecisionLine]:
    """The lines on which something can be decided, or was written."""
    also = (VERDICT_REASON,) if VERDICT_REASON in sheet.header else ()
    columns = (*decision_columns(sheet.name), *DEPENDS[sheet.name], CHOICES, CHECK, *also)
    for number, row in enumerate(sheet.rows, 2):
        texts = {name: row[sheet.header[name]] if sheet.header[name] < len(row) else "" for name in columns}
        if texts[CHOICES] or any(texts[name] for name in decision_columns(sheet.name)):
            yield decided(sheet.name, number, texts, sheet.header, until, problems)


def _same_terms(lines: Sequence[DecisionLine], problems: Problems) -> None:
    """A waiver excuses every finding of its hosts and service: all of these have to be decided in the same way."""
    by_terms: dict[tuple[str, ...], list[DecisionLine]] = {}
    for line in lines:
        if line.can_be_accepted:
            by_terms.setdefault(line.terms, []).append(line)
    for same in by_terms.values():
        accepted = next((line for line in same if line.decision == "accept"), None)
        for line in same if accepted else ():
            if accepted and line.answer != accepted.answer:
                problems.add(
                    FINDINGS, line.number, line.column, "decision",
                    f"a waiver for row {accepted.number} excuses this finding too (the same hosts and service): decide "
                    "both in the same way",
                )  # fmt: skip
