"""The only module that writes files: a report folder, or one file; whole or not at all.

A report folder that is written over cannot change in one step. So a marker is in it while its files change, and a
list of checksums is written last: a folder that was left half written shows it to every command that reads it.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path

from analyzer.errors import OutputError
from analyzer.operating_system.files import is_link, reachable, remove, replace, reserved, sync_names
from analyzer.report.folder import MARKER, SUMS, read_sums

Content = bytes | Iterable[bytes | memoryview]
"""The octets of a file, whole or in pieces."""
WHOLE = frozenset({"report.json", "overview.html"})
"""Files of which one is in every whole report."""
_WARNING = b"This report is not complete: writing it was interrupted. Analyse again, with --force.\n"


def prepare(folder: Path, *, force: bool) -> None:
    """Refuse a folder that cannot be written, before any capture is read. Nothing is created yet.

    Raises:
        OutputError: it is no folder, it is not empty and ``force`` is not given, or it may not be written.
    """
    _refuse_name(folder, "--out")
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


def _refuse_name(path: Path, option: str) -> None:
    if problem := reserved(path):
        raise OutputError(f"{path}: {problem}; choose another name with {option}")


def write(folder: Path, files: Iterable[tuple[str, Content]], inputs: Sequence[Path] = ()) -> list[Path]:
    """Write every file beside its place, then move all of them in.

    ``files``: (path in the folder, content); pieces are made while they are written. ``inputs``: captures, profile,
    packs and evidence of hosts; none of them is replaced.

    Returns:
        The paths of the files.

    Raises:
        OutputError: the disk is full, something is in the way, a file would replace an input, or writing fails.
    """
    there = reachable(folder)
    return [folder / path.relative_to(there) for path in _write_into(there, files, inputs) if path.name != SUMS]


def _write_into(folder: Path, files: Iterable[tuple[str, Content]], inputs: Sequence[Path]) -> list[Path]:
    """``write``, for a folder that can be reached by its name; the list of checksums is among the paths."""
    written: list[Path] = []
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder) as staging:
            sums = dict(_stage(Path(staging), files))
            inputs_there = _identities(inputs)
            for name in (*sums, SUMS, MARKER):
                _refuse_obstacles(folder, folder / name)
                _refuse_input(folder / name, inputs_there, "--out")
            content = _sums_with(folder, sums)
            if content:
                _write(Path(staging) / SUMS, content)
            with _marked(folder):
                for name in (*sums, *((SUMS,) if content else ())):
                    target = folder / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    replace(Path(staging) / name, target)
                    written.append(target)
                _sync_folders({folder, *(path.parent for path in written)})
    except OSError as error:
        state = f"; the folder is marked as incomplete ({MARKER})" if written else ""
        raise OutputError(f"{folder}: the report could not be written: {error.strerror}{state}") from error
    finally:
        if made and not written:
            with suppress(OSError):
                folder.rmdir()
    return written


def _stage(staging: Path, files: Iterable[tuple[str, Content]]) -> Iterator[tuple[str, str]]:
    """Write the files there; (name, SHA-256) of each."""
    for name, content in files:
        yield name, _write(staging / name, content)
        del content  # or it would stay while the next one is made


def _write(path: Path, content: Content) -> str:
    """Write a file; its SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = sha256()
    with path.open("wb") as file:
        for piece in (content,) if isinstance(content, bytes) else content:
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


@contextmanager
def _marked(folder: Path) -> Iterator[None]:
    """The marker is in the folder within; it stays if the block is left by an error."""
    _write(folder / MARKER, _WARNING)
    _sync_folders({folder})
    yield
    remove(folder / MARKER)
    _sync_folders({folder})


def _sync_folders(folders: Iterable[Path]) -> None:
    """Have the names in these folders on the disk, where the system can do that."""
    for folder in folders:
        sync_names(folder)


def _sums_with(folder: Path, new: dict[str, str]) -> bytes:
    """The list of checksums with those of ``new`` files. Empty where a part of a report without a list is written."""
    old = dict(read_sums(folder))
    if WHOLE.isdisjoint(new) and not old:
        return b""
    kept = {name: sum_ for name, sum_ in old.items() if (folder / name).is_file()}
    return "".join(f"{sum_}  {name}\n" for name, sum_ in sorted((kept | new).items())).encode()


def _refuse_obstacles(folder: Path, target: Path) -> None:
    """Raise OutputError where a folder, a file or a link is in the way of a file of the report."""
    for path in (target, *target.parents):
        if path == folder:
            break
        if is_link(path):
            raise OutputError(
                f"{path}: a link is in the place of a part of the report; remove it or choose another --out"
            )
        if path == target and path.is_dir():
            raise OutputError(
                f"{path}: this is a folder, and the report has a file of this name; remove it or choose another --out"
            )
        if path != target and path.exists() and not path.is_dir():
            raise OutputError(
                f"{path}: this is a file, and the report has a folder of this name; remove it or choose another --out"
            )


Identity = tuple[int, int]
"""Device and number of a file: the same for all of its names."""


def _identities(paths: Iterable[Path]) -> frozenset[Identity]:
    """Those of the files that exist."""
    found = set()
    for path in paths:
        with suppress(OSError):
            state = path.stat()
            found.add((state.st_dev, state.st_ino))
    return frozenset(found)


def _refuse_input(target: Path, inputs: frozenset[Identity], option: str) -> None:
    if _identities([target]) & inputs:
        raise OutputError(f"{target}: this is an input of the analysis; choose another place with {option}")


def inputs_below(places: Iterable[str | Path], report: Path) -> list[Path]:
    """The files at ``places``, and all files of the folders among them. Files that an earlier report wrote into the
    folder ``report``, and that are unchanged, are left out: a report may be written again."""
    written = {(report / name).resolve(): checksum for name, checksum in read_sums(report)}
    own = {(report / name).resolve() for name in (SUMS, MARKER)} if written else set()
    found: list[Path] = []
    for place in map(Path, places):
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            where = path.resolve()
            if path.is_file() and where not in own and not (where in written and _sum_of(path) == written[where]):
                found.append(path)
    return found


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def prepare_file(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot be written, before any capture is read.

    Raises:
        OutputError: it exists and ``force`` is not given, it is a folder, or its folder may not be written.
    """
    _refuse_name(path, "-o")
    try:
        if path.is_dir():
            raise OutputError(f"{path}: this is a folder; choose a file with -o")
        if path.exists() and not force:
            raise OutputError(f"{path}: the file exists; choose another with -o, or overwrite it with --force")
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise OutputError(f"{path.parent}: this folder does not exist or is not writable; choose another with -o")
    except (OSError, ValueError) as error:
        raise OutputError(f"{str(path)[:200]}: {error}; choose another file with -o") from error


def write_file(path: Path, octets: Iterable[bytes], inputs: Sequence[Path]) -> None:
    """Write a file beside its place, then move it in. ``inputs``: files that it must not replace.

    Raises:
        OutputError: it would, or writing fails; the file that was there is unchanged.
    """
    _refuse_input(path, _identities(inputs), "-o")
    try:
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=path.parent) as staging:
            partial = Path(staging) / "partial"
            with partial.open("wb") as file:
                file.writelines(octets)
                file.flush()
                os.fsync(file.fileno())
            replace(partial, path)
    except OSError as error:
        raise OutputError(f"{path}: the file could not be written: {error.strerror}") from error
