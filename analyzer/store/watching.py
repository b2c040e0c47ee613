"""Watches a folder into which another program writes captures, and finds those that are complete.

Nothing but the folder is asked: its names, sizes and times, and the ends of files. Events of the system about closed
files are not used: network shares do not send them.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from analyzer.capture.recognition import PCAPNG_MAGIC, PCAPS
from analyzer.store.completeness import FileState, file_state
from analyzer.store.manifest import Manifest

STILL = 600.0
"""Seconds after which a file that does not change is taken in any case."""
_ENDING = re.compile(r"\.(pcapng|pcap|cap|ntar|dmp)(\.(gz|zst|lz4|xz|bz2))?(?=$|\d+$)", re.IGNORECASE)
_DUMPCAP = re.compile(r"_(\d{5,}_\d{14}|\d{14}_\d{5,})$")
_NUMBERS = re.compile(r"([-_.T]\d+)+$|\d+$")


class EventKind(StrEnum):
    """Why a file is not taken, or how it is. ``EMPTY``, ``HALF``: it is looked at again. ``AS_IT_IS``: it ends within a
    frame and has not changed for long. ``VANISHED``: it was overwritten or removed before it was taken. ``GROWN``: the
    store has its first part, so the rest is not taken. ``REFUSED``: it could not be added."""

    EMPTY = "empty"
    HALF = "half"
    AS_IT_IS = "as it is"
    VANISHED = "vanished"
    GROWN = "grown"
    REFUSED = "refused"


@dataclass(frozen=True)
class WatchEvent:
    """Something about a file that has to be named. ``problem``: the error, if there is one."""

    kind: EventKind
    path: Path
    problem: str = ""


@dataclass
class Seen:
    """A file as it was at the last look. ``since``: when it was seen so first; ``times``: how often since then;
    ``named``: what was said about it."""

    size: int
    modified: int
    since: float
    times: int = 1
    named: EventKind | None = None


@dataclass
class FolderWatch:
    """What is known of a folder from one look to the next. ``still``: see STILL. ``done``: the files that need nothing
    more, with the size and the time that they had."""

    folder: Path
    still: float
    clock: Callable[[], float]
    seen: dict[Path, Seen] = field(default_factory=dict)
    done: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def look(self) -> tuple[list[Path], list[WatchEvent]]:
        """(the files that are complete and not done, in the order in which they were written; what has to be named).

        Raises:
            OSError: the folder cannot be read.
        """
        now = self.clock()
        there = dict(captures_in(self.folder))
        events = [
            WatchEvent(EventKind.VANISHED, path) for path in self.seen if path not in there and path not in self.done
        ]
        self.seen = {path: self.seen_again(path, size, time, now) for path, (size, time) in there.items()}
        self.done = {path: state for path, state in self.done.items() if there.get(path) == state}
        ready: list[Path] = []
        for files in self.series():
            for path, is_last in files:
                takes = path in self.done or self.is_complete(path, now, events, is_last=is_last)
                if takes and path not in self.done:
                    ready.append(path)
                # A later file is not taken before an earlier one: the store would have to read it again.
                if not takes and self.seen[path].size:
                    break
        return ready, events

    def seen_again(self, path: Path, size: int, modified: int, now: float) -> Seen:
        """What is known of a file after one look more."""
        before = self.seen.get(path)
        if before is None or (before.size, before.modified) != (size, modified):
            return Seen(size, modified, now, named=before.named if before else None)
        before.times += 1
        return before

    def series(self) -> Iterator[list[tuple[Path, bool]]]:
        """The files of each series in the order in which they were written, each with whether it is the last one."""
        found: dict[str, list[Path]] = {}
        for path in sorted(self.seen, key=lambda one: (self.seen[one].modified, natural(one.name))):
            found.setdefault(series_of(path.name), []).append(path)
        for paths in found.values():
            yield [(path, path == paths[-1]) for path in paths]

    def is_complete(self, path: Path, now: float, events: list[WatchEvent], *, is_last: bool) -> bool:
        """Whether a file can be taken: it is not changed any more, it ends after a frame, and the writer has begun the
        next file or closed this one. One that is still for long is taken in any case, unless it is empty."""
        seen = self.seen[path]
        if not seen.size:
            self.name(EventKind.EMPTY, path, events)
            return False
        if seen.times < 2:
            return False
        try:
            state = file_state(path)
        except OSError:
            return False
        is_still = now - seen.since >= self.still
        if state is FileState.HALF:
            self.name(EventKind.AS_IT_IS if is_still else EventKind.HALF, path, events)
            return is_still
        return is_still or state is FileState.CLOSED or not is_last

    def name(self, kind: EventKind, path: Path, events: list[WatchEvent]) -> None:
        """Say it once, until something else is said about the file."""
        if self.seen[path].named is not kind:
            self.seen[path].named = kind
            events.append(WatchEvent(kind, path))

    def finish(self, path: Path) -> None:
        """Nothing more is to be done for the file, unless it changes."""
        seen = self.seen[path]
        self.done[path] = (seen.size, seen.modified)


def captures_in(folder: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    """(path, (size, time of the last change)) of each file of the folder that is a capture, by its name or its first
    octets. Links and hidden files are none. Raises OSError."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                state = entry.stat(follow_symlinks=False)
                path = folder / entry.name
                if stat.S_ISREG(state.st_mode) and not entry.name.startswith(".") and is_capture(path):
                    yield path, (state.st_size, state.st_mtime_ns)


def is_capture(path: Path) -> bool:
    """Whether a file is a capture by its name, or by its first octets. Raises OSError."""
    if _ENDING.search(path.name):
        return True
    with path.open("rb") as file:
        magic = file.read(4)
    return magic == PCAPNG_MAGIC or magic in PCAPS


def series_of(name: str) -> str:
    """What the names of the files of one ring buffer have in common: the name without what counts them.

    ``ring_00001_20260302090000.pcapng`` (dumpcap), ``ring.pcap``, ``ring.pcap1`` (tcpdump -C),
    ``ring-20260302-090000.pcap`` (tcpdump -G) are all of ``ring``.
    """
    stem = _ENDING.sub("", name)
    return _DUMPCAP.sub("", stem) if _DUMPCAP.search(stem) else _NUMBERS.sub("", stem)


def natural(name: str) -> list[tuple[int, str]]:
    """A key that orders numbers in names by their value."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name)]


def has_first_part(manifest: Manifest, path: Path) -> bool:
    """Whether the store has a capture that was at this place and that the file begins with: it grew after it was
    taken. Raises OSError."""
    size = path.stat().st_size
    earlier = [one for one in manifest.captures if one.at == str(path) and one.size < size]
    return any(sum_of_first(path, one.size) == one.sha256 for one in earlier)


def sum_of_first(path: Path, octets: int) -> str:
    """The SHA-256 of the first octets of a file."""
    digest = sha256()
    with path.open("rb") as file:
        while octets and (piece := file.read(min(octets, 1 << 20))):
            digest.update(piece)
            octets -= len(piece)
    return digest.hexdigest()
