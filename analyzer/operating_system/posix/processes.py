"""Programs lead a process group of their own, and on Linux they end when the thread that started them ends."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

assert sys.platform != "win32"

_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when the thread that started it ends."""


def start(words: Sequence[str], *, most_written: int = 0, **options: Any) -> "subprocess.Popen[bytes]":
    """Start a program, in a process group of its own, so that the programs that it starts end with it.

    ``most_written``: octets of a file that it may write; more end it (SIGXFSZ). 0: no limit. ``options``: those of
    ``subprocess.Popen``. The thread that calls this has to live as long as the process is needed. Raises OSError.
    """
    return subprocess.Popen(
        words,
        start_new_session=True,
        preexec_fn=_beginning(most_written),  # noqa: PLW1509 - it makes two system calls and takes no lock
        **options,
    )


def _beginning(most_written: int) -> Callable[[], None]:
    """What ``subprocess.Popen`` calls in the new process."""
    ask = end_with_parent()
    _, allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = most_written if allowed == resource.RLIM_INFINITY else min(most_written, allowed)

    def begin() -> None:
        if ask is not None:
            ask()
        if most_written:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return begin


def end_with_parent() -> Callable[[], None] | None:
    """What a new process calls to end with its parent; None where the system cannot do this."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)

    return ask


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process that ``start`` started, and its group, and collect it. Harmless when repeated."""
    if process.returncode is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    process.wait()


def wait(process: "subprocess.Popen[bytes]", seconds: float) -> int:
    """Wait for the end of a process; its exit code. Raises subprocess.TimeoutExpired."""
    return process.wait(seconds)


def end_of(code: int) -> str:
    """How a process ended, for a reader: its exit code, or the signal that ended it."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def limit_own_memory(octets: int) -> None:
    """Keep this process below so many octets of address space, and let it write no core file; macOS has no such
    limit."""
    with suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        allowed = octets if most == resource.RLIM_INFINITY else min(octets, most)
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
