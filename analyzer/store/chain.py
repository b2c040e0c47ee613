"""A vantage as a chain of captures. The store has increments of it; what it does not have is read from the captures."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from analyzer.capture.sources.find import FoundCapture
from analyzer.errors import CaptureError, StoreError
from analyzer.flows.assembler import Assembler, Watch
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.checkpoint import Checkpoint, checkpoint_of, kept_frames, resumed
from analyzer.flows.marked import MarkedFrames, joined
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.capture_groups import CaptureGroup
from analyzer.flows.reading.reader import Reader
from analyzer.flows.recall import Recall
from analyzer.store.increments import IncrementFiles, load, load_marks
from analyzer.store.manifest import FORMAT, Increment, StoredCapture
from analyzer.store.originals import require_original
from analyzer.store.reachable import StoredRecords
from analyzer.version import VERSION

_SOURCES = ("capture/**/*.py", "flows/**/*.py")


@cache
def reading_mark() -> str:
    """What the records depend on beside the captures and the options: the version, and the text of what reads them."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256(f"{FORMAT} {VERSION}".encode())
    for source in sorted(file for pattern in _SOURCES for file in package.glob(pattern)):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def first_key(watch: Watch, options: ReadOptions) -> str:
    """The key of a chain without captures."""
    facts = [reading_mark(), options.outer, options.resync, sorted(watch.ports), watch.payloads]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def next_key(key: str, sha256: str) -> str:
    """The key of a chain with one capture more."""
    return hashlib.sha256(f"{key} {sha256}".encode()).hexdigest()


class KnownIncrements:
    """The increments of a store by the keys that chains have before and after each of their captures."""

    def __init__(self, root: Path, increments: Sequence[Increment], start: str) -> None:
        self.root, self.start = root, start
        self.by_key = {increment.key: increment for increment in increments}
        self.steps: dict[str, tuple[Increment, int]] = {}
        self._facts: dict[str, list[CaptureFacts]] = {}
        for increment in increments:
            key = increment.parent or start
            for place, sha256 in enumerate(increment.captures):
                key = next_key(key, sha256)
                self.steps.setdefault(key, (increment, place))
            # An increment of another version, or of other options, is as good as none.
            if key != increment.key:
                del self.by_key[increment.key]
        self.steps = {key: step for key, step in self.steps.items() if step[0].key in self.by_key}

    def facts(self, key: str) -> CaptureFacts:
        """The facts of the last capture of the chain with this key, which an increment has."""
        increment, place = self.steps[key]
        if increment.key not in self._facts:
            self._facts[increment.key] = IncrementFiles(self.root, increment).captures()
        return self._facts[increment.key][place]

    def path_to(self, key: str) -> list[Increment]:
        """The increments that lead to a key at which an increment ends, in order; none for the start."""
        path: list[Increment] = []
        at: str | None = key if key != self.start else None
        while at is not None:
            path.append(self.by_key[at])
            at = path[-1].parent
        return path[::-1]


@dataclass(frozen=True)
class ChainReader:
    """What all chains of a site share. ``captures``: by their names in the report. ``fresh``: the SHA-256 of captures
    that the user has just named. ``read``: of those that were read."""

    reader: Reader
    known: KnownIncrements
    captures: dict[str, StoredCapture]
    fresh: frozenset[str] = frozenset()
    read: list[str] = field(default_factory=list)

    @property
    def options(self) -> ReadOptions:
        return self.reader.options

    def new_chain(self) -> "Chain":
        """The chain of a further vantage."""
        return Chain(self)

    def take_capture(self, number: int, item: FoundCapture, group: "CaptureGroup[Chain]", _flows: int) -> int:
        """Have the next capture of a vantage; its number in the report."""
        begin, end = group.assembler.take(number, self.captures[item.name])
        group.last = max(group.last, end)
        if group.first < 0:
            group.first = begin
        return number


@dataclass(frozen=True)
class Base:
    """The part of the store that an assembler continues: its increments in order, and the records that it needed."""

    increments: tuple[Increment, ...]
    stored: StoredRecords
    recall: Recall


class Chain:
    """The captures of one vantage in order. ``numbers``: their numbers in the report; ``keys``: of the chain before and
    after each of them; ``position``: how many of them the assembler has read, if there is one; ``base``: the part of
    the store that it continues."""

    def __init__(self, shared: ChainReader) -> None:
        self.shared = shared
        self.keys = [shared.known.start]
        self.captures: list[StoredCapture] = []
        self.numbers: list[int] = []
        self.read_facts: dict[int, CaptureFacts] = {}
        self.assembler: Assembler | None = None
        self.position = 0
        self.base: Base | None = None

    @property
    def flows(self) -> int:
        """How many flows other chains leave less room for: the limit is compared once, with all of them."""
        return 0

    @property
    def key(self) -> str:
        return self.keys[-1]

    def take(self, number: int, capture: StoredCapture) -> tuple[int, int]:
        """The earliest and the latest time of the next capture, which has this number in the report."""
        key = next_key(self.key, capture.sha256)
        position = len(self.captures)
        self.captures.append(capture)
        self.keys.append(key)
        self.numbers.append(number)
        if key in self.shared.known.steps and (capture.begin >= 0 or capture.first < 0):
            return capture.begin, capture.end
        facts = self.facts(position)
        return facts.first, facts.last

    def facts(self, position: int) -> CaptureFacts:
        """The facts of a capture: known, or read from the capture."""
        key = self.keys[position + 1]
        if position not in self.read_facts and key in self.shared.known.steps:
            return self.shared.known.facts(key)
        self.read_until(position + 1)
        return self.read_facts[position]

    def read_until(self, position: int) -> None:
        """Read captures up to this position, from the last increment before it on."""
        if self.assembler is None:
            self.restore(position)
        while self.position < position:
            self.read_facts[self.position] = self.read_next()
            self.position += 1

    def restore(self, position: int) -> None:
        """Make an assembler that continues the last increment at or before this position."""
        known, options, reader = self.shared.known, self.shared.options, self.shared.reader
        at = next((place for place in range(position, 0, -1) if self.keys[place] in known.by_key), 0)
        if at == 0:
            self.assembler = reader.new_assembler()
            return
        increments = known.path_to(self.keys[at])
        flows = increments[-1].flows
        if flows > options.max_flows:
            raise too_many_flows(options.max_flows)
        state = IncrementFiles(known.root, increments[-1]).state()
        self.assembler = resumed(reader.mode, reader.watch, options, state, flows)
        stored = StoredRecords(known.root, increments)
        self.base = Base(tuple(increments), stored, Recall(self.assembler, stored))
        self.position = at

    def read_next(self) -> CaptureFacts:
        """Read the next capture, from where it was found last."""
        assert self.assembler is not None
        capture, shared = self.captures[self.position], self.shared
        item = FoundCapture(capture.at, Path(capture.path).name, given=True, size=capture.size, once=False)
        group = CaptureGroup(1, self.assembler, "")
        if capture.sha256 not in shared.fresh:
            require_original(capture)
        facts = shared.reader.read_capture(self.position, item, group, shared.options.max_flows)
        if facts.sha256 != capture.sha256:
            raise CaptureError(f"{capture.at}: it changed while it was read; add it when it is complete")
        if facts.beyond:
            raise too_many_flows(shared.options.max_flows)
        shared.read.append(capture.sha256)
        return facts

    def finish(self) -> None:
        """Read what is left, if no increment of the store ends where the chain ends."""
        if self.assembler is not None or self.key not in self.shared.known.by_key:
            self.read_until(len(self.captures))

    @property
    def is_known(self) -> bool:
        """Whether an increment of the store ends where the chain ends."""
        return self.key in self.shared.known.by_key

    def flows_at_end(self) -> int:
        """How many flows the chain has."""
        if self.assembler is not None:
            return self.assembler.flows
        return self.shared.known.by_key[self.key].flows

    def outcome(self) -> tuple[Checkpoint, MarkedFrames]:
        """The records and the kept frames of the whole chain."""
        root = self.shared.known.root
        if self.assembler is None:
            increments = self.shared.known.path_to(self.key)
            return load(root, increments), load_marks(root, increments)
        after, kept = checkpoint_of(self.assembler), kept_frames(self.assembler)
        if self.base is None:
            return after, kept
        before = load(root, self.base.increments)
        changed = self.base.recall.changed()
        records = np.concatenate([before.records, after.records[len(before.records) :]])
        records[changed] = after.records[changed]
        return replace(after, records=records), joined([load_marks(root, self.base.increments), kept])


def too_many_flows(limit: int) -> StoreError:
    return StoreError(
        f"the captures of a vantage have more than {limit} flows: give a larger --max-flows (a flow takes about 1 KB "
        "of memory), or add them to another site of the store"
    )
