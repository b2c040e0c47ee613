"""The captures of a report, found by their content."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.capture.containers.reader import chunks
from analyzer.capture.sources.find import leads_outside, mode_of
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.window import Chunk, Window
from analyzer.errors import CaptureError
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.reader import INTERPRETED_UP_TO, Progress, kernel_mode_for
from analyzer.kernel import loading
from analyzer.report import Capture
from analyzer.units import plural

MOST_LISTED = 10

ChunkReader = Callable[[Window], Iterator[Chunk]]


@dataclass(frozen=True)
class Original:
    """A capture of a report and its file; ``number``: its place among the report's captures."""

    number: int
    capture: Capture
    path: Path

    def read(
        self, mode: loading.KernelMode, options: ReadOptions, progress: Progress, walk: ChunkReader = chunks
    ) -> Iterator[Chunk]:
        """Its chunks, as ``walk`` yields them.

        Raises:
            CaptureError: it cannot be read, or it changed.
        """
        window = Window(open_source(str(self.path), self.capture.name, hashed=True), mode, resync=options.resync)
        source = window.source
        progress(source.name, 0)
        try:
            for chunk in walk(window):
                yield chunk
                progress(source.name, source.size)
                if mode.interpreted and not mode.fixed and window.passed > INTERPRETED_UP_TO:
                    mode.interpreted = False
            source.drain()
        finally:
            source.close()
        if source.sha256 != self.capture.sha256:
            raise CaptureError(
                f"{self.path}: it changed while it was read; extract again from a copy that does not change"
            )


def kernel_mode_for_originals(originals: Sequence[Original]) -> loading.KernelMode:
    """Uncompiled kernels for small captures, compiled ones for large captures."""
    return kernel_mode_for(sum(original.capture.size for original in originals))


def find_originals(
    captures: Sequence[Capture], paths: Sequence[str], progress: Progress, *, with_empty: bool = False
) -> list[Original]:
    """The file of every capture that contains a frame, by size and SHA-256; names are not compared.

    ``with_empty``: also of those without a frame.

    ``paths``: files, and folders, which are searched with their subfolders.

    Raises:
        CaptureError: a path cannot be read, or captures are missing; the sentence names them all.
    """
    needed = [capture for capture in captures if capture.frames or with_empty]
    sizes = {capture.size for capture in needed}
    wanted = {capture.sha256 for capture in captures}
    hashes: dict[str, Path] = {}
    others: list[Path] = []
    for path, given in files_of(paths):
        digest = digest_of(path, progress) if size_of(path) in sizes else ""
        if digest in wanted:
            hashes.setdefault(digest, path)
        elif given:
            others.append(path)
    missing = [capture for capture in needed if capture.sha256 not in hashes]
    if missing:
        raise CaptureError(*missing_lines(missing, others, paths))
    return [
        Original(number, capture, hashes[capture.sha256])
        for number, capture in enumerate(captures)
        if capture.frames or with_empty
    ]


def files_of(paths: Sequence[str]) -> Iterator[tuple[Path, bool]]:
    """(file, whether the user named the file itself). Raises CaptureError for anything but files and folders."""
    for name in paths:
        mode = 0 if name == "-" else mode_of(name)
        if stat.S_ISDIR(mode):
            yield from ((path, False) for path in below(name))
        elif stat.S_ISREG(mode):
            yield Path(name), True
        else:
            raise CaptureError(
                f"{name}: captures are read more than once, which a pipe does not allow: save it to a file first"
            )


def below(folder: str) -> Iterator[Path]:
    """The files of a folder and its subfolders, in the order of their names, without folders that cannot be read."""
    for base, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = Path(base) / file
            if size_of(path) >= 0 and not leads_outside(path, folder):
                yield path


def size_of(path: Path) -> int:
    """The size of a file; -1 for anything else, and for what may not be looked at."""
    try:
        found = path.stat()
    except OSError:
        return -1
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def digest_of(path: Path, progress: Progress) -> str:
    """The SHA-256 of a file; an empty text if it cannot be read."""
    progress(path.name, 0)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def missing_lines(missing: Sequence[Capture], others: Sequence[Path], paths: Sequence[str]) -> list[str]:
    """The missing captures, the files that were given instead, and how to fix it."""
    count = len(missing)
    lines = [
        f"{plural(count, 'capture')} of this report {'are' if count != 1 else 'is'} not among the files of "
        f"{', '.join(paths)}; captures are identified by their content, not by their names:"
    ]
    lines += [f"  {capture.name}: {capture.size} octets, SHA-256 {capture.sha256}" for capture in missing[:MOST_LISTED]]
    if count > MOST_LISTED:
        lines.append(f"  and {count - MOST_LISTED} more (see report.md)")
    lines += [
        f"{path}: not a capture of this report; it may have been changed, decompressed or cut"
        for path in others[:MOST_LISTED]
    ]
    lines.append("Give the files that were analysed, unchanged, or their folders.")
    return lines
