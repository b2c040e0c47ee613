"""The captures that a report was made from, found by their content alone, and read as often as it takes."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.capture.containers.reader import chunks
from analyzer.capture.sources.find import mode_of
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.window import Chunk, Window
from analyzer.errors import CaptureError
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.reader import INTERPRETED_UP_TO, Progress
from analyzer.kernel import loading as kernel
from analyzer.report import Capture

MOST_TOLD = 10

Walk = Callable[[Window], Iterator[Chunk]]


@dataclass(frozen=True)
class Original:
    """A capture of a report and the file that holds it; ``number``: its place among the report's captures."""

    number: int
    told: Capture
    path: Path

    def read(self, pace: kernel.Pace, options: ReadOptions, progress: Progress, walk: Walk = chunks) -> Iterator[Chunk]:
        """Its chunks, as ``walk`` finds them.

        Raises:
            CaptureError: it cannot be read, or is not the capture of the report any more.
        """
        window = Window(open_source(str(self.path), self.told.name, hashed=True), pace, resync=options.resync)
        source = window.source
        progress(source.name, 0)
        try:
            for chunk in walk(window):
                yield chunk
                progress(source.name, source.size)
                if pace.interpreted and not pace.fixed and window.passed > INTERPRETED_UP_TO:
                    pace.interpreted = False
            source.drain()
        finally:
            source.close()
        if source.sha256 != self.told.sha256:
            raise CaptureError(
                f"{self.path}: it changed while it was read; extract again from a copy that stays as it is"
            )


def pace_for(originals: Sequence[Original]) -> kernel.Pace:
    """Kernels as they stand for a little, compiled for much."""
    fixed = not kernel.may_compile()
    small = sum(original.told.size for original in originals) <= INTERPRETED_UP_TO
    return kernel.Pace(interpreted=small or fixed, fixed=fixed)


def find_originals(captures: Sequence[Capture], paths: Sequence[str], progress: Progress) -> list[Original]:
    """The file of every capture that holds a frame, by size and SHA-256; names say nothing.

    ``paths``: files, and folders that are searched to their depths.

    Raises:
        CaptureError: a path cannot be read, or a capture is not among the files; every one that is not is named.
    """
    sizes = {capture.size for capture in captures if capture.frames}
    wanted = {capture.sha256 for capture in captures}
    hashes: dict[str, Path] = {}
    others: list[Path] = []
    for path, given in files_of(paths):
        digest = digest_of(path, progress) if path.stat().st_size in sizes else ""
        if digest in wanted:
            hashes.setdefault(digest, path)
        elif given:
            others.append(path)
    missing = [capture for capture in captures if capture.frames and capture.sha256 not in hashes]
    if missing:
        raise CaptureError(complaint(missing, others, paths))
    return [
        Original(number, capture, hashes[capture.sha256]) for number, capture in enumerate(captures) if capture.frames
    ]


def files_of(paths: Sequence[str]) -> Iterator[tuple[Path, bool]]:
    """(file, whether it was named itself). Raises CaptureError for what is no file and no folder."""
    for name in paths:
        mode = 0 if name == "-" else mode_of(name)
        if stat.S_ISDIR(mode):
            yield from ((path, False) for path in below(name))
        elif stat.S_ISREG(mode):
            yield Path(name), True
        else:
            raise CaptureError(f"{name}: captures are read more than once here, which a pipe cannot be: save it first")


def below(folder: str) -> Iterator[Path]:
    """The files of a folder and its folders, in the order of their names; what may not be looked into is left out."""
    for base, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = Path(base) / file
            if path.is_file():
                yield path


def digest_of(path: Path, progress: Progress) -> str:
    """SHA-256 of a file; nothing where it may not be read."""
    progress(path.name, 0)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def complaint(missing: Sequence[Capture], others: Sequence[Path], paths: Sequence[str]) -> str:
    """What is not there, what was there instead, and what to do."""
    count = len(missing)
    lines = [
        f"{count} capture{'s' * (count != 1)} of this report {'are' if count != 1 else 'is'} not among what was given "
        f"({', '.join(paths)}); captures are known by their content, whatever they are called now:"
    ]
    lines += [f"  {capture.name}: {capture.size} octets, SHA-256 {capture.sha256}" for capture in missing[:MOST_TOLD]]
    if count > MOST_TOLD:
        lines.append(f"  and {count - MOST_TOLD} more, which report.md lists")
    lines += [
        f"{path}: none of the report's captures; it may have been changed, unpacked or cut"
        for path in others[:MOST_TOLD]
    ]
    lines.append("Give the files that were analysed, as they were then, or the folders that they are in.")
    return "\n".join(lines)
