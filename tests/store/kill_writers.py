"""Ends a writer of a store with SIGKILL, or with a full disk, at each of the moments that matter: before each call
that makes something durable. A program of its own, because it forks: ``python kill_writers.py STORE CAPTURE...``.

It prints a line for each moment: what ended the writer and how, and the SHA-256 of the evidence that the store gives
then and after the captures were added again.
"""

import errno
import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analyzer.errors import AnalyzerError
from analyzer.store.adding import Place, add
from tests.stores import as_values, evidence_of_store

CALLS = ("fsync", "rename", "replace", "mkdir", "unlink", "rmdir")


def fingerprint(store: Path) -> str:
    return hashlib.sha256(repr(as_values(evidence_of_store(store))).encode()).hexdigest()


class Interruption:
    """Calls ``end`` before the call with this number among those of CALLS."""

    def __init__(self, end: Callable[[], None], number: int) -> None:
        self.end, self.number, self.count = end, number, 0
        for name in CALLS:
            setattr(os, name, self.counted(getattr(os, name)))

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:
            self.count += 1
            if self.count == self.number:
                self.end()
            return call(*given, **named)

        return wrapped


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


UNINTERRUPTED, COMPLETE, REFUSED, OTHER = range(4)
"""The exit codes of a child: there are fewer calls; the interrupted call was not needed; a clear error; any other."""


def child(end: Callable[[], None], number: int, store: Path, captures: list[str]) -> int:
    """The exit code of a process that adds the captures and is interrupted; negative: the signal that ended it."""
    process = os.fork()
    if process == 0:
        status = OTHER
        interruption = Interruption(end, number)
        try:
            add(store, captures, Place())
            status = COMPLETE if interruption.count >= number else UNINTERRUPTED
        except AnalyzerError as error:
            known = "it is as it was before" in str(error) or "no store can be made" in str(error)
            status = REFUSED if known else OTHER
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def main(folder: Path, captures: list[str]) -> None:
    before, store = folder / "before", folder / "store"
    for end in (kill, fill):
        for number in range(1, 1000):
            shutil.rmtree(store, ignore_errors=True)
            if before.exists():
                shutil.copytree(before, store)
            status = child(end, number, store, captures)
            left = fingerprint(store) if (store / "manifest.json").exists() else ""
            add(store, captures, Place())
            strays = sorted(path.name for path in store.iterdir() if path.name.startswith("."))
            sys.stdout.write(" ".join((end.__name__, str(status), left or "-", fingerprint(store), *strays)) + "\n")
            if status == UNINTERRUPTED:
                break


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
