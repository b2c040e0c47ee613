"""What a user's console gives and gets: octets, encodings, exit codes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.program import ROOT, run

LAB = ROOT / "sample_pcaps" / "lab"
on_windows = pytest.mark.skipif(sys.platform != "win32", reason="what only Windows does")


def program(*words: str | Path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *map(str, words)],
        capture_output=True, check=False, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp932"])
def test_a_table_has_the_same_octets_with_every_encoding(encoding: str) -> None:
    done = program("flows", LAB / "dirty_segA.pcap", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == run("flows", LAB / "dirty_segA.pcap").stdout.encode()
    assert b"\r" not in done.stdout


@pytest.mark.parametrize("encoding", ["cp932:strict"])
def test_no_letter_is_too_much_for_an_encoding(tmp_path: Path, encoding: str) -> None:
    """Names of files are quoted in errors; the summary has signs that old code pages do not have."""
    done = program("flows", tmp_path / "caf\u00e9 \u65e5\u672c \u2713.pcap", PYTHONIOENCODING=encoding)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    words = ("--no-dissect", "--out", tmp_path / "r\u00e9port \u65e5\u672c")
    done = program("analyze", LAB / "dirty_segA.pcap", *words, PYTHONIOENCODING=encoding)
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
    assert b"NOT COMPLIANT" in done.stdout


@on_windows
def test_lines_of_a_pipe_end_as_on_other_systems() -> None:
    for words in (("rules", "show"), ("--help",), ("flows", "nothing.pcap")):
        done = program(*words)
        assert b"\r" not in done.stdout + done.stderr


def test_a_capture_is_read_from_standard_input_while_it_is_written() -> None:
    octets = (LAB / "dirty_segA.pcap").read_bytes()
    words = [sys.executable, "-m", "analyzer", "flows", "-"]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for at in range(0, len(octets), 5_000):
            process.stdin.write(octets[at : at + 5_000])
            process.stdin.flush()
            time.sleep(0.02)
        process.stdin.close()
        printed = process.stdout.read()
    assert process.returncode == 0
    assert printed.count(b"\n") == run("flows", LAB / "dirty_segA.pcap").stdout.count("\n")


def test_a_reader_of_standard_output_that_goes_away() -> None:
    words = [sys.executable, "-m", "analyzer", "rules", "show"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (141, b"")
