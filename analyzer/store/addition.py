"""What a chain has beyond the increments of the store."""

from pathlib import Path

import numpy as np

from analyzer.columns import Integers
from analyzer.errors import StoreError
from analyzer.flows.checkpoint import checkpoint_of, kept_frames
from analyzer.flows.marked import MarkedFrames, joined
from analyzer.flows.recall import reachable
from analyzer.flows.record_forms import FLOW_COLUMNS, problem_of_records
from analyzer.store.chain import Base, Chain
from analyzer.store.folder import INCREMENTS, Change
from analyzer.store.increments import Addition, IncrementFiles, files_of
from analyzer.store.manifest import ADVICE, Increment


def addition_of(chain: Chain) -> tuple[tuple[Increment, ...], Addition]:
    """The increments that stay, and what a new increment after them adds. The chain was read to its end.

    Raises:
        StoreError: an increment is damaged.
    """
    assert chain.assembler is not None
    after, kept = checkpoint_of(chain.assembler), kept_frames(chain.assembler)
    staying: tuple[Increment, ...] = ()
    if chain.base is None:
        lines, records, parts = np.arange(len(after.records)), after.records, [kept]
        tags, flows = reachable(chain.assembler)
    else:
        recall = chain.base.recall
        new = np.concatenate([recall.changed(), np.arange(recall.flows, len(after.records))])
        staying, old = merged(chain, chain.base, new)
        lines = np.union1d(old.lines, new)
        records = np.zeros((len(lines), len(FLOW_COLUMNS)), dtype=np.int64)
        records[np.searchsorted(lines, old.lines)] = old.records
        records[np.searchsorted(lines, new)] = after.records[new]
        parts = [*old.kept, kept]
        tags, flows = reachable_of(chain, chain.base, len(staying))
    begin = sum(len(increment.captures) for increment in staying)
    facts = [chain.facts(position) for position in range(begin, len(chain.captures))]
    flows, first = np.unique(flows, return_index=True)
    here = np.isin(flows, lines)
    places = np.searchsorted(lines, flows[here])
    return staying, Addition(lines, records, tags[first][here], places, joined(parts), facts, after)


def kept_increment(chain: Chain, changed: Change) -> Increment:
    """Write what a chain has beyond the increments of the store."""
    staying, addition = addition_of(chain)
    begin = len(chain.captures) - len(addition.captures)
    return Increment(
        key=chain.key,
        parent=staying[-1].key if staying else None,
        captures=tuple(one.sha256 for one in chain.captures[begin:]),
        flows=len(addition.after.records),
        lines=len(addition.lines),
        reachable=len(addition.reachable),
        marks=len(addition.kept.lines),
        files=changed.add(Path(INCREMENTS) / chain.key, files_of(addition)),
    )


class Merged:
    """Increments that become part of a new one. ``lines``, ``records``: of their flows; ``kept``: their frames."""

    def __init__(self) -> None:
        self.lines: Integers = np.zeros(0, dtype=np.int64)
        self.records: Integers = np.zeros((0, len(FLOW_COLUMNS)), dtype=np.int64)
        self.kept: list[MarkedFrames] = []

    def put_before(self, root: Path, increment: Increment, captures: int) -> None:
        """Add an increment that is older than the others. ``captures``: of the chain up to its end."""
        files = IncrementFiles(root, increment)
        lines, records = files.flows()
        if problem := problem_of_records(records, captures, lines):
            raise StoreError(f"{files.folder}: damaged ({problem}); {ADVICE}")
        union = np.union1d(lines, self.lines)
        both = np.zeros((len(union), len(FLOW_COLUMNS)), dtype=np.int64)
        both[np.searchsorted(union, lines)] = records
        both[np.searchsorted(union, self.lines)] = self.records
        self.lines, self.records = union, both
        self.kept.insert(0, files.marks())


def merged(chain: Chain, base: Base, new: Integers) -> tuple[tuple[Increment, ...], Merged]:
    """(increments that stay, those that become part of the new one, whose records are ``new``).

    Those at the end that have at most twice as many records do. So a chain of n captures has about log n increments,
    however they were added.
    """
    old, stay, count = Merged(), len(base.increments), len(new)
    while stay and base.increments[stay - 1].lines <= 2 * count:
        captures = sum(len(increment.captures) for increment in base.increments[:stay])
        stay -= 1
        old.put_before(chain.shared.known.root, base.increments[stay], captures)
        count = len(np.union1d(old.lines, new))
    return base.increments[:stay], old


def reachable_of(chain: Chain, base: Base, stay: int) -> tuple[Integers, Integers]:
    """(hashes, flows) that later frames can find: as the assembler knows, and as the increments after the first
    ``stay`` know, where the assembler did not need them."""
    assert chain.assembler is not None
    recall, parts = base.recall, base.stored.parts[stay:]
    none = np.zeros(0, dtype=np.int64)
    tags = np.concatenate([none, *(part.tags for part in parts)])
    flows = np.concatenate([none, *(part.lines for part in parts)])
    # Where several increments have a hash, the later one may have another flow in the place of the earlier one's.
    values, times = np.unique(tags[tags >= 0], return_counts=True)
    recall.ask(values[times > 1].tolist())
    left = ~np.isin(tags, np.array(list(recall.asked), dtype=np.int64))
    own_tags, own_flows = reachable(chain.assembler)
    return np.concatenate([own_tags, tags[left]]), np.concatenate([own_flows, flows[left]])
