"""Files and folders of evidence to one ``HostEvidence``. The only module here that opens what a user named."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analyzer.host_evidence.model import (
    PROCESS_COLUMNS,
    HostEvidence,
    HostNote,
    Log,
    SourceFile,
    joined,
)
from analyzer.host_evidence.process import FileReading, Limits, read_apart
from analyzer.host_evidence.readers.collect import HostEvidenceError
from analyzer.operating_system.files import is_link

MOST_FILES = 10_000
_PIECE = 1 << 20


def read_host_evidence(paths: Sequence[str | Path], limits: Limits | None = None) -> HostEvidence:
    """Everything that files, and the files in folders, say of programs; each read in a process of its own.

    Files that are no evidence are named in ``notes`` where the user named them, and passed over in folders.

    Raises:
        HostEvidenceError: a path does not exist, a file that was named cannot be read, or a package is not installed.
    """
    files, notes = _files(paths)
    names = labels([path for path, _ in files])
    found = _Findings(notes)
    readings = read_apart([(path, name) for (path, _), name in zip(files, names, strict=True)], limits or Limits())
    for (path, given), name, reading in zip(files, names, readings, strict=True):
        if reading.missing:
            raise HostEvidenceError(reading.missing)
        if reading.failed == "unknown-form":
            notes.append(HostNote("not-evidence", "warning" if given else "info", {"source": name}))
        else:
            found.add(path, given, name, reading)
    return HostEvidence(
        joined(found.attributions),
        tuple(found.logs),
        tuple(found.sources),
        tuple(notes),
        joined(found.processes, PROCESS_COLUMNS),
    )


@dataclass
class _Findings:
    """What the files gave so far."""

    notes: list[HostNote]
    attributions: list[pd.DataFrame] = field(default_factory=list)
    processes: list[pd.DataFrame] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    sources: list[SourceFile] = field(default_factory=list)

    def add(self, path: Path, given: bool, name: str, reading: FileReading) -> None:
        """The reading of a file. A file that the system does not let be read is named; where the user named it, it is
        an error."""
        try:
            source = SourceFile(name, reading.form, path.stat().st_size, _sha256(path))
        except OSError as error:
            if given:
                raise HostEvidenceError(f"{path}: {error.strerror}: give a file that can be read") from error
            self.notes.append(HostNote("unreadable", "warning", {"source": name, "why": str(error.strerror)}))
            return
        self.attributions.append(reading.attributions)
        self.processes.append(reading.processes)
        self.logs += reading.logs
        self.sources.append(source)
        if reading.failed:
            self.notes.append(HostNote("reading-stopped", "warning", {"source": name, "why": reading.failed}))
        if reading.unread:
            self.notes.append(HostNote("unread-records", "warning", {"source": name, "count": reading.unread}))
        if not len(reading.attributions) and not len(reading.processes) and not reading.failed:
            self.notes.append(HostNote("no-programs", "info", {"source": name, "form": reading.form}))


def _files(paths: Sequence[str | Path]) -> tuple[list[tuple[Path, bool]], list[HostNote]]:
    """Every file, in a fixed order, and whether the user named it. In folders, links are not followed."""
    found: list[tuple[Path, bool]] = []
    notes: list[HostNote] = []
    for given in map(Path, paths):
        if given.is_dir():
            found += [(path, False) for path in _in_folder(given, notes)]
        elif given.is_file():
            found.append((given, True))
        else:
            raise HostEvidenceError(f"{given}: no such file or folder: give what holds the evidence of hosts")
    if len(found) > MOST_FILES:
        notes.append(HostNote("too-many-files", "warning", {"count": len(found), "most": MOST_FILES}))
        del found[MOST_FILES:]
    return found, notes


def _in_folder(folder: Path, notes: list[HostNote]) -> list[Path]:
    """The files below a folder, in a fixed order; ``notes`` gets each folder that cannot be listed."""

    def not_listed(error: OSError) -> None:
        name = _encodable(Path(error.filename).name)
        notes.append(HostNote("unreadable", "warning", {"source": name, "why": str(error.strerror)}))

    found = [Path(root) / name for root, _, names in os.walk(folder, onerror=not_listed) for name in names]
    return sorted(path for path in found if not path.name.startswith(".") and _may_be_file(path))


def _may_be_file(path: Path) -> bool:
    """Whether a path is a file, not a link. One that the system does not let be looked at is named when it is read."""
    try:
        return path.is_file() and not is_link(path)
    except OSError:
        return True


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
