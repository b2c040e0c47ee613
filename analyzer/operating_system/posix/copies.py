"""A copy of this process (fork) shares what this one has imported and made. It sends back what it makes."""

import gc
import os
import pickle
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any

from analyzer.operating_system.posix import processes

assert sys.platform != "win32"


def possible() -> bool:
    """Whether this process can be copied. On macOS, system libraries do not allow it."""
    return sys.platform == "linux"


class Copy:
    """A copy of this process that sends what ``work`` yields, and ends. It ends with the thread that made it, too.
    Raises OSError if there can be none."""

    def __init__(self, work: Callable[[], Iterator[Any]]) -> None:
        reading, writing = os.pipe()
        ended_with_parent = processes.end_with_parent()
        try:
            with warnings.catch_warnings():
                # Python warns where other threads run. They hold no lock that the work needs; the libraries that keep
                # threads are made for copies.
                warnings.simplefilter("ignore", DeprecationWarning)
                self.process = os.fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            raise
        if not self.process:
            _send_all(work, writing, ended_with_parent)
        os.close(writing)
        self.stream: IO[bytes] = os.fdopen(reading, "rb")

    def answer(self, seconds: float) -> Any:
        """What it sends next; None if it sends nothing in time."""
        try:
            return pickle.load(self.stream) if select.select([self.stream], [], [], seconds)[0] else None
        except Exception:
            return None

    def end(self) -> None:
        """End it, in any state."""
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)
        self.stream.close()


def _send_all(work: Callable[[], Iterator[Any]], writing: int, ended_with_parent: Callable[[], None] | None) -> None:
    """The copy: send what ``work`` yields. It never returns, and writes to nothing that it shares with the first
    process."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interruption from the terminal is for the first process
        if ended_with_parent is not None:
            ended_with_parent()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        gc.disable()  # it needs what it makes until it ends
        with os.fdopen(writing, "wb") as pipe:
            for answer in work():
                pickle.dump(answer, pipe)
                pipe.flush()
    finally:
        os._exit(0)
