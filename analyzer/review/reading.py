"""Reads the decisions of a review workbook. Anybody may have written it: every cell is checked before it is used."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analyzer.errors import AnalyzerError
from analyzer.review.decided import Line, decided
from analyzer.review.problems import Problems
from analyzer.review.words import BASIS, CAPTURED_UNTIL, CHECK, CHOICES, DEPENDS, FINDINGS, ROWS, decision_columns

LARGEST, LARGEST_UNPACKED = 256 << 20, 4 << 30
"""Octets of a workbook, and of what is packed in it."""
LONGEST_NAME = 200
_WROTE = "give a workbook that render --format xlsx wrote"


@dataclass(frozen=True)
class Review:
    """What a workbook says. ``lines``: those with a decision, by sheet; ``undecided``: lines that could have had one;
    ``site_sha256``: of the profile that the report was judged by."""

    lines: Mapping[str, tuple[Line, ...]]
    undecided: int
    site_sha256: str


@dataclass
class _Sheet:
    """A table as it was found: ``header``: column -> its number; ``rows``: the cells below the header."""

    name: str
    header: dict[str, int] = field(default_factory=dict)
    rows: Sequence[Sequence[Any]] = ()


def read_review(path: Path) -> Review:
    """The decisions of the workbook at ``path``.

    Raises:
        AnalyzerError: it cannot be read, it is no such workbook, or a cell is wrong; all mistakes are listed.
    """
    if find_spec("python_calamine") is None:
        raise AnalyzerError(
            "Reading a review workbook needs the package python-calamine: install dpm-analyzer[workbook]"
        )
    cells = _cells_of(path)
    problems = Problems(path.name)
    sheets = {name: _sheet(name, cells[name], problems) for name in (FINDINGS, ROWS)}
    basis = {str(name): (str(value), str(digest)) for _, name, value, digest in _four(cells[BASIS])}
    kinds = {str(kind): str(digest) for kind, _, _, digest in _four(cells[BASIS])}
    until = basis.get(CAPTURED_UNTIL, ("", ""))[0]
    problems.stop()
    found = {name: [*_lines(sheet, until, problems)] for name, sheet in sheets.items()}
    problems.stop()
    lines = {name: tuple(line for line in all_ if line.decision) for name, all_ in found.items()}
    undecided = sum(not line.decision for all_ in found.values() for line in all_)
    _same_terms(found[FINDINGS], problems)
    problems.stop()
    return Review(lines, undecided, kinds.get("site profile", ""))


def _cells_of(path: Path) -> dict[str, list[list[Any]]]:
    """The cells of the sheets that have decisions, and of the basis."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - belongs to the extra

    try:
        content = _octets(path)
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            lacking = [name for name in (FINDINGS, ROWS, BASIS) if name not in book.sheet_names]
            if lacking:
                raise AnalyzerError(f"{path.name}: there is no sheet {lacking[0]!r}: {_WROTE}")
            return {
                name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in (FINDINGS, ROWS, BASIS)
            }
    except (OSError, ValueError, CalamineError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise AnalyzerError(f"{path}: not a workbook that can be read ({reason}): {_WROTE}") from error
    except BaseException as error:
        # What Rust code raises where it gives up is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise AnalyzerError(f"{path}: this workbook is damaged: {_WROTE}") from None


def _octets(path: Path) -> bytes:
    """The octets of a workbook that is not too large, packed and unpacked."""
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        unpacked = sum(part.file_size for part in packed.infolist())
    if len(content) > LARGEST or unpacked > LARGEST_UNPACKED:
        raise AnalyzerError(f"{path}: the workbook is too large: delete its sheet flows, and save it again")
    return content


def _four(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, Any, Any, Any]]:
    for row in rows:
        kind, name, value, digest = (*row[:4], "", "", "", "")[:4]
        yield kind, name, value, digest


def _sheet(name: str, cells: Sequence[Sequence[Any]], problems: Problems) -> _Sheet:
    """A table with its columns by their names, in any order."""
    header: dict[str, int] = {}
    for number, value in enumerate(cells[0] if cells else ()):
        title = str(value).strip()
        if title in header:
            problems.add(name, 1, number, title, "this heading occurs twice: leave the headings as they were written")
        header.setdefault(title, number)
    for title in (*decision_columns(name), *DEPENDS[name], CHOICES, CHECK):
        if title not in header:
            problems.add(name, 1, None, title, f"there is no such column: {_WROTE}")
    return _Sheet(name, header, cells[1:])


def _lines(sheet: _Sheet, until: str, problems: Problems) -> Iterator[Line]:
    """The lines on which something can be decided, or was written."""
    columns = (*decision_columns(sheet.name), *DEPENDS[sheet.name], CHOICES, CHECK)
    for number, row in enumerate(sheet.rows, 2):
        texts = {name: text_of(row[sheet.header[name]]) if sheet.header[name] < len(row) else "" for name in columns}
        if texts[CHOICES] or any(texts[name] for name in decision_columns(sheet.name)):
            yield decided(sheet.name, number, texts, sheet.header, until, problems)


def _same_terms(lines: Sequence[Line], problems: Problems) -> None:
    """A waiver excuses every finding of its hosts and service: all of these have to be decided in the same way."""
    by_terms: dict[tuple[str, ...], list[Line]] = {}
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


def text_of(value: object) -> str:
    """A cell as text: a whole number without a point, a day as YYYY-MM-DD."""
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
