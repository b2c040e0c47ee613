"""The tables of the document as CSV: UTF-8, lines end with LF, quotes where they are needed, columns as documented.

Written in blocks, column by column, each distinct text of a block escaped once: a million flows take seconds.
"""

import codecs
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import compute

from analyzer.render.shared.escape import cell
from analyzer.render.shared.pieces import Piece, Pieces
from analyzer.render.shared.render_input import RenderInput
from analyzer.report import INTEGERS, TABLES
from analyzer.report.dictionary import TEXT, coded, joined

LINES = 1 << 12
"""Lines that are joined at a time: more take no less time, and more memory."""
CODED_LINES = 1 << 16
"""Lines whose distinct texts are found at a time."""

_NOT_ITSELF = r"[^ -~]|;[=+\-@]|^[=+\-@]"
"""What ``cell`` may change in a text is one of these; it leaves any other as it is."""
_IN_QUOTES = '[",]'


def files(given: RenderInput) -> dict[str, Pieces]:
    """``flows.csv``, ``findings.csv``, ``rows.csv`` and ``boots.csv``. With a byte order mark they are in the folder
    ``excel``: the files of the report stay what its document gives."""
    folder = "excel/" if given.options.bom else ""
    return {f"{folder}{name}.csv": Pieces(partial(_of_table, given, name)) for name in TABLES}


def _of_table(given: RenderInput, name: str) -> Iterator[Piece]:
    if given.options.bom:
        yield codecs.BOM_UTF8
    yield from pieces([getattr(given.report, name)])


def octets(frame: pd.DataFrame) -> bytes:
    """A table of the document as CSV with its header; -1 in a column of whole numbers is written empty."""
    return bytes(Pieces(lambda: pieces([frame])))


def pieces(frames: Iterable[pd.DataFrame]) -> Iterator[Piece]:
    """The same in pieces, of a table that is in parts: at least one."""
    for number, frame in enumerate(frames):
        if not number:
            yield ",".join(frame.columns).encode() + b"\n"
        yield from _blocks(frame)


def _blocks(frame: pd.DataFrame) -> Iterator[Piece]:
    for start in range(0, len(frame), CODED_LINES):
        part = frame.iloc[start : start + CODED_LINES]
        columns = [_column(str(name), values, coded(values)) for name, values in part.items()]
        for first in range(0, len(part), LINES):
            block = [cells.take(lines.slice(first, LINES)) for cells, lines in columns]
            yield joined(compute.binary_join_element_wise(*block, pa.scalar(",", TEXT)), "\n")


def _column(name: str, values: "pd.Series[Any]", code: Any) -> tuple[Any, Any]:
    """The distinct cells of a column, and the number of its cell a line."""
    if name in INTEGERS:
        numbers = pa.array(values.to_numpy("int64")).dictionary_encode()
        known = compute.not_equal(numbers.dictionary, -1)
        return compute.if_else(known, numbers.dictionary.cast(TEXT), pa.scalar("", TEXT)), numbers.indices
    if code is None:
        # Names of files may hold octets that are no UTF-8.
        code = pa.array([cell(text) for text in values.tolist()], TEXT).dictionary_encode()
    return _cells(code.dictionary), code.indices


def _cells(cells: Any) -> Any:
    """The cells of these texts."""
    changed = compute.match_substring_regex(cells, _NOT_ITSELF)
    if compute.any(changed).as_py():
        cells = compute.replace_with_mask(cells, changed, pa.array(map(cell, cells.filter(changed).to_pylist()), TEXT))
    special = compute.match_substring_regex(cells, _IN_QUOTES)
    if not compute.any(special).as_py():
        return cells
    quote = pa.scalar('"', TEXT)
    doubled = compute.replace_substring(cells, '"', '""')
    quoted = compute.binary_join_element_wise(quote, doubled, quote, pa.scalar("", TEXT))
    return compute.if_else(special, quoted, cells)
