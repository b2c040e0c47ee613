"""Advisory locks of open files."""

import fcntl
import sys

assert sys.platform != "win32"


def lock(handle: int, *, shared: bool, wait: bool) -> None:
    """Lock an open file until its handle is closed; several programs can have a shared lock.

    Raises:
        BlockingIOError: another program has a lock, and ``wait`` is not set.
        OSError: the file system has no locks.
    """
    fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
