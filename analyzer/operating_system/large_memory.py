"""Memory that is too large for this machine: kept in a file without a name, and given back where it is not needed."""

import errno
import mmap
import os
import shutil
import sys
import tempfile
import weakref

if sys.platform == "win32":
    from analyzer.operating_system.windows.large_memory import give_back, is_on_disk, reserve, resident_of_files
else:
    from analyzer.operating_system.posix.large_memory import give_back, is_on_disk, reserve, resident_of_files

__all__ = ["NamelessFile", "give_back", "is_on_disk", "resident_of_files"]

LEFT_FREE = 1 << 30
"""Octets of the disk that are left to other programs."""


class NamelessFile:
    """Memory in a file of ``folder`` that is gone when the program ends, however it ends. On POSIX no name leads to it;
    on Windows it is deleted when it is closed.

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
            reserve(handle, self._size, more)
        memory = mmap.mmap(handle, octets)
        self._size = max(self._size, octets)
        return memory

    def close(self) -> None:
        """Give the file up; the memory stays as long as it is used."""
        self._close()
