"""What a worker does for a store: it reads captures from their paths, and writes an increment into a folder of its own.

What it returns says what is there. The caller decides what counts.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analyzer.capture.containers.reader import chunks
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.window import Window
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.reader import Reader, kernel_mode_for
from analyzer.flows.reading.workers import WorkerPool
from analyzer.store.addition import kept_increment
from analyzer.store.chain import ChainReader, KnownIncrements, first_key
from analyzer.store.folder import Change
from analyzer.store.manifest import Increment, StoredCapture
from analyzer.store.site_captures import store_watch

PROGRESS, REPORT_EVERY = "progress", 0.2


class StoppedError(Exception):
    """The folder of a task is not there any more: nobody waits for its result."""


@dataclass(frozen=True)
class TimesTask:
    """Find out when a capture begins and ends. ``folder``: while it is there, somebody waits for the result."""

    folder: str
    capture: StoredCapture
    resync: bool


@dataclass(frozen=True)
class VantageTask:
    """Read the captures of a vantage that no increment has. ``folder``: where the result goes; ``start``: the key of a
    chain without captures, as the caller has it; ``increments``: the part of the chain that the store has; ``fresh``:
    the SHA-256 of captures that the user has just named; ``cores``: how many this worker may use."""

    root: str
    folder: str
    start: str
    increments: tuple[Increment, ...]
    captures: tuple[StoredCapture, ...]
    fresh: frozenset[str]
    options: ReadOptions
    cores: int


@dataclass(frozen=True)
class VantageResult:
    """``increment``: what is in ``place``, a folder below that of the task; ``read``: the SHA-256 of the captures that
    were read."""

    increment: Increment
    place: str
    read: tuple[str, ...]


def times_in(task: TimesTask) -> tuple[int, int]:
    """(earliest, latest) time in a capture; -1 without a frame. Raises CaptureError where it cannot be read."""
    capture, report = task.capture, report_into(Path(task.folder))
    source = open_source(capture.at, Path(capture.path).name, capture.at)
    try:
        window = Window(source, kernel_mode_for(capture.size), resync=task.resync)
        earliest, latest = [], []
        for chunk in chunks(window):
            if chunk.count:
                earliest.append(int(chunk.time_ns.min()))
                latest.append(int(chunk.time_ns.max()))
            report(source.name, source.size)
        return min(earliest, default=-1), max(latest, default=-1)
    finally:
        source.close()


def read_vantage(task: VantageTask) -> VantageResult | None:
    """Read the captures; None where this worker reads in another way than the caller: it has another version.

    Raises:
        AnalyzerError, OSError: a capture cannot be read, or the store cannot be written.
        StoppedError: nobody waits for the result.
    """
    root, folder, watch = Path(task.root), Path(task.folder), store_watch()
    if first_key(watch, task.options) != task.start:
        return None
    known = KnownIncrements(root, task.increments, task.start)
    mode = kernel_mode_for(sum(capture.size for capture in task.captures))
    reader = Reader(mode, watch, task.options, True, report_into(folder), WorkerPool(task.cores))
    shared = ChainReader(reader, known, {}, task.fresh)
    chain = shared.new_chain()
    for number, capture in enumerate(task.captures):
        chain.take(number, capture)
    chain.finish()
    # A worker that was killed, or is believed to be, may have written here, too.
    staging = Path(tempfile.mkdtemp(prefix="attempt-", dir=folder))
    increment = kept_increment(chain, Change(root, staging, None))
    return VantageResult(increment, f"{staging.name}/0", tuple(shared.read))


def report_into(folder: Path, clock: Callable[[], float] = time.monotonic) -> Callable[[str, int], None]:
    """Writes how far the reading is into a file of the folder. Raises StoppedError once the folder is gone."""
    written = 0.0

    def report(name: str, octets: int) -> None:
        nonlocal written
        if clock() - written < REPORT_EVERY:
            return
        written = clock()
        try:
            (folder / PROGRESS).write_text(f"{octets} {name}", encoding="utf-8", errors="surrogateescape")
        except OSError:
            if not folder.exists():
                raise StoppedError from None

    return report


def progress_in(folder: Path) -> tuple[str, int] | None:
    """(name of a capture, octets of it that were read), as report_into() wrote them last; None before that."""
    try:
        octets, _, name = (folder / PROGRESS).read_text("utf-8", "surrogateescape").partition(" ")
        return name, int(octets)
    except (OSError, ValueError):
        return None


def run(task: TimesTask | VantageTask) -> tuple[int, int] | VantageResult | None:
    """What a worker is started for."""
    return times_in(task) if isinstance(task, TimesTask) else read_vantage(task)
