"""The files of a folder with their SHA-256. Links are never followed: what is named is what is read."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from analyzer.errors import DocumentError
from analyzer.operating_system.files import is_link
from analyzer.report.folder import open_file
from analyzer.seal.manifest import MOST_FILES, MOST_OCTETS, problem_of_path
from analyzer.text import clip

MOST_DEPTH = 32
_PIECE = 1 << 20


def sums_of(folder: Path, but: frozenset[str]) -> dict[str, str]:
    """Path -> SHA-256 of every file of a folder and its subfolders, without those of ``but``.

    Raises:
        DocumentError: it has a link or a special file, a path that no manifest can have, too many files, or a file that
            cannot be read.
    """
    sums: dict[str, str] = {}
    for path in files_of(folder, "", 0):
        if path in but:
            continue
        if len(sums) == MOST_FILES:
            raise DocumentError(f"{folder}: more than {MOST_FILES} files: a report has fewer; move the others away")
        if problem := problem_of_path(path):
            raise DocumentError(f"{folder}: {clip(path, 120)} {problem}: give the file another name")
        sums[path] = digest_of(folder / path)
    return sums


def files_of(folder: Path, below: str, depth: int) -> Iterator[str]:
    """The paths of its files, in order of their names."""
    if depth > MOST_DEPTH:
        raise DocumentError(f"{folder}: more than {MOST_DEPTH} folders inside one another: no report has them")
    try:
        with os.scandir(folder / below) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            path = f"{below}{entry.name}"
            if is_link(Path(entry.path)) or not (entry.is_dir() or entry.is_file()):
                raise DocumentError(f"{folder / path}: a link or a special file cannot be sealed: remove it")
            if entry.is_dir():
                yield from files_of(folder, f"{path}/", depth + 1)
            else:
                yield path
    except OSError as error:
        raise DocumentError(f"{folder / below}: cannot be read: {error.strerror}") from error


def digest_of(path: Path) -> str:
    """The SHA-256 of a file. Raises DocumentError."""
    digest = sha256()
    try:
        with open_file(path) as handle:
            while piece := os.read(handle, _PIECE):
                digest.update(piece)
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def read_small(path: Path) -> bytes:
    """The octets of a manifest, a query or an answer, up to one more than any may have. Raises DocumentError."""
    pieces, left = [], MOST_OCTETS + 1
    try:
        with open_file(path) as handle:
            while left and (piece := os.read(handle, min(left, _PIECE))):
                pieces.append(piece)
                left -= len(piece)
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from error
    return b"".join(pieces)
