"""How the command ends when something goes wrong: its exit code, its sentence, and what it leaves behind."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner

from analyzer.cli import main
from tests import capfile as cap
from tests.program import ROOT
from tests.systems import posix, signals

START_UP = "from analyzer.cli import run; run()"
LAB = ROOT / "sample_pcaps" / "lab"
TALK = [cap.datagram(cap.Ends(orig_p=5000 + n, resp_p=53)) for n in range(400)]


def started(*words: object, stdout: int | IO[bytes] = subprocess.PIPE, **more: str) -> "subprocess.Popen[bytes]":
    """The command in a process of its own. ``more``: variables of its environment."""
    return subprocess.Popen(
        [sys.executable, "-c", START_UP, *map(str, words)],
        stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE, cwd=ROOT, env=os.environ | more,
    )  # fmt: skip


@pytest.mark.parametrize("error", [IndexError("x"), KeyError("x"), OSError(5, "x", "y"), ValueError()])
@pytest.mark.parametrize("shown", ["0", "1"])
def test_an_internal_error_is_no_finding(monkeypatch: pytest.MonkeyPatch, error: Exception, shown: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("analyzer.pipeline.load", fail)
    monkeypatch.setenv("DPM_ANALYZER_TRACEBACK", shown)
    result = CliRunner().invoke(main, ["explain", "report", "f1"])
    assert result.exit_code == 70
    assert result.stderr.startswith(f"internal error: {type(error).__name__}")
    assert ("Traceback" in result.stderr) is (shown == "1")
    assert ("Please report it" in result.stderr) is (shown == "0")


MEMORY = {
    "Python": MemoryError(),
    "the system": OSError(errno.ENOMEM, "Cannot allocate memory"),
    "the loader": ImportError("libXau-154567c4.so.6.0.0: failed to map segment from shared object"),
    "a thread": OSError(errno.ENOMEM, "Cannot allocate memory", "somewhere"),
}


@pytest.mark.parametrize("name", MEMORY)
@pytest.mark.parametrize("behind", [True, False], ids=["as a cause", "itself"])
def test_not_enough_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str, *, behind: bool) -> None:
    def fail(*_: object, **__: object) -> None:
        if behind:
            raise ValueError("another") from MEMORY[name]
        raise MEMORY[name]

    monkeypatch.setattr("analyzer.pipeline.load", fail)
    result = CliRunner().invoke(main, ["explain", "report", "f1"])
    assert result.exit_code == 70
    assert result.stderr == "not enough memory: let the program use more, or give it less at once\n"


@pytest.mark.parametrize("error", [ImportError("no module"), OSError(errno.EIO, "x", "y")])
def test_what_needs_no_memory_is_a_fault(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("analyzer.pipeline.load", fail)
    assert CliRunner().invoke(main, ["explain", "report", "f1"]).stderr.startswith("internal error: ")


def test_only_commands_with_max_flows_speak_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("analyzer.pipeline.flow_table", fail)
    assert "--max-flows" in CliRunner().invoke(main, ["flows", str(LAB / "clean_segB.pcap")]).stderr


@posix("Windows has no device that is always full")
@pytest.mark.parametrize(
    "words",
    [
        ("flows", LAB / "clean_segB.pcap"),
        ("rules", "show"),
        ("site", "infer", LAB / "clean_segB.pcap"),
        ("--help",),
        ("--version",),
        ("rules", "--help"),
        ("analyze", "--help"),
    ],
)
def test_a_full_standard_output_is_no_finding(words: tuple[object, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        running = started(*words, stdout=full)
        _, stderr = running.communicate(timeout=120)
    assert running.returncode == 2
    assert b"standard output could not be written: No space left on device" in stderr
    assert b"Traceback" not in stderr
    assert b"Exception ignored" not in stderr


@pytest.mark.parametrize(
    "words",
    [("rules", "show"), ("--help",), ("analyze", "--help"), ("--version",), ("rules", "diff", "dpm", "oem-hitachi")],
)
def test_a_reader_that_is_gone_is_no_finding(words: tuple[str, ...]) -> None:
    with started(*words) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


@posix("Windows has no device that is always full")
@pytest.mark.parametrize("instruction", ["bash_source", "bash_complete"])
def test_a_full_or_closed_output_ends_completion_without_a_traceback(instruction: str) -> None:
    asked = {"_MAIN_COMPLETE": instruction, "COMP_WORDS": "main rul", "COMP_CWORD": "1"}
    start = "import sys; sys.argv[0] = 'main'; from analyzer.cli import main; main()"
    with Path("/dev/full").open("wb") as full:
        for code, target in ((2, full), (141, subprocess.PIPE)):
            with subprocess.Popen(
                [sys.executable, "-c", start], stdout=target, stderr=subprocess.PIPE, cwd=ROOT, env=os.environ | asked
            ) as running:
                if running.stdout:
                    running.stdout.close()
                assert running.stderr is not None
                stderr = running.stderr.read()
            assert (running.returncode, b"Traceback" in stderr) == (code, False), stderr


@signals
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    """The program waits for more of its capture; the other process, which draws, waits for the document."""
    number = getattr(signal, name)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    running = started("analyze", "-", "--out", tmp_path / "out", TMPDIR=str(temporary))
    assert running.stdin is not None
    running.stdin.write(cap.pcap(TALK * 400))
    running.stdin.flush()
    running.send_signal(number)
    _, stderr = running.communicate(timeout=120)
    assert (running.returncode, stderr) == (128 + number, b"ended by a signal; nothing was written\n")
    assert not (tmp_path / "out").exists()
    assert not list(temporary.iterdir())
    session = subprocess.run(["pgrep", "-P", str(running.pid)], capture_output=True, check=False)
    assert session.stdout == b""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_killed_it_takes_the_drawing_process_along(tmp_path: Path) -> None:
    running = started("analyze", "-", "--out", tmp_path / "out")
    assert running.stdin is not None
    running.stdin.write(cap.pcap(TALK * 400))
    running.stdin.flush()
    drawing = [
        int(pid)
        for pid in subprocess.run(["pgrep", "-P", str(running.pid)], capture_output=True, check=False).stdout.split()
    ]
    running.kill()
    running.communicate(timeout=120)
    for pid in drawing:
        assert not Path(f"/proc/{pid}").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text()
