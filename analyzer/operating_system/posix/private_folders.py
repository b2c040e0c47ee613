"""Owners and modes say who can write into a folder."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

assert sys.platform != "win32"

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0


def make_private(folder: Path) -> None:
    """Make a folder and its parents, each open for this user only. Raises OSError."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def problem_of_folder(folder: Path) -> str:
    """Why another user could have written into a folder; an empty text if no other user could.

    The folder, its parents and everything in it have to belong to this user or to root. Nothing of it may be a link or
    writable by others. The folder itself has mode 0700. Raises OSError.
    """
    for path in reversed(folder.parents):
        if problem := _problem_of_parent(path):
            return problem
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode):
        return f"{folder} is not a folder"
    if problem := _problem_of_owner(folder, state):
        return problem
    if stat.S_IMODE(state.st_mode) & 0o077:
        return f"{folder} is open for other users (its mode is not 0700)"
    return next(filter(None, map(_problem_of_entry, _entries(folder))), "")


def close_to_others(folder: Path) -> None:
    """Take the right to write from others, for everything in a private folder: what this program made there may be open
    to the group (umask 002)."""
    with suppress(OSError):
        for path in _entries(folder):
            mode = stat.S_IMODE(path.lstat().st_mode)
            if mode & _WRITABLE_BY_OTHERS and not path.is_symlink():
                path.chmod(mode & ~_WRITABLE_BY_OTHERS)


def _entries(folder: Path) -> Iterator[Path]:
    """Everything in a folder and in its subfolders; links are not followed. Raises OSError."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path))


def _problem_of_parent(path: Path) -> str:
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode):
        return f"{path} is not a folder"
    # In a folder with the sticky bit, as /tmp has it, no other user can replace what belongs to this user.
    if state.st_mode & _WRITABLE_BY_OTHERS and not state.st_mode & stat.S_ISVTX:
        return f"{path} is writable by other users"
    return _problem_of_owner(path, state)


def _problem_of_entry(path: Path) -> str:
    state = path.lstat()
    if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):
        return f"{path} is a link or another special file"
    if state.st_mode & _WRITABLE_BY_OTHERS:
        return f"{path} is writable by other users"
    return _problem_of_owner(path, state)


def _problem_of_owner(path: Path, state: os.stat_result) -> str:
    return "" if state.st_uid in (os.geteuid(), _ROOT) else f"{path} belongs to another user"
