"""Writes the seal of a report folder."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from analyzer import pipeline
from analyzer.errors import DocumentError, OutputError
from analyzer.operating_system.files import is_link
from analyzer.output import write_file
from analyzer.report import Report
from analyzer.report.folder import check_complete, read_sums
from analyzer.seal.check import Deviation, differences
from analyzer.seal.folder import read_small, sums_of
from analyzer.seal.manifest import (
    ANSWER,
    CAPTURES,
    FOLDER,
    MANIFEST,
    QUERY,
    UNLISTED,
    octets_of,
    problem_of_path,
    read_manifest,
)
from analyzer.seal.query import NONCE_OCTETS, Query, read_query
from analyzer.text import visible


@dataclass(frozen=True)
class Sealed:
    """A seal that was written, or was there already. ``files``, ``captures``: how many it has; ``digest``: the SHA-256
    of its manifest. ``edited``: files that are not as the report wrote them. ``new``: it was written now."""

    files: int
    captures: int
    digest: str
    edited: tuple[str, ...]
    new: bool


def seal(place: str, *, force: bool) -> Sealed:
    """Write manifest, list of captures and time-stamp query into a report folder. A seal that still holds stays.

    Raises:
        DocumentError: there is no report, it is damaged, or it has files that cannot be sealed.
        OutputError: the folder has a seal of another state and ``force`` is not given, or an answer for it; or writing
            fails.
    """
    folder = Path(place)
    report = pipeline.load(place)
    check_complete(folder)
    listed = captures_of(report)
    refuse_links(folder)
    sums = sums_of(folder, UNLISTED)
    if (folder / MANIFEST).exists():
        content = read_small(folder / MANIFEST)
        found = differences(read_manifest(content, str(folder / MANIFEST)), sums)
        if not found and is_queried(folder, content):
            return sealed(folder, content, len(listed), new=False)
        refuse_another_state(folder, found, force=force)
    (folder / FOLDER).mkdir(exist_ok=True)
    captures = octets_of(listed)
    content = octets_of(sums | {CAPTURES: sha256(captures).hexdigest()})
    query = Query(sha256(content).digest(), secrets.randbits(8 * NONCE_OCTETS - 1) | 1 << (8 * NONCE_OCTETS - 2))
    write_file(folder / CAPTURES, [captures], [])
    write_file(folder / MANIFEST, [content], [])
    write_file(folder / QUERY, [query.octets], [])
    return sealed(folder, content, len(listed), new=True)


def is_queried(folder: Path, manifest: bytes) -> bool:
    """Whether the query of a folder is for this manifest. It is not where sealing was interrupted."""
    try:
        return read_query(read_small(folder / QUERY), QUERY).digest == sha256(manifest).digest()
    except DocumentError:
        return False


def sealed(folder: Path, manifest: bytes, captures: int, *, new: bool) -> Sealed:
    """What a manifest seals."""
    listed = read_manifest(manifest, str(folder / MANIFEST))
    edited = tuple(name for name, digest in read_sums(folder) if listed.get(name) != digest)
    return Sealed(len(listed), captures, sha256(manifest).hexdigest(), edited, new)


def captures_of(report: Report) -> list[tuple[str, str]]:
    """Name and SHA-256 of every capture, and of every file of evidence of hosts. Letters that a list cannot have are
    written as escapes: captures are identified by their content."""
    evidence = report.meta.host_evidence.files if report.meta.host_evidence else ()
    listed = [(one.name, one.sha256) for one in report.meta.captures]
    listed += [(one.name, one.sha256) for one in evidence]
    return [(visible(name) if problem_of_path(name) else name, digest) for name, digest in listed]


def refuse_another_state(folder: Path, found: list[Deviation], *, force: bool) -> None:
    """Raise OutputError where a seal of an earlier state must not be replaced."""
    if (folder / ANSWER).exists():
        raise OutputError(
            f"{folder}: changed since it was sealed ({summary(found)}), and {ANSWER} proves the earlier state: keep a "
            f"copy of the earlier report, then move {FOLDER} away and seal again"
        )
    if found and not force:
        raise OutputError(
            f"{folder}: changed since it was sealed ({summary(found)}): seal the present state with --force; "
            "time stamps of the earlier seal do not hold for it"
        )


def summary(found: list[Deviation]) -> str:
    """The first of the differences, and how many there are."""
    if not found:
        return "the time-stamp query is another one"
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{visible(found[0].path)} {found[0].state}{more}"


def refuse_links(folder: Path) -> None:
    """Raise OutputError where something else is in the place of the seal."""
    for name in (FOLDER, MANIFEST, CAPTURES, QUERY):
        path = folder / name
        if is_link(path) or (path.exists() and path.is_dir() != (name == FOLDER)):
            raise OutputError(f"{path}: something else is in the place of the seal: remove it")
