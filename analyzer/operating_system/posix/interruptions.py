"""An interruption (SIGINT) reaches a thread that has not blocked it."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

assert sys.platform != "win32"

ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT")
"""The signals that ask a program to end."""


def sleep(seconds: float) -> None:
    """Sleep; a signal that raises an error ends it."""
    time.sleep(seconds)


def leave_to_others() -> None:
    """From here on, no interruption reaches this thread."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


@contextmanager
def threads_left_out() -> Iterator[None]:
    """No interruption reaches the threads that are started within it."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, held)


def join(thread: Thread, seconds: float) -> None:
    """Wait for the end of a thread; an interruption ends the waiting."""
    thread.join(seconds)
