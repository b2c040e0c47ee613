"""What programs that are started get: they end when this program ends, and those that write messages to files have a
limit."""

import ctypes
import resource
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when the thread that started it ends."""


MOST_WRITTEN = 1 << 20
"""Octets of a file that a program may write, if its product goes through a pipe: only its messages are in files."""


def bounded_child(most_written: int = MOST_WRITTEN) -> Callable[[], None]:
    """What ``subprocess.Popen`` calls in the new process: the program ends with its parent, and a file of more than
    ``most_written`` octets ends it (SIGXFSZ)."""
    ask, (_, allowed) = end_with_parent(), resource.getrlimit(resource.RLIMIT_FSIZE)
    most = most_written if allowed == resource.RLIM_INFINITY else min(most_written, allowed)

    def begin() -> None:
        if ask is not None:
            ask()
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return begin


def end_with_parent() -> Callable[[], None] | None:
    """What ``subprocess.Popen`` calls in the new process (``preexec_fn``); None where the system cannot do this.

    The thread that starts the process has to live as long as the process is needed.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)

    return ask
