"""Locks of open files. Windows also refuses to read and write what another program has locked, so the octet that is
locked is behind the end of the file."""

import ctypes
import msvcrt
import sys
import time

from analyzer.operating_system.windows import api

assert sys.platform == "win32"

_PLACE = 1 << 30
"""The high 32 bits of the offset of the octet that is locked."""
_STEP = 0.1
"""Seconds between two tries; a call that waits would not end with Ctrl-C."""


def lock(handle: int, *, shared: bool, wait: bool) -> None:
    """Lock an open file until its handle is closed; several programs can have a shared lock.

    Raises:
        BlockingIOError: another program has a lock, and ``wait`` is not set.
        OSError: the file system has no locks.
    """
    flags = api.LOCK_FAIL_IMMEDIATELY | (0 if shared else api.LOCK_EXCLUSIVE)
    while True:
        where = api.Overlapped(offset_high=_PLACE)
        if api.kernel32.LockFileEx(msvcrt.get_osfhandle(handle), flags, 0, 1, 0, ctypes.byref(where)):
            return
        error = ctypes.WinError(ctypes.get_last_error())
        if error.winerror not in (api.ERROR_LOCK_VIOLATION, api.ERROR_IO_PENDING):
            raise error
        if not wait:
            raise BlockingIOError(error.errno, error.strerror)
        time.sleep(_STEP)
