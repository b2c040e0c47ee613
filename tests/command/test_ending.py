"""The program ends as the interpreter would end it, only without freeing its objects."""

import os
import subprocess
import sys

import pytest

from tests.program import ROOT
from tests.systems import posix

BEFORE = """
import atexit, sys, threading, time
from analyzer.cli.ending import end_at_once

class Kept:
    def __del__(self):
        print("freed")

kept = [Kept()]
kept.append(kept)  # only the interpreter's end frees it
atexit.register(print, "at exit")
"""


def ended(code: str, before: str = "", output: str = "") -> "subprocess.CompletedProcess[str]":
    """A process that ends with SystemExit(code), after ``before``. ``output``: the file of its standard output."""
    lines = [
        "try:",
        f"    raise SystemExit({code})",
        "except SystemExit as stop:",
        "    end_at_once(stop.code)",
        "    raise",
    ]
    command = [sys.executable, "-c", "\n".join([BEFORE, before, *lines])]
    if output:
        command = ["sh", "-c", f'exec "$@" > {output}', "sh", *command]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT, env=buffered)


@pytest.mark.parametrize(("code", "number"), [("None", 0), ("0", 0), ("1", 1), ("141", 141), ("True", 1)])
def test_it_ends_with_its_code_and_frees_nothing(code: str, number: int) -> None:
    done = ended(code, "print('product')")
    assert (done.returncode, done.stdout, done.stderr) == (number, "product\nat exit\n", "")


def test_a_text_is_left_to_the_interpreter() -> None:
    done = ended("'a sentence'")
    assert (done.returncode, done.stderr) == (1, "a sentence\n")
    assert done.stdout == "at exit\nfreed\n"


def test_a_thread_that_works_is_waited_for() -> None:
    begin = "threading.Thread(target=lambda: (time.sleep(0.2), print('thread')), daemon={}).start()"
    assert ended("0", begin.format(False)).stdout == "thread\nat exit\nfreed\n"
    assert ended("0", begin.format(True)).stdout == "at exit\n"


@posix("Windows has no device that is always full")
def test_output_that_cannot_be_written_is_an_error() -> None:
    done = ended("0", "print('product')", "/dev/full")
    assert done.returncode == 120
    assert "No space left on device" in done.stderr
