"""The answer to a question as a table for people, CSV, JSON or Parquet.

An answer is an Arrow table of any types. It can have text that strangers wrote, also text that a question makes of it.
"""

import datetime
import io
import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from analyzer.errors import OutputError
from analyzer.render.shared.escape import cell
from analyzer.text import visible

MOST_OF_A_CELL = 200
"""Letters of a cell of the table for people."""


def lines_of(answer: Any) -> list[list[Any]]:
    """The values line by line. Times are texts in UTC with all their digits."""
    columns = []
    for column in answer.columns:
        kind = column.type
        if pa.types.is_timestamp(kind):
            column = column.cast(pa.timestamp(kind.unit)).cast(pa.string())  # noqa: PLW2901 - the same column as text
            zone = "Z" if kind.tz else ""
            columns.append([None if one is None else f"{one.replace(' ', 'T')}{zone}" for one in column.to_pylist()])
        else:
            columns.append(column.to_pylist())
    return [list(line) for line in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else text_of_other(value)


def text_of_other(value: Any) -> str:
    """Octets in hexadecimal digits, days and times as ISO 8601 has them."""
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def text_of(value: Any) -> str:
    """A value as text; nothing for one that is not there."""
    value = plain(value)
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_table(answer: Any) -> bytes:
    """Columns of equal width, numbers to the right."""
    lines = [[visible(text_of(value))[:MOST_OF_A_CELL] for value in line] for line in lines_of(answer)]
    names = [visible(name)[:MOST_OF_A_CELL] for name in answer.column_names]
    widths = [max(map(len, column)) for column in zip(names, *lines, strict=True)]
    numeric = [is_number(kind) for kind in answer.schema.types]

    def joined(line: list[str]) -> str:
        cells = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ]
        return "  ".join(cells).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "".join(f"{line}\n" for line in (joined(names), rule, *map(joined, lines))).encode()


def is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def as_csv(answer: Any) -> bytes:
    """CSV with a header, escaped as flows.csv is; numbers as they are."""
    numeric = [is_number(kind) for kind in answer.schema.types]

    def joined(line: list[str], raw: list[bool]) -> str:
        return ",".join(text if is_raw else quoted(cell(text)) for text, is_raw in zip(line, raw, strict=True))

    header = joined(list(answer.column_names), [False] * len(numeric))
    lines = [joined([text_of(value) for value in line], numeric) for line in lines_of(answer)]
    return "".join(f"{line}\n" for line in (header, *lines)).encode("utf-8", "backslashreplace")


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(letter in text for letter in ',"') else text


def as_json(answer: Any) -> bytes:
    """A list with an object for each line; times are texts, numbers numbers."""
    names = answer.column_names
    if len(set(names)) < len(names):
        names = [name if names.index(name) == place else f"{name}_{place + 1}" for place, name in enumerate(names)]
    objects = [{name: plain(value) for name, value in zip(names, line, strict=True)} for line in lines_of(answer)]
    return (json.dumps(objects, ensure_ascii=True, indent=1) + "\n").encode()


def as_parquet(answer: Any) -> bytes:
    """Parquet with the types of the answer.

    Raises:
        OutputError: Parquet has no such type.
    """
    buffer = io.BytesIO()
    try:
        parquet.write_table(answer, buffer, compression="zstd")
    except pa.ArrowNotImplementedError as error:
        raise OutputError(
            f"the answer cannot be written as Parquet: {error}; cast the column in the question"
        ) from error
    return buffer.getvalue()


FORMATS: dict[str, Callable[[Any], bytes]] = {
    "table": as_table, "csv": as_csv, "json": as_json, "parquet": as_parquet,
}  # fmt: skip
