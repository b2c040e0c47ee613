"""The tables of the document as CSV: UTF-8, lines end with LF, quotes where they are needed, columns as documented.

Written column by column, each distinct text escaped once: a million flows take seconds.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import compute

from analyzer.render.escape import cell
from analyzer.report import INTEGERS, TABLES, Report

LINES = 1 << 12
"""Lines that are joined at a time: more take no less time, and more memory."""
TEXT = pa.large_string()

_NOT_ITSELF = r"[^ -~]|;[=+\-@]|^[=+\-@]"
"""What ``cell`` may change in a text is one of these; it leaves any other as it is."""
_IN_QUOTES = '[",]'


def files(report: Report) -> dict[str, bytes]:
    """``flows.csv``, ``findings.csv``, ``rows.csv`` and ``boots.csv``."""
    return {f"{name}.csv": octets(getattr(report, name)) for name in TABLES}


def octets(frame: pd.DataFrame) -> bytes:
    """A table of the document as CSV with its header; -1 in a column of whole numbers is written empty."""
    return b"".join([",".join(frame.columns).encode() + b"\n", *_blocks(frame)])


def _blocks(frame: pd.DataFrame) -> Iterator[bytes]:
    end = pa.scalar("\n", TEXT)
    for first in range(0, len(frame), LINES):
        block = frame.iloc[first : first + LINES]
        *columns, last = (_column(str(name), block[name]) for name in frame.columns)
        last = compute.binary_join_element_wise(last, end, pa.scalar("", TEXT))
        lines = compute.binary_join_element_wise(*columns, last, pa.scalar(",", TEXT))
        _, _, joined = lines.buffers()
        yield joined.to_pybytes()


def _column(name: str, values: "pd.Series[Any]") -> Any:
    if name in INTEGERS:
        numbers = pa.array(values.to_numpy("int64"), mask=(values == -1).to_numpy())
        return numbers.cast(TEXT).fill_null("")
    texts = values.to_numpy("object")
    try:
        coded = pa.array(texts, TEXT).dictionary_encode()
    except UnicodeEncodeError:
        # Names of files may hold octets that are no UTF-8.
        coded = pa.array([cell(text) for text in texts], TEXT).dictionary_encode()
    return _cells(coded.dictionary).take(coded.indices)


def _cells(cells: Any) -> Any:
    """The cells of these texts."""
    changed = compute.match_substring_regex(cells, _NOT_ITSELF)
    if compute.any(changed).as_py():
        cells = compute.replace_with_mask(cells, changed, pa.array(map(cell, cells.filter(changed).to_pylist()), TEXT))
    quote = pa.scalar('"', TEXT)
    doubled = compute.replace_substring(cells, '"', '""')
    quoted = compute.binary_join_element_wise(quote, doubled, quote, pa.scalar("", TEXT))
    return compute.if_else(compute.match_substring_regex(cells, _IN_QUOTES), quoted, cells)
