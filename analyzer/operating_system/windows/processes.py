"""Programs are in a job object of their own: it ends with its last handle, so with this program, and takes along
everything that was started in it."""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock, Thread
from typing import IO, Any

from analyzer.operating_system.windows import api

assert sys.platform == "win32"

_SUSPENDED = 0x00000004
_FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW | _SUSPENDED
"""Ctrl-C of the console reaches only this program; a process runs when it is in its job."""
_ENDED = 1
"""The exit code of what is ended."""
_STEP = 0.1
_LAST_OCTETS = 5.0
"""Seconds for what a program wrote before its end."""


class _ProcessInJob(subprocess.Popen[bytes]):
    """A process, its job, and the threads that copy what it writes into files."""

    def __init__(self, words: Sequence[str], **options: Any) -> None:
        self.job = api.new_job(api.JOB_LIMIT_KILL_ON_CLOSE | api.JOB_LIMIT_DIE_ON_UNHANDLED_EXCEPTION)
        self.job_lock = Lock()
        self.copying: list[Thread] = []
        try:
            super().__init__(words, creationflags=_FLAGS, **options)
        except BaseException:
            self.close_job()
            raise
        try:
            _take_into(self.job, self.pid)
        except BaseException:
            self.kill()
            self.close_job()
            raise

    def close_job(self) -> None:
        """End what is left in the job."""
        with self.job_lock:
            if self.job:
                api.kernel32.TerminateJobObject(self.job, _ENDED)
                api.kernel32.CloseHandle(self.job)
                self.job = 0


def _take_into(job: int, number: int) -> None:
    """Put the suspended process with that number into a job, and let it run. Raises OSError."""
    rights = api.PROCESS_TERMINATE | api.PROCESS_SET_QUOTA | api.PROCESS_SUSPEND_RESUME
    handle = api.kernel32.OpenProcess(rights, False, number)
    if not handle:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        if not api.kernel32.AssignProcessToJobObject(job, handle):
            raise ctypes.WinError(ctypes.get_last_error())
        # Python closes the handle of the first thread, which ResumeThread would need.
        if api.ntdll.NtResumeProcess(handle) < 0:
            raise OSError("the process could not be started")
    finally:
        api.kernel32.CloseHandle(handle)


def start(words: Sequence[str], *, most_written: int = 0, **options: Any) -> "subprocess.Popen[bytes]":
    """Start a program, in a job of its own, so that the programs that it starts end with it.

    ``most_written``: octets of a file that it may write; more end it. 0: no limit. ``options``: those of
    ``subprocess.Popen``. Raises OSError.
    """
    files: dict[str, IO[bytes]] = {}
    if most_written:
        # Windows limits no file. So the program writes into a pipe, and a thread counts what it copies.
        files = {name: options[name] for name in ("stdout", "stderr") if hasattr(options.get(name), "fileno")}
        options |= dict.fromkeys(files, subprocess.PIPE)
    process = _ProcessInJob(words, **options)
    for name, file in files.items():
        pipe = getattr(process, name)
        setattr(process, name, None)  # nobody else reads it
        thread = Thread(target=_copy, args=(pipe, os.dup(file.fileno()), most_written, process), daemon=True)
        process.copying.append(thread)
        thread.start()
    return process


def _copy(pipe: IO[bytes], into: int, most: int, process: _ProcessInJob) -> None:
    """Write into a file what comes from a pipe, up to ``most`` octets; more end the process."""
    left = most
    with pipe, os.fdopen(into, "wb", buffering=0) as file, suppress(OSError):
        while octets := os.read(pipe.fileno(), 1 << 16):
            file.write(octets[:left])
            left -= len(octets)
            if left < 0:
                process.close_job()
                return


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process that ``start`` started, and everything that it started, and collect it. Harmless when repeated."""
    assert isinstance(process, _ProcessInJob)
    process.close_job()
    process.wait()
    for thread in process.copying:
        thread.join(_LAST_OCTETS)


def wait(process: "subprocess.Popen[bytes]", seconds: float) -> int:
    """Wait for the end of a process, in steps that an interruption comes between; its exit code. Raises
    subprocess.TimeoutExpired."""
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        try:
            return process.wait(max(min(left, _STEP), 0))
        except subprocess.TimeoutExpired:
            if left <= _STEP:
                raise


def end_of(code: int) -> str:
    """How a process ended, for a reader: its exit code, or the NTSTATUS of what ended it."""
    return f"exit code {code:#010x}" if code >= 1 << 31 else f"exit code {code}"


_own_jobs: list[int] = []
"""Held open until this process ends."""


def limit_own_memory(octets: int) -> None:
    """Keep this process below so many octets of memory."""
    with suppress(OSError):
        job = api.new_job(api.JOB_LIMIT_PROCESS_MEMORY, octets)
        _own_jobs.append(job)
        api.kernel32.AssignProcessToJobObject(job, api.kernel32.GetCurrentProcess())
