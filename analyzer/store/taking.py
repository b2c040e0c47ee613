"""Adds the complete captures of a watched folder to a store."""

from dataclasses import dataclass, field
from pathlib import Path

from analyzer.errors import AnalyzerError, CaptureError
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.reading.reader import Progress
from analyzer.pipeline import quiet
from analyzer.store.adding import Added, Place, absolute, add
from analyzer.store.folder import is_store, locked, read_manifest
from analyzer.store.watching import EventKind, FolderWatch, WatchEvent, has_first_part


@dataclass
class Taken:
    """What a look at the folder did. ``files``: those that were added, or that the store had already."""

    added: Added = field(default_factory=Added)
    files: list[Path] = field(default_factory=list)
    events: list[WatchEvent] = field(default_factory=list)


@dataclass(frozen=True)
class Watcher:
    """A folder that is watched for a store."""

    root: Path
    watch: FolderWatch
    place: Place
    options: ReadOptions = DEFAULT_OPTIONS

    def take(self, progress: Progress = quiet) -> Taken:
        """Look at the folder once, and add what is complete. A file that cannot be added is named, and tried again
        when it changes.

        Raises:
            StoreError: the store is damaged, or cannot be written.
            OSError: the folder cannot be read.
        """
        ready, events = self.watch.look()
        taken = Taken(events=events)
        ready = [path for path in ready if not self.grown(path, taken, progress)]
        try:
            self.add(ready, taken, progress)
        except CaptureError:
            for path in ready:
                self.add_one(path, taken, progress)
        return taken

    def grown(self, path: Path, taken: Taken, progress: Progress) -> bool:
        """Whether the store has the first part of the file: then the file is named, and left."""
        if not is_store(self.root):
            return False
        try:
            with locked(self.root, writing=False, waiting=progress):
                manifest = read_manifest(self.root)
            if manifest is None or not has_first_part(manifest, Path(absolute(str(path)))):
                return False
        except OSError:
            return False
        taken.events.append(WatchEvent(EventKind.GROWN, path))
        self.watch.finish(path)
        return True

    def add(self, paths: list[Path], taken: Taken, progress: Progress) -> None:
        """Add these files. Raises CaptureError and StoreError."""
        if not paths:
            return
        added = add(self.root, [str(path) for path in paths], self.place, self.options, progress)
        for name in ("new", "known", "again"):
            setattr(taken.added, name, getattr(taken.added, name) + getattr(added, name))
        for path in paths:
            self.watch.finish(path)
            taken.files.append(path)

    def add_one(self, path: Path, taken: Taken, progress: Progress) -> None:
        """Add a file. If that fails, say why; one that vanished is named at the next look."""
        try:
            self.add([path], taken, progress)
        except CaptureError as error:
            if path.exists():
                taken.events.append(WatchEvent(EventKind.REFUSED, path, " ".join(error.lines)))
                self.watch.finish(path)


def problem_of(error: AnalyzerError | OSError) -> str:
    """An error in one line."""
    return " ".join(error.lines) if isinstance(error, AnalyzerError) else f"{error.filename}: {error.strerror}"
