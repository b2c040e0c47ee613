"""An interruption (Ctrl-C) always reaches Python's main thread, and only between two steps of Python."""

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from threading import Thread

assert sys.platform == "win32"

ENDING = ("SIGTERM", "SIGBREAK")
"""The signals that ask a program to end: Ctrl-Break, and closing the console's window."""
_STEP = 0.1


def sleep(seconds: float) -> None:
    """Sleep; a signal that raises an error ends it, and not only Ctrl-C, for which Python ends its sleep."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _STEP))


def leave_to_others() -> None:
    """No interruption reaches this thread unless it is the main thread."""


def threads_left_out() -> AbstractContextManager[None]:
    """No interruption reaches the threads that are started within it."""
    return nullcontext()


def join(thread: Thread, seconds: float) -> None:
    """Wait for the end of a thread; an interruption ends the waiting."""
    until = time.monotonic() + seconds
    while thread.is_alive() and (left := until - time.monotonic()) > 0:
        thread.join(min(left, _STEP))
