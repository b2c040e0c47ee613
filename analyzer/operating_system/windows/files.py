"""Files that another program has open cannot be replaced; names of devices are reserved; no shell expands patterns."""

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Sequence
from glob import glob
from pathlib import Path
from shutil import rmtree

from analyzer.operating_system.windows.names import is_long, long_form, reserved_name

assert sys.platform == "win32"

_HELD = frozenset({5, 32, 33, 145})
"""ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_DIR_NOT_EMPTY: a virus scanner or an
indexer may hold a file for a moment, a program that shows it for long. A file that is removed while it is held stays in
its folder until it is not held."""
_LINKS = frozenset({stat.IO_REPARSE_TAG_SYMLINK, stat.IO_REPARSE_TAG_MOUNT_POINT})
"""Symbolic links and junctions."""
_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Seconds between two tries."""


def replace(source: Path, target: Path) -> None:
    """Move a file into its place, over the one that is there, or a folder to where nothing is. Tries again while
    another program holds one of them, or a file in the folder. Raises OSError."""
    _patiently(lambda: source.replace(target), target)


def remove(path: Path) -> None:
    """Remove a file; tries again while another program holds it. Raises OSError."""
    _patiently(path.unlink, path)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it; tries again while another program holds a part of it. Raises OSError."""
    _patiently(lambda: rmtree(folder), folder)


def is_link(path: Path) -> bool:
    """Whether a path is a symbolic link or a junction. Raises no error where nothing is there."""
    try:
        return path.lstat().st_reparse_tag in _LINKS
    except (OSError, ValueError):
        return False


def _patiently(work: Callable[[], object], path: Path) -> None:
    for pause in (*_PAUSES, None):
        try:
            work()
        except OSError as error:
            if error.winerror not in _HELD:
                raise
            if pause is None:
                problem = f"{path.name} is open in another program, or is write-protected; close it there"
                raise PermissionError(error.errno, problem, str(path)) from error
            time.sleep(pause)
        else:
            return


def reserved(path: str | Path) -> str:
    """Why the system does not take a name of a path for a file; an empty text if it does."""
    return reserved_name(str(path))


def reachable(path: Path) -> Path:
    """The same place, by a name that may be as long as the file system allows."""
    absolute = os.path.abspath(path)  # noqa: PTH100 - resolves .. by name, which the long form has to be without
    return Path(long_form(absolute)) if is_long(absolute) else path


def expanded(names: Sequence[str]) -> list[str]:
    """Names of files, patterns among them (* and ?) replaced by what they fit, in order; a pattern that fits nothing
    stays. Brackets are no pattern: browsers put them into names."""
    found = []
    for name in names:
        fitting = sorted(glob(name.replace("[", "[[]"))) if {*"*?"} & {*name} else []  # noqa: PTH207 - UNC and drives
        found += fitting or [name]
    return found


def cache_base() -> Path:
    """The folder of the user's caches. Raises RuntimeError where there is no home folder."""
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        given = Path(os.environ.get(name, ""))
        if given.is_absolute():
            return given
    return Path.home() / "AppData" / "Local"


def settings_of(name: str) -> Path:
    """The folder where a library keeps its settings. Raises RuntimeError where there is no home folder."""
    return Path.home() / f".{name}"


def open_itself(path: Path, flags: int) -> int:
    """Open a file and not what a link leads to; the handle. ``flags``: those of ``os.open``. Raises OSError, also for a
    link."""
    if is_link(path):
        raise OSError(errno.ELOOP, "It is a link", str(path))
    return os.open(path, flags | os.O_BINARY | os.O_NOINHERIT, 0o666)


def sync_names(folder: Path) -> None:
    """Windows keeps the names of files without being asked, and opens no folder."""
    del folder
