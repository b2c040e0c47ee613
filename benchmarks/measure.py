"""Measures a command in a process of its own, with the numbers that the command reports."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.subjects import ROOT, Subject

LONGEST = 900
"""Seconds after which a command is ended."""

Run = dict[str, Any]
"""One measurement: ``wall`` and ``cpu`` in seconds, ``memory`` (the peak of its largest process) in octets, ``code``;
``seconds``, ``packets`` and ``flows`` where the command reported them; ``error`` where it failed."""


def measure(subject: Subject, folder: Path) -> Run:
    """Run ``subject`` once; what it writes goes to ``folder``."""
    launch = [sys.executable, "-I", "-S", str(ROOT / "benchmarks" / "launch.py")]
    done = subprocess.run(
        [*launch, str(subject.cores), str(LONGEST), str(folder), *subject.command],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""},
    )
    run: Run = json.loads(done.stdout)
    if run["code"]:
        said = (folder / "err").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return run | {"error": _why(run["code"], said[-1] if said else "")}
    return run | reported(folder) | subject.counts(folder)


def reported(folder: Path) -> Run:
    """What a program of ``loops`` reports in its last line; nothing for other programs."""
    with (folder / "out").open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - 500, 0))
        last = file.read().decode(errors="replace").strip().splitlines()[-1:]
    if not last or not last[0].startswith('{"seconds"'):
        return {}
    found: Run = json.loads(last[0])
    return found


def _why(code: int, said: str) -> str:
    if code == -9:
        return "ended: out of memory or of time"
    return said[:200] or f"exit code {code}"
