"""The only place that writes: a report folder, whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from analyzer.errors import OutputError


def prepare(folder: Path, *, force: bool) -> None:
    """Refuse a folder that cannot be written, before any capture is read.

    Raises:
        OutputError: it is no folder, or holds something and ``force`` is not given.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder}: this is a file; choose another folder with --out")
        if folder.is_dir() and not force and any(folder.iterdir()):
            raise OutputError(
                f"{folder}: the folder holds something; choose another with --out, or overwrite with --force"
            )
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise OutputError(f"{folder}: no permission to write here; choose another folder with --out")
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}; choose another folder with --out") from error


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Write every file beside its place first, then move all of them in; their paths.

    Raises:
        OutputError: the disk is full, or writing fails otherwise; the folder is as it was.
    """
    written: list[Path] = []
    try:
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder) as staging:
            names = []
            for name, content in files:
                path = Path(staging) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                names.append(name)
            for name in names:
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(Path(staging) / name, target)
                written.append(target)
    except OSError as error:
        raise OutputError(f"{folder}: the report could not be written: {error.strerror}") from error
    return written
