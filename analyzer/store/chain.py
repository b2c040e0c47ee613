"""A vantage as a chain of captures. The store has increments of it; what it does not have is read from the captures."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from analyzer.capture.sources.find import FoundCapture
from analyzer.columns import Integers
from analyzer.errors import CaptureError, StoreError
from analyzer.flows.assembler import Assembler, Watch
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.checkpoint import Checkpoint, KeptFrames, checkpoint_of, continued, kept_frames
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.capture_groups import CaptureGroup
from analyzer.flows.reading.reader import Reader
from analyzer.store.increments import Addition, IncrementFiles, Loaded, load, load_marks
from analyzer.store.manifest import FORMAT, Increment, StoredCapture
from analyzer.store.originals import require_original
from analyzer.version import VERSION

_SOURCES = ("capture/**/*.py", "flows/**/*.py")
_MULTIPLIERS = np.random.default_rng().integers(1 << 62, size=1 << 10, dtype=np.int64) | 1
"""Odd numbers that nobody can foresee: two records with one digest are found by chance only."""


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


def digests(records: Integers) -> Integers:
    """A number for each record, another one if anything in it changed."""
    return np.asarray(records @ _MULTIPLIERS[: records.shape[1]])


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

    def facts(self, key: str) -> CaptureFacts | None:
        """The facts of the last capture of the chain with this key; None if no increment has it."""
        if key not in self.steps:
            return None
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

    def capture_facts(self, number: int, item: FoundCapture, group: "CaptureGroup[Chain]", _flows: int) -> CaptureFacts:
        """The facts of the next capture of a vantage: known, or read from the capture."""
        facts = group.assembler.take(number, self.captures[item.name])
        group.last = max(group.last, facts.last)
        if group.first < 0:
            group.first = facts.first
        return replace(facts, name=item.name, vantage=group.number, asides=dict(facts.asides))


class Chain:
    """The captures of one vantage in order. ``numbers``: their numbers in the report; ``keys``: of the chain before and
    after each of them; ``position``: how many of them the assembler has read, if there is one; ``base``: the part of
    the store that it continues."""

    def __init__(self, shared: ChainReader) -> None:
        self.shared = shared
        self.keys = [shared.known.start]
        self.captures: list[StoredCapture] = []
        self.facts: list[CaptureFacts] = []
        self.numbers: list[int] = []
        self.assembler: Assembler | None = None
        self.position = 0
        self.base: Loaded | None = None
        self.base_digests: Integers = np.zeros(0, dtype=np.int64)

    @property
    def flows(self) -> int:
        """How many flows other chains leave less room for: the limit is compared once, with all of them."""
        return 0

    @property
    def key(self) -> str:
        return self.keys[-1]

    def take(self, number: int, capture: StoredCapture) -> CaptureFacts:
        """The facts of the next capture, which has this number in the report."""
        key = next_key(self.key, capture.sha256)
        facts = self.shared.known.facts(key)
        self.captures.append(capture)
        self.keys.append(key)
        self.numbers.append(number)
        if facts is None:
            facts = list(self.read_until(len(self.captures)))[-1]
        self.facts.append(facts)
        return facts

    def read_until(self, position: int) -> Iterator[CaptureFacts]:
        """Read captures up to this position, from the last increment before it on; the facts of each that was read."""
        if self.assembler is None:
            self.restore(position)
        while self.position < position:
            yield self.read_next()

    def restore(self, position: int) -> None:
        """Make an assembler that continues the last increment at or before this position."""
        known, options = self.shared.known, self.shared.options
        at = next((place for place in range(position, 0, -1) if self.keys[place] in known.by_key), 0)
        reader = self.shared.reader
        if at == 0:
            self.assembler = reader.new_assembler()
            return
        increments = known.path_to(self.keys[at])
        if increments[-1].flows > options.max_flows:
            raise too_many_flows(options.max_flows)
        self.base = load(known.root, increments)
        self.base_digests = digests(self.base.after.records)
        self.assembler = continued(reader.mode, reader.watch, options, self.base.after)
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
        self.position += 1
        return facts

    def finish(self) -> None:
        """Read what is left, if no increment of the store ends where the chain ends."""
        if self.assembler is not None or self.key not in self.shared.known.by_key:
            for _ in self.read_until(len(self.captures)):
                pass

    @property
    def is_known(self) -> bool:
        """Whether an increment of the store ends where the chain ends."""
        return self.key in self.shared.known.by_key

    def flows_at_end(self) -> int:
        """How many flows the chain has."""
        if self.assembler is not None:
            return self.assembler.flows
        return self.shared.known.by_key[self.key].flows

    def outcome(self) -> tuple[Checkpoint, KeptFrames]:
        """The records and the kept frames of the whole chain."""
        known = self.shared.known
        if self.assembler is None:
            increments = known.path_to(self.key)
            return load(known.root, increments).after, load_marks(known.root, increments)
        before = (
            load_marks(known.root, self.base.increments)
            if self.base
            else KeptFrames(kept_frames(self.assembler).lines[:0], [])
        )
        return checkpoint_of(self.assembler), joined(before, kept_frames(self.assembler))

    def addition(self) -> tuple[tuple[Increment, ...], Addition]:
        """The increments that stay, and what a new increment after them adds.

        Runs at the end that have at most twice as many records as the new one become part of it. So a chain of n
        captures has about log n increments, however they were added.
        """
        assert self.assembler is not None
        after = checkpoint_of(self.assembler)
        base = self.base
        flows = len(self.base_digests)
        changed = np.flatnonzero(digests(after.records[:flows]) != self.base_digests)
        lines = np.concatenate([changed, np.arange(flows, len(after.records))])
        stay = len(base.increments) if base else 0
        while base and stay and base.increments[stay - 1].lines <= 2 * len(lines):
            stay -= 1
            lines = np.union1d(lines, base.lines[stay])
        kept, root = kept_frames(self.assembler), self.shared.known.root
        if base and stay < len(base.increments):
            kept = joined(*(IncrementFiles(root, increment).marks() for increment in base.increments[stay:]), kept)
        staying = base.increments[:stay] if base else ()
        begin = sum(len(increment.captures) for increment in staying)
        return staying, Addition(lines, after.records[lines], kept, self.facts[begin:], after)


def joined(*parts: KeptFrames) -> KeptFrames:
    """The kept frames of several increments."""
    return KeptFrames(np.concatenate([part.lines for part in parts]), [one for part in parts for one in part.octets])


def too_many_flows(limit: int) -> StoreError:
    return StoreError(
        f"the captures of a vantage have more than {limit} flows: give a larger --max-flows (a flow takes about 1 KB "
        "of memory), or add them to another site of the store"
    )
