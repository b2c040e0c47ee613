"""Writes reports and captures, completely or not at all. No other module writes."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from analyzer.errors import OutputError


def prepare(folder: Path, *, force: bool) -> None:
    """Refuse a folder that cannot be written, before any capture is read. Creates nothing.

    Raises:
        OutputError: it is not a folder, is not empty and ``force`` is not given, or is not writable.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder}: this is a file; choose another folder with --out")
        if folder.is_dir() and not force and any(folder.iterdir()):
            raise OutputError(
                f"{folder}: the folder is not empty; choose another with --out, or overwrite with --force"
            )
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK):
            raise OutputError(f"{nearest}: no permission to write here; choose another folder with --out")
    except (OSError, ValueError) as error:
        raise OutputError(f"{str(folder)[:200]}: {error}; choose another folder with --out") from error


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Write every file into a temporary folder first, then move all of them into ``folder``; returns their paths.

    Raises:
        OutputError: the disk is full, a file cannot be replaced, or writing fails; the folder is unchanged.
    """
    written: list[Path] = []
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder) as staging:
            names = []
            for name, content in files:
                path = Path(staging) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                names.append(name)
            for name in names:
                refuse_obstacles(folder, folder / name)
            for name in names:
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                (Path(staging) / name).replace(target)
                written.append(target)
    except OSError as error:
        raise OutputError(f"{folder}: the report could not be written: {error.strerror}") from error
    finally:
        if made and not written:
            with suppress(OSError):
                folder.rmdir()
    return written


def refuse_obstacles(folder: Path, target: Path) -> None:
    """Raise OutputError if the path of a file is a folder, or the path of a folder is a file."""
    if target.is_dir():
        raise OutputError(
            f"{target}: this is a folder, and the report has a file of this name; remove it or choose another --out"
        )
    for parent in target.parents:
        if parent == folder:
            return
        if parent.exists() and not parent.is_dir():
            raise OutputError(
                f"{parent}: this is a file, and the report has a folder of this name; remove it or choose another --out"
            )


def prepare_file(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot be written, before any capture is read.

    Raises:
        OutputError: it exists and ``force`` is not given, it is a folder, or its folder is not writable.
    """
    try:
        if path.is_dir():
            raise OutputError(f"{path}: this is a folder; choose a file with -o")
        if path.exists() and not force:
            raise OutputError(f"{path}: the file exists; choose another with -o, or overwrite it with --force")
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise OutputError(f"{path.parent}: this folder does not exist or is not writable; choose another with -o")
    except (OSError, ValueError) as error:
        raise OutputError(f"{str(path)[:200]}: {error}; choose another file with -o") from error


def write_file(path: Path, octets: Iterable[bytes], never: Sequence[Path]) -> None:
    """Write a temporary file, then move it to ``path``. ``never``: files that must not be replaced.

    Raises:
        OutputError: it would replace one of them, or writing fails; an existing file is unchanged.
    """
    if any(path.exists() and path.samefile(original) for original in never):
        raise OutputError(
            f"{path}: this is one of the captures that packets are extracted from; choose another with -o"
        )
    try:
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=path.parent) as staging:
            partial = Path(staging) / "partial"
            with partial.open("wb") as file:
                file.writelines(octets)
            partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: the file could not be written: {error.strerror}") from error
