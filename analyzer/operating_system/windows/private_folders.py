"""Owners and access lists say who can write into a folder."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from analyzer.operating_system.windows import access

assert sys.platform == "win32"

_TRUSTED = frozenset(
    {
        "S-1-5-18",  # the system itself
        "S-1-5-32-544",  # administrators
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  # the installer of Windows
        "S-1-3-4",  # the owner, which is checked
    }
)
"""Who may write anywhere, as root may."""
_WRITES = 0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000
"""Write, append, write attributes, delete, delete what is inside, change the list or the owner; or all."""
_REPLACES = 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x10000000
"""The rights on a parent by which what is in it can be replaced. To add something is none of them: anyone may make a
folder in the root of a drive."""


def make_private(folder: Path) -> None:
    """Make a folder and its parents, each open for this user only. Raises OSError."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def problem_of_folder(folder: Path) -> str:
    """Why another user could have written into a folder; an empty text if no other user could.

    The folder, its parents and everything in it have to belong to this user, to the system or to administrators.
    Nothing of it may be a link, a junction or writable by others. Raises OSError.
    """
    user = access.current_user()
    for path in reversed(folder.parents):
        if problem := _problem(path, user, _REPLACES, stat.S_ISDIR):
            return problem
    if problem := _problem(folder, user, _WRITES, stat.S_ISDIR):
        return problem
    return next(filter(None, (_problem(path, user, _WRITES, _is_plain) for path in _entries(folder))), "")


def close_to_others(folder: Path) -> None:
    """What is made in a private folder gets the folder's access list: nothing is left to do."""
    del folder


def _is_link(state: os.stat_result) -> bool:
    return bool(state.st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def _is_plain(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _entries(folder: Path) -> Iterator[Path]:
    """Everything in a folder and in its subfolders; links are not followed. Raises OSError."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False) and not _is_link(entry.stat(follow_symlinks=False)):
            yield from _entries(Path(entry.path))


def _problem(path: Path, user: str, rights: int, is_expected: Callable[[int], bool]) -> str:
    state = path.lstat()
    if _is_link(state):
        return f"{path} is a link or a junction"
    if not is_expected(state.st_mode):
        return f"{path} is not a folder, or is a special file"
    owner, grants = access.owner_and_grants(path)
    if owner not in _TRUSTED | {user}:
        return f"{path} belongs to another user"
    if any(granted & rights for holder, granted in grants if holder not in _TRUSTED | {user}):
        return f"{path} is writable by other users"
    return ""
