"""Runs one command and reports what it took: ``launch.py CORES SECONDS FOLDER COMMAND...``, one line of JSON.

A program of its own, and a small one: a process inherits the peak memory of the one that began it, so that a runner
with numpy and matplotlib in it would be measured along.
"""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path


def main(cores: str, seconds: str, folder: str, *command: str) -> None:
    """``cores``: how many it may use, 0 for all; ``seconds``: when it is ended; ``folder``: for its output."""
    out, err = (os.open(Path(folder) / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644) for name in ("out", "err"))
    begin = time.perf_counter()
    child = os.fork()
    if not child:
        _become(int(cores), out, err, command)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child, signal.SIGKILL))
    signal.alarm(int(seconds))
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - begin
    signal.alarm(0)
    measured = {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        # Linux reports it in KiB, macOS in octets.
        "memory": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "code": os.waitstatus_to_exitcode(status),
    }
    sys.stdout.write(json.dumps(measured) + "\n")


def _become(cores: int, out: int, err: int, command: tuple[str, ...]) -> None:
    """Be the command: in a group of its own, on so many cores, and the first to go where memory ends."""
    try:
        os.setpgid(0, 0)
        if cores and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
        with contextlib.suppress(OSError):  # Linux alone has it
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


if __name__ == "__main__":
    main(*sys.argv[1:])
