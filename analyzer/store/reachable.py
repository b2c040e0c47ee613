"""The records that later frames can find, in small blocks, so that adding a capture reads only those that it needs.

``reachable.npz`` of an increment has, for each of them, the hash of its key with the number of its flow, in the order
of the flows, and where each block ends, with its SHA-256. ``reachable.bin`` has the blocks: up to BLOCK records, slot
by slot, compressed. ``flows.parquet`` has the same records and all others.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from analyzer.columns import Integers
from analyzer.errors import StoreError
from analyzer.flows.record_forms import FLOW_COLUMNS, problem_of_records
from analyzer.store.arrays import arrays_of, octets_of_arrays
from analyzer.store.folder import INCREMENTS, checked, parts_of
from analyzer.store.manifest import ADVICE, Increment

BLOCK = 64
"""Records of a block."""
MOST_BLOCKS = 1024
"""Blocks that stay in memory: 55 MB."""
LEVEL = 3
HASHED_TO, LINE_BITS = 1 << 16, 32


def reachable_files(tags: Integers, lines: Integers, records: Integers) -> dict[str, bytes]:
    """The files of these records. ``lines``: the numbers of their flows, increasing."""
    compressor = zstandard.ZstdCompressor(level=LEVEL)
    blocks = [
        compressor.compress(np.ascontiguousarray(records[start : start + BLOCK].T).tobytes())
        for start in range(0, len(records), BLOCK)
    ]
    sums = b"".join(hashlib.sha256(block).digest() for block in blocks)
    index = {
        "entries": (tags << LINE_BITS) | lines,
        "ends": np.cumsum([len(block) for block in blocks], dtype=np.int64),
        "sums": np.frombuffer(sums, dtype=np.int64).reshape(-1, 4),
    }
    return {"reachable.npz": octets_of_arrays(index, 0), "reachable.bin": b"".join(blocks)}


@dataclass(frozen=True)
class ReachableRecords:
    """Those of an increment; every method raises StoreError where a file is damaged. ``captures``: of the chain up to
    its end."""

    root: Path
    increment: Increment
    captures: int

    @cached_property
    def _index(self) -> dict[str, Any]:
        blocks = -(-self.increment.reachable // BLOCK)
        shapes = {"entries": (self.increment.reachable,), "ends": (blocks,), "sums": (blocks, 4)}
        content = checked(self.root, self._place, "reachable.npz", self.increment.files["reachable.npz"])
        try:
            arrays = arrays_of(content, shapes)
            lines, ends = arrays["entries"] & ((1 << LINE_BITS) - 1), arrays["ends"]
            if len(lines) and (lines[-1] >= self.increment.flows or (np.diff(lines) <= 0).any()):
                raise ValueError("lines")
            size = self.increment.files["reachable.bin"].size
            if (np.diff(ends, prepend=0) <= 0).any() or (ends[-1] if blocks else 0) != size:
                raise ValueError("blocks")
        except ValueError as error:
            raise self._damaged("reachable.npz", str(error)) from error
        return arrays

    @cached_property
    def tags(self) -> Integers:
        """The hash of each record's key, -1 where only later fragments can find it."""
        return np.asarray(self._index["entries"] >> LINE_BITS)

    @cached_property
    def lines(self) -> Integers:
        """The number of the flow of each record, increasing."""
        return np.asarray(self._index["entries"] & ((1 << LINE_BITS) - 1))

    @cached_property
    def _blocks(self) -> dict[int, Integers]:
        return {}

    @property
    def _place(self) -> Path:
        return Path(INCREMENTS) / self.increment.key

    def records(self, places: Integers) -> Integers:
        """The records at these places, which increase, checked: kernels may go on with them."""
        records = np.zeros((len(places), len(FLOW_COLUMNS)), dtype=np.int64)
        numbers = places // BLOCK
        for needed in np.split(np.unique(numbers), range(MOST_BLOCKS, len(numbers), MOST_BLOCKS)):
            if not len(needed):
                continue
            self._read(needed.tolist())
            first, last = np.searchsorted(numbers, [needed[0], needed[-1] + 1])
            for place in range(first, last):
                records[place] = self._blocks[int(numbers[place])][places[place] % BLOCK]
        if problem := problem_of_records(records, self.captures, self.lines[places]):
            raise self._damaged("reachable.bin", problem)
        return records

    def _read(self, numbers: Sequence[int]) -> None:
        """Have these blocks in memory, at most MOST_BLOCKS."""
        if len(self._blocks.keys() | numbers) > MOST_BLOCKS:
            self._blocks.clear()
        numbers = [number for number in numbers if number not in self._blocks]
        if not numbers:
            return
        ends, sums = self._index["ends"], self._index["sums"]
        spans = [(int(ends[number - 1]) if number else 0, int(ends[number])) for number in numbers]
        size = self.increment.files["reachable.bin"].size
        contents = parts_of(self.root, self._place, "reachable.bin", size, spans)
        for number, content in zip(numbers, contents, strict=True):
            if hashlib.sha256(content).digest() != sums[number].tobytes():
                raise self._damaged("reachable.bin", "the SHA-256 of a block")
            count = min(BLOCK, self.increment.reachable - number * BLOCK)
            self._blocks[number] = self._unpacked(content, count)

    def _unpacked(self, content: bytes, count: int) -> Integers:
        size = count * len(FLOW_COLUMNS) * 8
        try:
            if zstandard.frame_content_size(content) != size:
                raise ValueError("the size of a block")
            octets = zstandard.ZstdDecompressor().decompress(content, max_output_size=size)
        except (ValueError, zstandard.ZstdError) as error:
            raise self._damaged("reachable.bin", str(error)) from error
        return np.frombuffer(octets, dtype=np.int64).reshape(len(FLOW_COLUMNS), count).T

    def _damaged(self, name: str, what: str) -> StoreError:
        return StoreError(f"{self.root / self._place / name}: damaged ({what[:200]}); {ADVICE}")


class StoredRecords:
    """The records of a chain that later frames can find. ``increments``: those that the chain consists of, in order."""

    def __init__(self, root: Path, increments: Sequence[Increment]) -> None:
        self.parts: list[ReachableRecords] = []
        captures = 0
        for increment in increments:
            captures += len(increment.captures)
            self.parts.append(ReachableRecords(root, increment, captures))

    def with_tags(self, tags: Integers) -> tuple[Integers, Integers]:
        """(lines, records) that frames with these hashes can find; some of older increments no frame finds any more."""
        wanted = np.zeros(HASHED_TO, dtype=np.bool_)
        wanted[tags & (HASHED_TO - 1)] = True
        found = [np.zeros(0, dtype=np.int64)]
        for part in self.parts:
            places = np.flatnonzero(wanted[part.tags & (HASHED_TO - 1)])
            found.append(part.lines[places[np.isin(part.tags[places], tags)]])
        lines, _, records = self.at_lines(np.unique(np.concatenate(found)))
        return lines, records

    def at_lines(self, lines: Integers) -> tuple[Integers, Integers, Integers]:
        """(lines, hashes, records) of these flows, which increase, as the last increment has them that has them."""
        tags = np.full(len(lines), -1, dtype=np.int64)
        records = np.zeros((len(lines), len(FLOW_COLUMNS)), dtype=np.int64)
        left = np.arange(len(lines))
        for part in reversed(self.parts):
            places = np.searchsorted(part.lines, lines[left])
            here = places < len(part.lines)
            here[here] = part.lines[places[here]] == lines[left[here]]
            places, rows = places[here], left[here]
            tags[rows], records[rows] = part.tags[places], part.records(places)
            left = left[~here]
        known = np.setdiff1d(np.arange(len(lines)), left)
        return lines[known], tags[known], records[known]
