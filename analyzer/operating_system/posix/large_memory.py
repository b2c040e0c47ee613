"""Memory in a file: the system moves it to disk by itself. Linux takes pages away at once when asked;
macOS takes them when it needs them."""

import ctypes
import mmap
import os
import sys
from pathlib import Path

assert sys.platform != "win32"

ZEROS = 1 << 20
"""Octets that are written at a time where the system cannot reserve room."""
IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
"""File systems whose files are in memory."""


def reserve(handle: int, start: int, octets: int) -> None:
    """Make a file longer, with room on disk. Raises OSError."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, start, octets)
        return
    for place in range(start, start + octets, ZEROS):
        os.pwrite(handle, bytes(min(ZEROS, start + octets - place)), place)


def is_on_disk(folder: str) -> bool:
    """Whether files in this folder are on a disk, as far as the system shows it."""
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
    """The octets of files that are in this program's memory now; 0 where the system does not show it."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[2]) * mmap.PAGESIZE
    except (OSError, ValueError, IndexError):
        return 0
