"""An increment: what captures added to the flows of a chain, as files.

``flows.parquet`` has the records that are new or changed, each with its number in the chain (``line``);
``marks.parquet`` the frames that were kept; ``captures.json`` the facts of the captures; ``state.npz`` the arrays that
an assembler needs beside the records to go on. Captures are numbered from 0 within the chain.
"""

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from analyzer.columns import Integers
from analyzer.errors import StoreError
from analyzer.flows.assembler import MOST_MARKED_OCTETS, MOST_OCTETS_OF_A_FRAME
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.checkpoint import STATE_SHAPES, Checkpoint, KeptFrames, problem_of_checkpoint
from analyzer.flows.record_forms import FLOW_COLUMNS, MARK_COLUMNS, problem_of_marks
from analyzer.store.capture_forms import facts_of_text, text_of
from analyzer.store.folder import INCREMENTS, checked
from analyzer.store.manifest import ADVICE, Increment

LINE, OCTETS = "line", "octets"
NUMBERS = ("seed", "budget", "kept_octets", "marks_dropped")
"""What ``state.npz`` has as ``numbers``: fields of a Checkpoint."""
MOST_HEAD_OF_AN_ARRAY = 1024
BLOCK = 1024
MANY = 10_000
"""Records from which several threads read a file faster than one."""


@dataclass(frozen=True, eq=False)
class Addition:
    """What an increment adds. ``lines``: the numbers of the records in the chain, increasing; ``records``: these."""

    lines: Integers
    records: Integers
    kept: KeptFrames
    captures: Sequence[CaptureFacts]
    after: Checkpoint


def files_of(addition: Addition) -> dict[str, bytes]:
    """The files of an increment."""
    after = addition.after
    state = io.BytesIO()
    numbers = np.array([getattr(after, name) for name in NUMBERS], dtype=np.int64)
    np.savez_compressed(state, recent=after.recent, pieces=after.pieces, numbers=numbers)
    columns = {LINE: addition.lines} | by_name(addition.records, FLOW_COLUMNS)
    marks = by_name(addition.kept.lines, MARK_COLUMNS)
    octets = pa.array(addition.kept.octets, type=pa.binary())
    return {
        "flows.parquet": parquet_of(pa.table(columns)),
        "marks.parquet": parquet_of(pa.table({**marks, OCTETS: octets})),
        "captures.json": text_of(addition.captures),
        "state.npz": state.getvalue(),
    }


def by_name(lines: Integers, names: Sequence[str]) -> dict[str, Any]:
    """The columns of a table of integers."""
    return {name: np.ascontiguousarray(lines[:, slot]) for slot, name in enumerate(names)}


def parquet_of(table: Any) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


class DamagedIncrementError(ValueError):
    """What is wrong with a file of an increment."""


@dataclass(frozen=True)
class IncrementFiles:
    """The files of an increment in a store; every method raises StoreError for one that is damaged."""

    root: Path
    increment: Increment

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

    def marks(self) -> KeptFrames:
        """The frames that it keeps."""
        try:
            table = self._table("marks.parquet", (*MARK_COLUMNS, OCTETS), self.increment.marks)
            kept = table.column(OCTETS)
            if kept.type != pa.binary() or kept.null_count or kept.nbytes > 2 * MOST_MARKED_OCTETS:
                raise DamagedIncrementError("octets")
            octets = kept.to_pylist()
            if max(map(len, octets), default=0) > MOST_OCTETS_OF_A_FRAME:
                raise DamagedIncrementError("octets")
            return KeptFrames(records_of(table, MARK_COLUMNS), octets)
        except (DamagedIncrementError, pa.ArrowException) as error:
            raise self._damaged("marks.parquet", str(error)) from error

    def state(self, records: Integers) -> Checkpoint:
        """The checkpoint after it, with all records of the chain."""
        content = self._read("state.npz")
        try:
            arrays = arrays_of(content, {**STATE_SHAPES, "numbers": (len(NUMBERS),)})
        except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
            raise self._damaged("state.npz", str(error)) from error
        numbers = dict(zip(NUMBERS, arrays["numbers"].tolist(), strict=True))
        return Checkpoint(records, arrays["recent"], arrays["pieces"], **numbers)

    def _read(self, name: Any) -> bytes:
        return checked(self.root, Path(INCREMENTS) / self.increment.key, name, self.increment.files[name])

    def _table(self, name: str, columns: Sequence[str], lines: int) -> Any:
        """A Parquet file with these columns and so many lines. Raises DamagedIncrementError and ArrowException."""
        file = parquet.ParquetFile(pa.BufferReader(self._read(name)))
        if file.metadata.num_rows != lines or tuple(file.schema_arrow.names) != tuple(columns):
            raise DamagedIncrementError("its columns or lines")
        return file.read(use_threads=lines > MANY)

    def _damaged(self, name: str, what: str) -> StoreError:
        return StoreError(f"{self.root / INCREMENTS / self.increment.key / name}: damaged ({what[:200]}); {ADVICE}")


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


def arrays_of(content: bytes, shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    """The arrays of an npz file, each of its shape; sizes are compared before anything is unpacked.

    Raises:
        ValueError, OSError, EOFError, KeyError, BadZipFile, zlib.error, NotImplementedError: it has others.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        sizes = {info.filename: info.file_size for info in packed.infolist()}
    if set(sizes) != {f"{name}.npy" for name in shapes}:
        raise ValueError("its arrays")
    if any(sizes[f"{name}.npy"] > 8 * int(np.prod(shape)) + MOST_HEAD_OF_AN_ARRAY for name, shape in shapes.items()):
        raise ValueError("the size of its arrays")
    with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
        arrays = {name: loaded[name] for name in shapes}
    if any(array.shape != shapes[name] or array.dtype != np.int64 for name, array in arrays.items()):
        raise ValueError("the shape of its arrays")
    return arrays


@dataclass(frozen=True, eq=False)
class Loaded:
    """A chain up to the end of an increment. ``increments``: in order; ``lines``: the records that each of them added
    or changed; ``after``: the checkpoint there."""

    increments: tuple[Increment, ...]
    lines: tuple[Integers, ...]
    after: Checkpoint


def load(root: Path, increments: Sequence[Increment]) -> Loaded:
    """The chain that consists of these increments, checked: kernels may go on with it.

    Raises:
        StoreError: an increment is damaged, or the records are none of an assembler.
    """
    last = increments[-1]
    parts = [IncrementFiles(root, increment).flows() for increment in increments]
    records = np.empty((last.flows, len(FLOW_COLUMNS)), dtype=np.int64)
    missing = np.ones(last.flows, dtype=np.bool_)
    for lines, changed in parts:
        records[lines] = changed
        missing[lines] = False
    if missing.any():
        raise StoreError(f"{root / INCREMENTS / last.key}: damaged (records are missing); {ADVICE}")
    after = IncrementFiles(root, last).state(records)
    if problem := problem_of_checkpoint(after, sum(len(increment.captures) for increment in increments)):
        raise StoreError(f"{root / INCREMENTS / last.key}: damaged ({problem}); {ADVICE}")
    return Loaded(tuple(increments), tuple(lines for lines, _ in parts), after)


def load_marks(root: Path, increments: Sequence[Increment]) -> KeptFrames:
    """The frames that all of these increments keep, checked.

    Raises:
        StoreError: an increment is damaged.
    """
    parts = [IncrementFiles(root, increment).marks() for increment in increments]
    lines = np.concatenate([np.zeros((0, len(MARK_COLUMNS)), dtype=np.int64), *(part.lines for part in parts)])
    if problem := problem_of_marks(
        lines, increments[-1].flows, sum(len(increment.captures) for increment in increments)
    ):
        raise StoreError(f"{root / INCREMENTS / increments[-1].key}: damaged ({problem}); {ADVICE}")
    return KeptFrames(lines, [frame for part in parts for frame in part.octets])
