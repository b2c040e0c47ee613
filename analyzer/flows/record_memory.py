"""The memory of an assembler's records.

Up to FLOWS_IN_MEMORY flows it is plain memory. The records of more flows are in a file without a name: pages that were
written are given back to the system from time to time, and a frame of an earlier flow reads its page again.
"""

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from analyzer.flows.kernel import record as r
from analyzer.operating_system.large_memory import NamelessFile, give_back, is_on_disk, resident_of_files

FIRST_FLOWS = 1024
ALIGNED_TO = 8
"""Integers that memory hands over together."""
FLOWS_IN_MEMORY = 2_000_000
MOST_RESIDENT = 1 << 30
"""Octets of files that may be in memory before pages of the records are given back."""
STEP = 1 << 18
"""Records by which the file grows."""
PART = 1 << 16
"""Records that are moved at a time."""
BLOCK = 1024
"""Records that are read at a time: they fit in the processor's caches."""
# No name in it leads to the file, so that nobody can put another one there.
FURTHER_FOLDERS = ("/var/tmp",)  # nosec B108
"""Where the file may be if the usual folder of temporary files is in memory itself."""


def aligned(rows: int) -> Any:
    """A table of so many records; each begins at a multiple of ALIGNED_TO integers in memory."""
    room = np.zeros(rows * r.WIDTH + ALIGNED_TO, dtype=np.int64)
    first = -(room.ctypes.data // room.itemsize) % ALIGNED_TO
    return room[first : first + rows * r.WIDTH].reshape(rows, r.WIDTH)


def reserved(rows: int) -> Any:
    """A table of so many records. The part that is not written to takes no memory, so the table need not grow. Where
    the system counts that part too and refuses it, the table has fewer records and grows later."""
    while True:
        try:
            return aligned(rows)
        except MemoryError:
            if rows <= FIRST_FLOWS:
                raise
            rows = max(rows // 16, FIRST_FLOWS)


def without_seed(records: Any) -> Any:
    """The records, changed: nothing in them depends on the seed of the assembler any more."""
    for side in (r.F_SIDE, r.F_SIDE + r.SIDE_WIDTH):
        records[:, side + r.S_LAST_CONTENT] = -1
    return records


def folder_on_disk() -> str:
    """The folder for the file: that of temporary files, unless its files are in memory. Raises OSError if none is on a
    disk."""
    for folder in (tempfile.gettempdir(), *FURTHER_FOLDERS):
        if is_on_disk(folder):
            return folder
    raise FileNotFoundError


class RecordMemory:
    """``rows``: the table of records, of shape (room, record.WIDTH); after it has grown it is another one."""

    def __init__(self) -> None:
        self.rows: Any = np.zeros((1, r.WIDTH), dtype=np.int64)
        self._file: NamelessFile | None = None
        self._may_use_disk = True
        self._left = 0
        """Octets of files that stayed in memory when pages were given back."""

    def begin(self, most: int) -> None:
        """A table for up to ``most`` flows."""
        self.rows = reserved(min(max(most, 0), FLOWS_IN_MEMORY) + 1)

    def begin_all(self, most: int) -> None:
        """The same with room for all of them."""
        self.rows = reserved(most + 1)

    @property
    def is_on_disk(self) -> bool:
        """Whether the records are in a file."""
        return self._file is not None

    def grow(self) -> None:
        """Make room for more records. Where the disk has no room, they are in memory."""
        if len(self.rows) > FLOWS_IN_MEMORY and self._may_use_disk:
            try:
                self._grow_on_disk()
            except (OSError, ValueError, OverflowError):
                self._may_use_disk = False
            else:
                return
        self._close_file()  # before the table is in other memory, whose pages cannot be read again
        self._move_to(aligned(2 * len(self.rows)))

    def _grow_on_disk(self) -> None:
        file = self._file or NamelessFile(folder_on_disk())
        try:
            memory = file.mapped((len(self.rows) + STEP) * r.WIDTH * self.rows.itemsize)
        except BaseException:
            if file is not self._file:
                file.close()
            raise
        rows = np.frombuffer(memory, dtype=np.int64).reshape(-1, r.WIDTH)
        if self._file is None:
            self._left = resident_of_files()
            self._file = file
            self._move_to(rows)
        self.rows = rows

    def _move_to(self, rows: Any) -> None:
        """Copy all records there, and give their memory back behind them."""
        before, self.rows = self.rows, rows
        for start in range(0, len(before), PART):
            part = before[start : start + PART]
            rows[start : start + len(part)] = part
            give_back(part.ctypes.data, part.nbytes)
            self.give_back()

    def give_back(self) -> None:
        """Give pages of the file back if there are many in memory. Their records stay."""
        if self._file is not None and resident_of_files() > self._left + MOST_RESIDENT:
            give_back(self.rows.ctypes.data, self.rows.nbytes)
            self._left = resident_of_files()

    def parts(self, flows: int) -> Iterator[slice]:
        """The records of so many flows, one part after the other; pages of parts before are given back."""
        for start in range(0, flows, PART):
            yield slice(start, min(start + PART, flows))
            self.give_back()

    def taken(self, flows: int) -> Iterator[Any]:
        """The records of so many flows in blocks, without what depends on the seed. Their memory is given back behind
        them: after that there are no records here."""
        yield self.rows[:0]  # a table without flows has its columns, too
        for start in range(0, flows, PART):
            part = self.rows[start : min(start + PART, flows)]
            for first in range(0, len(part), BLOCK):
                yield without_seed(part[first : first + BLOCK].copy())
            give_back(part.ctypes.data, part.nbytes)
        self.release()

    def release(self) -> None:
        """Give all memory back."""
        self.rows = np.zeros((0, r.WIDTH), dtype=np.int64)
        self._close_file()

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
