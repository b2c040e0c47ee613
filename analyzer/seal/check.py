"""Compares a sealed report folder, and the captures, with the seal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from analyzer.errors import DocumentError
from analyzer.extract.originals import digest_of as digest_of_capture
from analyzer.extract.originals import files_of
from analyzer.flows.reading.reader import Progress
from analyzer.report.folder import check_complete
from analyzer.seal.folder import read_small, sums_of
from analyzer.seal.manifest import CAPTURES, MANIFEST, MOST_OCTETS, QUERY, UNLISTED, read_manifest
from analyzer.seal.query import read_query


@dataclass(frozen=True)
class Deviation:
    """A file that is not as it was sealed. ``detail``: what is known of it."""

    path: str
    state: Literal["changed", "added", "removed", "not found"]
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.state}: {self.path}{f' ({self.detail})' if self.detail else ''}"


@dataclass(frozen=True)
class CheckedFolder:
    """A folder that was compared with its seal. ``files``: how many the manifest has; ``digest``: its SHA-256."""

    files: int
    digest: bytes
    deviations: tuple[Deviation, ...]


def check_folder(place: str) -> CheckedFolder:
    """Compare every file of a folder with its manifest.

    Raises:
        DocumentError: the folder is not sealed, its manifest cannot be trusted, or it has links or special files.
    """
    folder = Path(place)
    check_complete(folder)
    if not (folder / MANIFEST).is_file():
        raise DocumentError(f"{folder}: has no seal ({MANIFEST}): seal it first, with dpm-analyzer seal")
    content = read_small(folder / MANIFEST)
    listed = read_manifest(content, str(folder / MANIFEST))
    digest = sha256(content).digest()
    found = [*differences(listed, sums_of(folder, UNLISTED)), *differences_of_query(folder, digest)]
    return CheckedFolder(len(listed), digest, tuple(found))


def differences_of_query(folder: Path, digest: bytes) -> Iterator[Deviation]:
    """The time-stamp query, if it is not one for the manifest with this digest. Its nonce is random: only an answer
    shows a changed one."""
    try:
        if not (folder / QUERY).is_file():
            yield Deviation(QUERY, "removed")
        elif read_query(read_small(folder / QUERY), QUERY).digest != digest:
            yield Deviation(QUERY, "changed", "it or the manifest: they do not belong together")
    except DocumentError:
        yield Deviation(QUERY, "changed", "it is no time-stamp query of this program")


def differences(listed: Mapping[str, str], sums: Mapping[str, str]) -> list[Deviation]:
    """The files that are not as they are listed, by their paths."""
    found = []
    for path in sorted(listed.keys() | sums.keys()):
        if path not in sums:
            found.append(Deviation(path, "removed"))
        elif path not in listed:
            found.append(Deviation(path, "added"))
        elif listed[path] != sums[path]:
            found.append(Deviation(path, "changed", f"SHA-256 {sums[path]}, sealed {listed[path]}"))
    return found


def captures_listed(folder: Path) -> list[tuple[str, str]]:
    """(name, SHA-256) of the captures of a seal, which may have one name twice.

    Raises:
        DocumentError: the list is missing or cannot be read.
    """
    content = read_small(folder / CAPTURES)
    lines = content.decode(errors="replace").splitlines()
    if len(content) > MOST_OCTETS or any(len(line.partition("  ")[0]) != 64 for line in lines):
        raise DocumentError(f"{folder / CAPTURES}: this is no list of captures: restore it, or seal again")
    return [(name, digest) for digest, _, name in (line.partition("  ") for line in lines)]


def check_captures(place: str, given: Sequence[str], progress: Progress) -> tuple[int, list[Deviation]]:
    """How many captures were compared, and those that are not as they were sealed. ``given``: files and folders; a
    capture is identified by its content, and by its name where no content fits.

    Raises:
        DocumentError: the list of captures is missing or cannot be read.
        CaptureError: what is given is no file and no folder.
    """
    listed = captures_listed(Path(place))
    wanted = {digest for _, digest in listed}
    names = {Path(name).name for name, _ in listed}
    there: set[str] = set()
    changed: dict[str, str] = {}
    found: list[Deviation] = []
    for path, by_name in files_of(given):
        digest = digest_of_capture(path, progress)
        there.add(digest)
        if digest not in wanted and path.name in names:
            changed[path.name] = digest
        elif digest not in wanted and by_name:
            found.append(Deviation(str(path), "added", "no capture of this seal"))
    for name, digest in listed:
        now = changed.get(Path(name).name)
        if digest not in there and now is not None:
            found.append(Deviation(name, "changed", f"SHA-256 {now or 'unknown'}, sealed {digest}"))
        elif digest not in there:
            found.append(Deviation(name, "not found", f"SHA-256 {digest}"))
    return len(listed), found
