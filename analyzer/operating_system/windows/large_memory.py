"""A file that is deleted when it is closed is memory that Windows moves to disk by itself, when it needs the room."""

import errno
import mmap
import os
import shutil
import sys
import tempfile
import weakref

assert sys.platform == "win32"

LEFT_FREE = 1 << 30
"""Octets of the disk that are left to other programs."""


class DeletedFile:
    """Memory in a file of ``folder`` that is deleted when the program ends, however it ends.

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
            OSError: the disk has no room for them.
        """
        more = octets - self._size
        if more > 0 and shutil.disk_usage(self._folder).free < more + LEFT_FREE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        memory = mmap.mmap(self._file.fileno(), octets)  # makes the file as long, with room on disk
        self._size = max(self._size, octets)
        return memory

    def close(self) -> None:
        """Give the file up; the memory stays as long as it is used."""
        self._close()


def is_on_disk(folder: str) -> bool:
    """Windows has no folders whose files are in memory."""
    return bool(folder)


def give_back(address: int, octets: int) -> None:
    """Windows takes pages of files by itself when it needs them."""


def resident_of_files() -> int:
    """Windows bounds this by itself."""
    return 0
