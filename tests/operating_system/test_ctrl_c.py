"""Ctrl-C on Windows: nothing is written, and the exit code is that of other systems."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import ROOT

if sys.platform != "win32":
    pytest.skip("other systems have signals", allow_module_level=True)

LAB = ROOT / "sample_pcaps" / "lab"

# Ctrl-C goes to all processes of a console. So the program runs in a console of its own, and one that presses it, too.
PRESS = """
import ctypes, json, subprocess, sys, time
kernel32 = ctypes.WinDLL("kernel32")
kernel32.SetConsoleCtrlHandler(None, False)
words, cwd, out = json.loads(sys.argv[1])
with open(out, "wb") as file:
    process = subprocess.Popen(words, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=file)
    process.stdin.write(open(sys.argv[2], "rb").read()); process.stdin.flush()
    time.sleep(float(sys.argv[3]))
    kernel32.SetConsoleCtrlHandler(None, True)
    kernel32.GenerateConsoleCtrlEvent(0, 0)
    try:
        code = process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        code = -1
sys.exit(code & 0x7fffffff)
"""


def test_an_interruption_ends_reading_of_a_pipe(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "analyzer", "analyze", "-", "--no-dissect", "--out", str(tmp_path / "report")]
    given = json.dumps([words, str(ROOT), str(tmp_path / "errors")])
    press = [sys.executable, "-c", PRESS, given, str(LAB / "dirty_segA.pcap"), "15"]
    done = subprocess.run(press, check=False, creationflags=subprocess.CREATE_NEW_CONSOLE)
    assert (tmp_path / "errors").read_bytes() == b"interrupted; nothing was written\n"
    assert done.returncode == 130
    assert not (tmp_path / "report").exists()
