"""The only place that writes: a report folder, whole or not at all."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from analyzer.errors import OutputError


def prepare(folder: Path, *, force: bool) -> None:
    """Refuse a folder that cannot be written, before any capture is read; nothing is made yet.

    Raises:
        OutputError: it is no folder, holds something and ``force`` is not given, or may not be written.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder}: this is a file; choose another folder with --out")
        if folder.is_dir() and not force and any(folder.iterdir()):
            raise OutputError(
                f"{folder}: the folder holds something; choose another with --out, or overwrite with --force"
            )
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK):
            raise OutputError(f"{nearest}: no permission to write here; choose another folder with --out")
    except (OSError, ValueError) as error:
        raise OutputError(f"{str(folder)[:200]}: {error}; choose another folder with --out") from error


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Write every file beside its place first, then move all of them in; their paths.

    Raises:
        OutputError: the disk is full, something is in the way, or writing fails otherwise; the folder is as it was.
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
    """Raise OutputError where a folder stands in a file's place, or a file in a folder's."""
    if target.is_dir():
        raise OutputError(
            f"{target}: a folder stands where a file of the report belongs; remove it or choose another --out"
        )
    for parent in target.parents:
        if parent == folder:
            return
        if parent.exists() and not parent.is_dir():
            raise OutputError(
                f"{parent}: a file stands where a folder of the report belongs; remove it or choose another --out"
            )


def prepare_file(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot be written, before any capture is read.

    Raises:
        OutputError: it is there and ``force`` is not given, it is a folder, or its folder may not be written.
    """
    try:
        if path.is_dir():
            raise OutputError(f"{path}: this is a folder; choose a file with -o")
        if path.exists() and not force:
            raise OutputError(
                f"{path}: the file is there already; choose another with -o, or overwrite it with --force"
            )
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise OutputError(f"{path.parent}: no folder that can be written; choose another place with -o")
    except (OSError, ValueError) as error:
        raise OutputError(f"{str(path)[:200]}: {error}; choose another file with -o") from error


def write_file(path: Path, octets: Iterable[bytes], never: Sequence[Path]) -> None:
    """Write a file beside its place, then move it in. ``never``: files that it must not take the place of.

    Raises:
        OutputError: it would, or writing fails; what was there is there still.
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
