"""What not every operating system has: a test that needs it is skipped elsewhere, with the reason."""

import ctypes
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

WINDOWS = sys.platform == "win32"
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
"""What Windows does not take in names of files."""


def under_wine() -> bool:
    """Whether this is Wine. Its version of ntdll has a function that says so, which Windows does not have."""
    if sys.platform != "win32":
        return False
    return hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


def posix(reason: str) -> pytest.MarkDecorator:
    """The mark of a test for POSIX only; ``reason``: what Windows does not have."""
    return pytest.mark.skipif(WINDOWS, reason=reason)


modes = posix("Windows has access lists in place of modes; tests/operating_system/test_access.py is for them")
signals = posix("Windows has no signals of POSIX; tests/operating_system/test_ctrl_c.py is for Ctrl-C")
limits = posix("Windows limits no process by setrlimit; tests/operating_system/test_processes.py is for limits")
users = posix("on Windows nobody takes the rights of another user in this way")
terminals = posix("Windows has no pseudo-terminals of POSIX")
memory_limits = pytest.mark.skipif(
    sys.platform == "darwin" or under_wine(), reason="macOS and Wine do not limit the memory of a process"
)
needs_sha256sum = pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not on PATH")


def make_fifo(path: Path) -> None:
    """Make a named pipe in a folder."""
    if sys.platform == "win32":
        pytest.skip("Windows has no named pipes in folders")
    os.mkfifo(path)


def make_link(path: Path, target: Path) -> None:
    """Make a symbolic link, which not every user of Windows can do."""
    try:
        path.symlink_to(target, target_is_directory=(path.parent / target).is_dir())
    except OSError:
        if not WINDOWS:
            raise
    if WINDOWS and not os.path.lexists(path):
        pytest.skip("no symbolic link can be made here")


def in_a_name(text: str) -> str:
    """A text without what the system does not take in names of files."""
    return NOT_IN_NAMES.sub("", text) if WINDOWS else text


def require_name(text: str) -> None:
    """The test goes on only where the system takes a text in names of files."""
    if in_a_name(text) != text:
        pytest.skip("Windows takes no such name")
