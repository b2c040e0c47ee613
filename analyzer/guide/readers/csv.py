"""Files of values with commas, semicolons or tabs between them."""

import csv
import io

from analyzer.guide import limits
from analyzer.guide.readers.encodings import decoded
from analyzer.guide.readers.flat import Builder
from analyzer.guide.readers.refusal import UnreadableError
from analyzer.guide.tables import CellBasis, Material


def material(octets: bytes) -> Material:
    """The rows of the file as one table. A formula is text here, as everything is."""
    text = decoded(octets)
    rows = _rows(text, delimiter_of(text))
    builder = Builder()
    builder.table([[(value, 1, 1) for value in row] for row in rows], CellBasis.VALUES)
    return Material("csv", (builder.page(),), 1, tuple(builder.problems))


def delimiter_of(text: str) -> str:
    """The character that most lines of the beginning have in common; a comma where none has."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:50]
    counts = {mark: sum(mark in line for line in lines) for mark in "\t;,"}
    most = max(counts.values(), default=0)
    return next((mark for mark, count in counts.items() if count == most and most), ",")


def _rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) > limits.MAX_ROWS:
                raise UnreadableError(f"it has more than {limits.MAX_ROWS} rows: give the part that matters")
    except csv.Error as error:
        raise UnreadableError(f"it is no file of values ({error}): save it again as CSV") from error
    return rows
