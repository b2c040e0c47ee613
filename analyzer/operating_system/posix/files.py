"""POSIX reserves no names but ``.`` and ``..``, and its shells expand patterns."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

assert sys.platform != "win32"


def replace(source: Path, target: Path) -> None:
    """Move a file into its place, over the one that is there, or a folder to where nothing is. Raises OSError."""
    source.replace(target)


def remove(path: Path) -> None:
    """Remove a file. Raises OSError."""
    path.unlink()


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it. Raises OSError."""
    rmtree(folder)


def is_link(path: Path) -> bool:
    """Whether a path is a symbolic link. Raises no error where nothing is there."""
    return path.is_symlink()


def reserved(path: str | Path) -> str:
    """Why the system does not take a name of a path for a file; always an empty text here."""
    del path
    return ""


def reachable(path: Path) -> Path:
    """The same place, by a name that may be as long as the file system allows."""
    return path


def expanded(names: Sequence[str]) -> list[str]:
    """Names of files, patterns among them replaced by what they fit, where the shell has not done it."""
    return list(names)


def cache_base() -> Path:
    """The folder of the user's caches. Raises RuntimeError where there is no home folder."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return given if given.is_absolute() else Path.home() / ".cache"  # the specification ignores a relative one


def settings_of(name: str) -> Path:
    """The folder where a library keeps its settings. Raises RuntimeError where there is no home folder."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / name


def open_itself(path: Path, flags: int) -> int:
    """Open a file and not what a link leads to, without waiting for the other end of a pipe; the handle.
    ``flags``: those of ``os.open``. Raises OSError, also for a link."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)


def sync_names(folder: Path) -> None:
    """Have the names in a folder on the disk, where the file system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
