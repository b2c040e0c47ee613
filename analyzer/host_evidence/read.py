"""Files and folders of evidence to one ``HostEvidence``. The only module here that opens what a user named."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from analyzer.host_evidence.model import (
    COLUMNS,
    HostEvidence,
    HostNote,
    Log,
    ProcessRecord,
    SourceFile,
    joined,
)
from analyzer.host_evidence.process import Limits, read_apart
from analyzer.host_evidence.readers.collect import HostEvidenceError
from analyzer.host_evidence.recognise import form_of

MOST_FILES = 10_000
_PIECE = 1 << 20


def read_host_evidence(paths: Sequence[str | Path], limits: Limits | None = None) -> HostEvidence:
    """Everything that files, and the files in folders, say of programs; each read in a process of its own.

    Files that are no evidence are named in ``notes`` where the user named them, and passed over in folders.

    Raises:
        HostEvidenceError: a path does not exist, or a package is not installed.
    """
    files, notes = _files(paths)
    names = labels([path for path, _ in files])
    known = []
    for (path, given), name in zip(files, names, strict=True):
        form = form_of(path)
        if form is None:
            notes.append(HostNote("not-evidence", "warning" if given else "info", {"source": name}))
        else:
            known.append((path, name, form))
    attributions, processes = [], []
    logs: list[Log] = []
    sources: list[SourceFile] = []
    readings = read_apart([(path, name) for path, name, _ in known], limits or Limits())
    for (path, name, form), reading in zip(known, readings, strict=True):
        if reading.missing:
            raise HostEvidenceError(reading.missing)
        attributions.append(reading.attributions)
        processes.append(reading.processes)
        logs += reading.logs
        sources.append(SourceFile(name, form.title, path.stat().st_size, _sha256(path)))
        if reading.failed:
            notes.append(HostNote("reading-stopped", "warning", {"source": name, "why": reading.failed}))
        if reading.unread:
            notes.append(HostNote("unread-records", "warning", {"source": name, "count": reading.unread}))
        if not len(reading.attributions) and not reading.failed:
            notes.append(HostNote("no-programs", "info", {"source": name, "form": form.title}))
    return HostEvidence(
        joined(attributions, COLUMNS),
        joined(processes, ProcessRecord._fields),
        tuple(logs),
        tuple(sources),
        tuple(notes),
    )


def _files(paths: Sequence[str | Path]) -> tuple[list[tuple[Path, bool]], list[HostNote]]:
    """Every file, in a fixed order, and whether the user named it. In folders, links are not followed."""
    found: list[tuple[Path, bool]] = []
    for given in map(Path, paths):
        if given.is_dir():
            held = sorted(path for path in given.rglob("*") if path.is_file() and not path.is_symlink())
            found += [(path, False) for path in held if not path.name.startswith(".")]
        elif given.is_file():
            found.append((given, True))
        else:
            raise HostEvidenceError(f"{given}: no such file or folder: give what holds the evidence of hosts")
    notes = []
    if len(found) > MOST_FILES:
        notes.append(HostNote("too-many-files", "warning", {"count": len(found), "most": MOST_FILES}))
        del found[MOST_FILES:]
    return found, notes


def labels(paths: Sequence[Path]) -> list[str]:
    """A name for each file: its own, with as many of its folders as make it different from the others. Octets that
    are no UTF-8 are written as numbers."""
    parts = [tuple(map(_encodable, path.absolute().parts)) for path in paths]
    depth = [1] * len(parts)
    while True:
        names = ["/".join(part[-length:]) for part, length in zip(parts, depth, strict=True)]
        counts = Counter(names)
        grown = [
            min(length + (counts[name] > 1), len(part)) for name, length, part in zip(names, depth, parts, strict=True)
        ]
        if grown == depth:
            return names
        depth = grown


def _encodable(part: str) -> str:
    return os.fsencode(part).decode("utf-8", "backslashreplace")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
