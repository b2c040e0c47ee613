"""Locks of files between programs, and files that are opened themselves, the same on each system."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.operating_system.files import open_itself
from analyzer.operating_system.locks import lock
from tests.systems import make_link

HOLD = """
import os, sys
from pathlib import Path
from analyzer.operating_system.files import open_itself
from analyzer.operating_system.locks import lock
lock(open_itself(Path(sys.argv[1]), os.O_RDWR), shared=sys.argv[2] == "shared", wait=True)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lock"
    path.touch()
    return path


def holder(file: Path, kind: str) -> "subprocess.Popen[bytes]":
    """Another program that has a lock."""
    words = [sys.executable, "-c", HOLD, str(file), kind]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"locked"
    return process


@pytest.mark.parametrize(("held", "wanted"), [("shared", False), ("exclusive", True), ("exclusive", False)])
def test_a_lock_of_another_program(file: Path, held: str, wanted: bool) -> None:
    with holder(file, held) as process:
        handle = open_itself(file, os.O_RDWR)
        with pytest.raises(BlockingIOError):
            lock(handle, shared=wanted, wait=False)
        process.kill()
        process.wait()
        # The lock of a program that was killed is gone.
        lock(handle, shared=wanted, wait=True)
        os.close(handle)


def test_several_programs_have_a_shared_lock(file: Path) -> None:
    with holder(file, "shared") as process:
        handle = open_itself(file, os.O_RDONLY)
        lock(handle, shared=True, wait=False)
        os.close(handle)
        process.kill()


def test_a_closed_handle_has_no_lock(file: Path) -> None:
    handle = open_itself(file, os.O_RDWR)
    lock(handle, shared=False, wait=False)
    os.close(handle)
    with holder(file, "exclusive") as process:
        process.kill()


def test_a_locked_file_can_be_read(file: Path) -> None:
    file.write_bytes(b"text")
    with holder(file, "exclusive") as process:
        assert file.read_bytes() == b"text"
        process.kill()


def test_a_link_is_not_opened(tmp_path: Path, file: Path) -> None:
    link = tmp_path / "link"
    make_link(link, file)
    with pytest.raises(OSError, match=str(link.name)):
        open_itself(link, os.O_RDONLY)
