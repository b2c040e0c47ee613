"""What every program that is started gets: it ends when this program ends, however that happens."""

import ctypes
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when the thread that started it ends."""


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
