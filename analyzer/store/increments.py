"""An increment: what captures added to the flows of a chain, as files.

``flows.parquet`` has the records that are new or changed, each with its number in the chain (``line``);
``marks.parquet`` the frames that were kept; ``captures.json`` the facts of the captures; ``state.npz`` the arrays that
an assembler needs beside the records to go on; ``reachable.npz`` and ``reachable.bin`` the records that it may need.
Captures are numbered from 0 within the chain.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, parquet

from analyzer.columns import Integers
from analyzer.errors import StoreError
from analyzer.flows.assembler import MOST_MARKED_OCTETS, MOST_OCTETS_OF_A_FRAME
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.checkpoint import STATE_SHAPES, Checkpoint, problem_of_state
from analyzer.flows.marked import MarkedFrames, joined, of_stored_form, stored_form
from analyzer.flows.record_forms import FLOW_COLUMNS, MARK_COLUMNS, problem_of_marks, problem_of_records
from analyzer.store.arrays import arrays_of, octets_of_arrays
from analyzer.store.capture_forms import facts_of_text, text_of
from analyzer.store.folder import INCREMENTS, checked
from analyzer.store.manifest import ADVICE, Increment
from analyzer.store.reachable import reachable_files

LINE, OCTETS = "line", "octets"
NUMBERS = ("seed", "budget", "kept_octets", "marks_dropped")
"""What ``state.npz`` has as ``numbers``: fields of a Checkpoint."""
BLOCK = 1024
MANY = 10_000
"""Records from which several threads read a file faster than one."""


@dataclass(frozen=True, eq=False)
class Addition:
    """What an increment adds. ``lines``: the numbers of the records in the chain, increasing; ``records``: these.
    ``tags``, ``reachable``: the hashes of the records that later frames can find, and their places among these."""

    lines: Integers
    records: Integers
    tags: Integers
    reachable: Integers
    kept: MarkedFrames
    captures: Sequence[CaptureFacts]
    after: Checkpoint


def files_of(addition: Addition) -> dict[str, bytes]:
    """The files of an increment."""
    after = addition.after
    numbers = np.array([getattr(after, name) for name in NUMBERS], dtype=np.int64)
    state = {"recent": after.recent, "pieces": after.pieces, "numbers": numbers}
    columns = {LINE: addition.lines} | by_name(addition.records, FLOW_COLUMNS)
    return {
        "flows.parquet": parquet_of(pa.table(columns)),
        "marks.parquet": parquet_of(table_of_marks(addition.kept)),
        "captures.json": text_of(addition.captures),
        "state.npz": octets_of_arrays(state),
        **reachable_files(addition.tags, addition.lines[addition.reachable], addition.records[addition.reachable]),
    }


def table_of_marks(kept: MarkedFrames) -> Any:
    """The frames as a table, the octets of each beside its numbers."""
    lines, ends, octets = stored_form(kept)
    places = np.concatenate([[0], ends]).astype(np.int32)
    column = pa.BinaryArray.from_buffers(pa.binary(), len(lines), [None, pa.py_buffer(places), pa.py_buffer(octets)])
    return pa.table({**by_name(lines, MARK_COLUMNS), OCTETS: column})


def by_name(lines: Integers, names: Sequence[str]) -> dict[str, Any]:
    """The columns of a table of integers."""
    return {name: np.ascontiguousarray(lines[:, slot]) for slot, name in enumerate(names)}


def parquet_of(table: Any) -> bytes:
    buffer = io.BytesIO()
    # Numbers of a flow seldom recur: without a dictionary and statistics it is smaller, and faster to write and read.
    parquet.write_table(table, buffer, compression="zstd", use_dictionary=False, write_statistics=False)
    return buffer.getvalue()


class DamagedIncrementError(ValueError):
    """What is wrong with a file of an increment."""


@dataclass(frozen=True)
class IncrementFiles:
    """The files of an increment in a store; every method raises StoreError for one that is damaged."""

    root: Path
    increment: Increment

    @property
    def folder(self) -> Path:
        return self.root / INCREMENTS / self.increment.key

    def captures(self) -> list[CaptureFacts]:
        """The facts of its captures, without names."""
        content = self._read("captures.json")
        try:
            found = facts_of_text(content)
        except (ValueError, RecursionError) as error:
            raise self._damaged("captures.json", "facts of captures") from error
        if tuple(facts.sha256 for facts in found) != self.increment.captures:
            raise self._damaged("captures.json", "other captures")
        return found

    def flows(self) -> tuple[Integers, Integers]:
        """(lines, records) of the flows that it adds or changes."""
        try:
            table = self._table("flows.parquet", (LINE, *FLOW_COLUMNS), self.increment.lines)
            lines = integers(table, LINE)
            if len(lines) and not (lines[0] >= 0 and lines[-1] < self.increment.flows and (np.diff(lines) > 0).all()):
                raise DamagedIncrementError("lines")
            return lines, records_of(table, FLOW_COLUMNS)
        except (DamagedIncrementError, pa.ArrowException) as error:
            raise self._damaged("flows.parquet", str(error)) from error

    def marks(self) -> MarkedFrames:
        """The frames that it keeps."""
        try:
            table = self._table("marks.parquet", (*MARK_COLUMNS, OCTETS), self.increment.marks)
            kept = table.column(OCTETS)
            if kept.type != pa.binary() or kept.null_count or kept.nbytes > 2 * MOST_MARKED_OCTETS:
                raise DamagedIncrementError("octets")
            lines, sizes = records_of(table, MARK_COLUMNS), compute.binary_length(kept).to_numpy()
            if (sizes > MOST_OCTETS_OF_A_FRAME).any():
                raise DamagedIncrementError("octets")
            return of_stored_form(lines, sizes, b"".join(map(octets_of, kept.chunks)))
        except (ValueError, pa.ArrowException) as error:
            raise self._damaged("marks.parquet", str(error)) from error

    def state(self) -> Checkpoint:
        """The checkpoint after it, without records."""
        content = self._read("state.npz")
        try:
            arrays = arrays_of(content, {**STATE_SHAPES, "numbers": (len(NUMBERS),)})
        except ValueError as error:
            raise self._damaged("state.npz", str(error)) from error
        numbers = dict(zip(NUMBERS, arrays["numbers"].tolist(), strict=True))
        none = np.zeros((0, len(FLOW_COLUMNS)), dtype=np.int64)
        after = Checkpoint(none, arrays["recent"], arrays["pieces"], **numbers)
        if problem := problem_of_state(after, self.increment.flows):
            raise self._damaged("state.npz", problem)
        return after

    def _read(self, name: Any) -> bytes:
        return checked(self.root, Path(INCREMENTS) / self.increment.key, name, self.increment.files[name])

    def _table(self, name: str, columns: Sequence[str], lines: int) -> Any:
        """A Parquet file with these columns and so many lines. Raises DamagedIncrementError and ArrowException."""
        file = parquet.ParquetFile(pa.BufferReader(self._read(name)))
        if file.metadata.num_rows != lines or tuple(file.schema_arrow.names) != tuple(columns):
            raise DamagedIncrementError("its columns or lines")
        return file.read(use_threads=lines > MANY)

    def _damaged(self, name: str, what: str) -> StoreError:
        return StoreError(f"{self.folder / name}: damaged ({what[:200]}); {ADVICE}")


def octets_of(column: Any) -> memoryview:
    """The octets of all values of a column of octets, one behind the other."""
    _, places, octets = column.buffers()
    ends = np.frombuffer(places, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    return memoryview(octets or b"")[ends[0] : ends[-1]]


def integers(table: Any, name: str) -> Any:
    """A column of 64-bit integers. Raises DamagedIncrementError for another one."""
    column = table.column(name)
    if column.type != pa.int64() or column.null_count:
        raise DamagedIncrementError(f"the column {name}")
    return column.to_numpy()


def records_of(table: Any, names: Sequence[str]) -> Integers:
    """The table of integers of these columns."""
    columns = [integers(table, name) for name in names]
    records = np.empty((table.num_rows, len(names)), dtype=np.int64)
    # A block of lines at a time stays in the processor's cache while its columns are written.
    for start in range(0, len(records), BLOCK):
        for slot, column in enumerate(columns):
            records[start : start + BLOCK, slot] = column[start : start + BLOCK]
    return records


def load(root: Path, increments: Sequence[Increment]) -> Checkpoint:
    """The chain that consists of these increments, with all records, checked.

    Raises:
        StoreError: an increment is damaged, or the records are none of an assembler.
    """
    last = increments[-1]
    records = np.empty((last.flows, len(FLOW_COLUMNS)), dtype=np.int64)
    missing = np.ones(last.flows, dtype=np.bool_)
    for increment in increments:
        lines, changed = IncrementFiles(root, increment).flows()
        records[lines] = changed
        missing[lines] = False
    if missing.any():
        raise StoreError(f"{root / INCREMENTS / last.key}: damaged (records are missing); {ADVICE}")
    if problem := problem_of_records(records, sum(len(increment.captures) for increment in increments)):
        raise StoreError(f"{root / INCREMENTS / last.key}: damaged ({problem}); {ADVICE}")
    return replace(IncrementFiles(root, last).state(), records=records)


def load_marks(root: Path, increments: Sequence[Increment]) -> MarkedFrames:
    """The frames that all of these increments keep, checked.

    Raises:
        StoreError: an increment is damaged.
    """
    kept = joined([IncrementFiles(root, increment).marks() for increment in increments])
    if problem := problem_of_marks(
        np.asarray(kept.lines), increments[-1].flows, sum(len(increment.captures) for increment in increments)
    ):
        raise StoreError(f"{root / INCREMENTS / increments[-1].key}: damaged ({problem}); {ADVICE}")
    return kept
