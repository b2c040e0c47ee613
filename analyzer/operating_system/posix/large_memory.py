"""A file without a name is memory that the system moves to disk by itself. Linux takes pages away at once when asked;
macOS takes them when it needs them."""

import ctypes
import errno
import mmap
import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path

assert sys.platform != "win32"

LEFT_FREE = 1 << 30
"""Octets of the disk that are left to other programs."""
ZEROS = 1 << 20
"""Octets that are written at a time where the system cannot reserve room."""
IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
"""File systems whose files are in memory."""


class NamelessFile:
    """Memory in a file of ``folder`` that no name leads to: it is gone when the program ends, however it ends.

    Raises:
        OSError: there can be no file in this folder.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - it lives as long as its memory
        self._close = weakref.finalize(self, self._file.close)
        self._size = 0

    def mapped(self, octets: int) -> mmap.mmap:
        """The first ``octets`` of the file as memory. What was written before is in it. Memory that was mapped before
        shows the same octets.

        Raises:
            OSError: the disk has no room for them. Without room on disk, writing into the memory would end the program.
        """
        handle, more = self._file.fileno(), octets - self._size
        if more > 0:
            if shutil.disk_usage(self._folder).free < more + LEFT_FREE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            _reserve(handle, self._size, more)
            self._size = octets
        return mmap.mmap(handle, octets)

    def close(self) -> None:
        """Give the file up; the memory stays as long as it is used."""
        self._close()


def _reserve(handle: int, start: int, octets: int) -> None:
    """Make the file longer, with room on disk."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, start, octets)
        return
    for place in range(start, start + octets, ZEROS):
        os.pwrite(handle, bytes(min(ZEROS, start + octets - place)), place)


def is_on_disk(folder: str) -> bool:
    """Whether files in this folder are on a disk, as far as the system tells it."""
    try:
        device = os.stat(folder).st_dev  # noqa: PTH116 - as statvfs has it
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return True
    place = f"{os.major(device)}:{os.minor(device)}"
    mounted = (line.partition(" - ") for line in lines)
    return not any(before.split()[2] == place and after.split()[0] in IN_MEMORY for before, _, after in mounted)


def give_back(address: int, octets: int) -> None:
    """Take these pages out of this program's memory, as far as they are whole. Those of a file are read again when they
    are needed; the octets of others are lost."""
    start = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    stop = (address + octets) // mmap.PAGESIZE * mmap.PAGESIZE
    advise = getattr(ctypes.CDLL(None), "madvise", None)
    if start < stop and advise is not None:
        advise(ctypes.c_void_p(start), ctypes.c_size_t(stop - start), mmap.MADV_DONTNEED)


def resident_of_files() -> int:
    """The octets of files that are in this program's memory now; 0 where the system does not tell it."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[2]) * mmap.PAGESIZE
    except (OSError, ValueError, IndexError):
        return 0
