"""The folder of a store: locked while it is used, read with checks, and changed in one step.

What is new is written into a folder beside its place, moved in, and counts from the moment in which the manifest that
names it takes the place of the one before. A writer that is stopped before that leaves files that no manifest names;
the next writer removes them.
"""

import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from analyzer.errors import StoreError
from analyzer.operating_system.files import is_link, open_itself, remove_folder, replace, sync_names
from analyzer.operating_system.files import remove as remove_file
from analyzer.operating_system.locks import lock
from analyzer.operating_system.reading import read_at_most
from analyzer.store.manifest import ADVICE, FileSum, KeptTables, Manifest, manifest_of

MANIFEST, LOCK, INCREMENTS, TABLES, PARTIAL = "manifest.json", "lock", "increments", "tables", ".partial-"
MOST_MANIFEST = 1 << 30
"""Octets of a manifest, of several million captures."""

Waiting = Callable[[str, int], None]


def tables_folder(kept: KeptTables) -> Path:
    """Where the tables of a site are, below the folder of the store."""
    return Path(TABLES) / f"site={quote(kept.site, safe='')}" / kept.folder


@contextmanager
def locked(root: Path, *, writing: bool, waiting: Waiting = lambda _name, _octets: None) -> Iterator[None]:
    """Within it no other process changes the store; with ``writing``, none reads it either. Waits for others.

    Raises:
        StoreError: there is no store, or it may not be written.
    """
    creates = writing or ((root / MANIFEST).exists() and not (root / LOCK).exists())
    try:
        handle = open_itself(root / LOCK, os.O_RDWR | os.O_CREAT if creates else os.O_RDONLY)
    except OSError as error:
        if not is_store(root):
            raise StoreError(f"{str(root)[:200]}: there is no store here: make one with store add") from error
        raise StoreError(f"{root}: this store cannot be opened: {LOCK}: {error.strerror}") from error
    except ValueError as error:
        raise StoreError(f"{str(root)[:200]!r}: {error}") from error
    try:
        try:
            lock(handle, shared=not writing, wait=False)
        except BlockingIOError:
            waiting("waiting until another process has finished with the store", 0)
            lock(handle, shared=not writing, wait=True)
        yield
    finally:
        os.close(handle)


def is_store(root: Path) -> bool:
    """Whether a folder is a store, if only an empty one."""
    return (root / LOCK).exists() or (root / MANIFEST).exists()


def create(root: Path) -> None:
    """Make the folder of a store, unless it is one.

    Raises:
        StoreError: it is something else, or cannot be made.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        if not is_store(root) and any(root.iterdir()):
            raise StoreError(f"{root}: this folder is not empty and no store; choose another folder")
    except OSError as error:
        raise StoreError(f"{str(root)[:200]}: no store can be made here: {error.strerror or error}") from error


def read_manifest(root: Path) -> Manifest | None:
    """The manifest; None in a store to which nothing was added yet.

    Raises:
        StoreError: it cannot be read, is damaged or of another version.
    """
    path = root / MANIFEST
    if not path.exists() and not is_link(path):
        return None
    return manifest_of(octets_of(path, MOST_MANIFEST), str(path))


def octets_of(path: Path, most: int) -> bytes:
    """The content of a file of the store; links are not followed.

    Raises:
        StoreError: it is no file, it is larger, or it cannot be read.
    """
    with opened(path, most) as file:
        return read_at_most(file, most)


@contextmanager
def opened(path: Path, most: int) -> Iterator[BinaryIO]:
    """A file of the store, open; otherwise as octets_of()."""
    try:
        handle = open_itself(path, os.O_RDONLY)
        with os.fdopen(handle, "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode) or state.st_size > most:
                raise StoreError(f"{path}: damaged (not a file of a store); {ADVICE}")
            yield file
    except OSError as error:
        raise StoreError(f"{path}: this file of the store cannot be read: {error.strerror}; {ADVICE}") from error


def parts_of(root: Path, place: Path, name: str, size: int, spans: Sequence[tuple[int, int]]) -> list[bytes]:
    """The octets from, and up to, these places of a file that has to be of this size. The caller compares hashes.

    Raises:
        StoreError: it is not there, or of another size.
    """
    require_no_link(root, place)
    path = root / place / name
    with opened(path, size) as file:
        if file.seek(0, os.SEEK_END) != size:
            raise StoreError(f"{path}: damaged (its size is not that of the manifest); {ADVICE}")
        parts = []
        for start, end in spans:
            file.seek(start)
            parts.append(file.read(end - start))
        return parts


def require_no_link(root: Path, place: Path) -> None:
    """Raises StoreError where a folder of the store is a link."""
    for folder in (place, *place.parents[:-1]):
        if is_link(root / folder):
            raise StoreError(f"{root / folder}: damaged (a link); {ADVICE}")


def checked(root: Path, place: Path, name: str, expected: FileSum) -> bytes:
    """The content of a file that the manifest names. ``place``: its folder, below ``root``.

    Raises:
        StoreError: it is not there, or it was changed.
    """
    require_no_link(root, place)
    content = octets_of(root / place / name, expected.size)
    if len(content) != expected.size or sha256(content).hexdigest() != expected.sha256:
        raise StoreError(f"{root / place / name}: damaged (its SHA-256 is not that of the manifest); {ADVICE}")
    return content


class Change:
    """New folders of a store, written aside. ``commit`` makes them and a new manifest count, which is ``current``
    then."""

    def __init__(self, root: Path, staging: Path, current: Manifest | None) -> None:
        self.root, self.staging, self.current = root, staging, current
        self.places: list[Path] = []

    def add(self, place: Path, files: Mapping[str, bytes]) -> dict[str, FileSum]:
        """Write the files of a new folder; ``place``: the folder, below that of the store. Raises OSError."""
        aside = self.staging / str(len(self.places))
        aside.mkdir()
        for name, content in files.items():
            write_durably(aside / name, content)
        sync_names(aside)
        self.places.append(place)
        return {name: FileSum(size=len(content), sha256=sha256(content).hexdigest()) for name, content in files.items()}

    def commit(self, manifest: Manifest) -> None:
        """Move everything to its place, then the manifest. Raises OSError."""
        parents = set()
        for number, place in enumerate(self.places):
            target = self.root / place
            for folder in place.parents[:-1]:
                entries(self.root / folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            replace(self.staging / str(number), target)
            parents |= {target.parent, *target.parent.parents}
        for parent in parents:
            if parent.is_relative_to(self.root):
                sync_names(parent)
        aside = self.staging / MANIFEST
        write_durably(aside, manifest.as_text().encode())
        replace(aside, self.root / MANIFEST)
        self.current = manifest
        sync_names(self.root)


@contextmanager
def change(root: Path, current: Manifest | None) -> Iterator[Change]:
    """A change of a store that is locked for writing. What earlier writers left is removed first; what the change
    leaves unused, afterwards.

    Raises:
        StoreError: the disk is full, or writing fails; what counts in the store is as before.
    """
    try:
        tidy(root, current)
        with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=root, ignore_cleanup_errors=True) as staging:
            changed = Change(root, Path(staging), current)
            yield changed
    except OSError as error:
        raise StoreError(f"{root}: the store could not be written: {error.strerror}; it is as it was before") from error
    with suppress(OSError, StoreError):
        tidy(root, changed.current)


def tidy(root: Path, manifest: Manifest | None) -> None:
    """Remove what the manifest does not name. Raises OSError, and StoreError for a link in the place of a folder."""
    kept = {root / INCREMENTS / increment.key for increment in manifest.increments} if manifest else set()
    kept |= {root / tables_folder(one) for one in manifest.tables} if manifest else set()
    sites = entries(root / TABLES)
    places = [*entries(root / INCREMENTS), *(path for site in sites for path in entries(site))]
    for path in [*root.glob(f"{PARTIAL}*"), *places]:
        if path not in kept:
            remove(path)
    for site in sites:
        if not entries(site):
            site.rmdir()


def entries(folder: Path) -> list[Path]:
    """What is in a folder of the store; nothing if it is not there. A link could lead to any folder of the system."""
    if is_link(folder):
        raise StoreError(f"{folder}: damaged (a link); {ADVICE}")
    return sorted(folder.iterdir()) if folder.exists() else []


def remove(path: Path) -> None:
    """Remove a folder or anything else, links themselves and not what they lead to. Raises OSError."""
    if path.is_dir() and not is_link(path):
        remove_folder(path)
    else:
        remove_file(path)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file and have it on the disk. Raises OSError."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
