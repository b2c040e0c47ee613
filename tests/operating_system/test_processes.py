"""Programs that are started end with all that they started, on each system."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.operating_system import processes
from tests.program import ROOT

# Each of them writes its number into a file, and would live for five minutes.
SLEEPER = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(300)"
STARTS_ANOTHER = (
    f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}, sys.argv[1]]); {SLEEPER}"
)


def holds_within(seconds: float, condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def numbers(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split("\n") if line] if path.exists() else []


def runs(number: int) -> bool:
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - on Windows

        kernel32 = ctypes.WinDLL("kernel32")
        handle = kernel32.OpenProcess(0x00100000, False, number)  # SYNCHRONIZE
        if not handle:
            return False
        try:
            return bool(kernel32.WaitForSingleObject(handle, 0) == 0x102)  # WAIT_TIMEOUT
        finally:
            kernel32.CloseHandle(handle)
    try:
        # A process that has ended stays until its parent, perhaps the first process of the system, collects it.
        return "\nState:\tZ" not in Path(f"/proc/{number}/status").read_text()
    except OSError:
        return False


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    return tmp_path / "numbers"


pytestmark = pytest.mark.skipif(
    sys.platform not in ("linux", "win32"), reason="whether a process runs is asked in the manner of Linux or Windows"
)


def test_what_a_program_started_ends_with_it(noted: Path) -> None:
    process = processes.start([sys.executable, "-c", STARTS_ANOTHER, str(noted)], stdout=subprocess.DEVNULL)
    assert holds_within(60, lambda: len(numbers(noted)) == 2)
    assert all(map(runs, numbers(noted)))
    processes.end(process)
    assert holds_within(10, lambda: not any(map(runs, numbers(noted))))
    processes.end(process)  # harmless


def test_what_is_left_of_a_program_that_has_ended_is_ended(noted: Path) -> None:
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}, sys.argv[1]])"
    process = processes.start([sys.executable, "-c", code, str(noted)], stdout=subprocess.DEVNULL)
    assert holds_within(60, lambda: len(numbers(noted)) == 1)
    processes.end(process)
    assert holds_within(10, lambda: not any(map(runs, numbers(noted))))


def test_a_program_ends_with_the_one_that_started_it(noted: Path) -> None:
    code = (
        "import sys\nfrom analyzer.operating_system import processes\n"
        f"processes.start([sys.executable, '-c', {SLEEPER!r}, sys.argv[1]])\n{SLEEPER}\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code, str(noted)], env=environment, cwd=ROOT) as parent:
        there = holds_within(60, lambda: len(numbers(noted)) == 2)
        parent.kill()
    assert there
    assert holds_within(10, lambda: not any(map(runs, numbers(noted))))


def test_more_octets_than_allowed_end_a_program(tmp_path: Path) -> None:
    with (tmp_path / "errors").open("wb") as errors:
        process = processes.start(
            [sys.executable, "-c", "import sys\nwhile True: sys.stderr.write('nonsense\\n' * 1000)"],
            most_written=100_000,
            stderr=errors,
        )
    try:
        assert processes.wait(process, 60) != 0
    finally:
        processes.end(process)
    assert 50_000 < (tmp_path / "errors").stat().st_size <= 100_000


def test_all_octets_of_a_program_are_in_its_file_at_its_end(tmp_path: Path) -> None:
    with (tmp_path / "errors").open("wb") as errors:
        words = [sys.executable, "-c", "import sys; sys.stderr.write('x' * 90_000)"]
        process = processes.start(words, most_written=100_000, stderr=errors)
    assert processes.wait(process, 60) == 0
    processes.end(process)
    assert (tmp_path / "errors").read_bytes() == b"x" * 90_000


def test_waiting_has_an_end(noted: Path) -> None:
    process = processes.start([sys.executable, "-c", SLEEPER, str(noted)])
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            processes.wait(process, 0.3)
        with pytest.raises(subprocess.TimeoutExpired):
            processes.wait(process, 0)
    finally:
        processes.end(process)


def test_exit_codes_for_a_reader() -> None:
    assert processes.end_of(2) == "exit code 2"
    if sys.platform == "win32":
        assert processes.end_of(0xC0000005) == "exit code 0xc0000005"
    else:
        assert processes.end_of(-11) == "signal SIGSEGV"


def test_a_program_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"."):
        processes.start([str(tmp_path / "nothing")])
