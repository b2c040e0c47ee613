"""The captures of a site in the order in which they are read, by vantages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.capture.sources.find import FoundCapture, names_of
from analyzer.flows.assembler import ASSEMBLE, PREPARE, Watch
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import in_order
from analyzer.flows.reading.capture_groups import ReadPlan, read_in_order
from analyzer.flows.reading.reader import INTERPRETED_UP_TO, Progress, Reader, kernel_mode_for
from analyzer.flows.reading.workers import WorkerPool
from analyzer.judging_terms import PAYLOADS, watched
from analyzer.kernel import loading
from analyzer.messages import Message, from_data, message
from analyzer.rules import load_table
from analyzer.store.chain import Chain, ChainReader, KnownIncrements, first_key
from analyzer.store.manifest import LeftOut, Manifest, StoredCapture


def store_watch() -> Watch:
    """The frames that a store keeps: those that the built-in table needs, as ``analyze`` keeps them by default."""
    return watched(load_table(()), PAYLOADS)


@dataclass(frozen=True)
class OpenStore:
    """A store that is locked. ``options``: how its captures are read, and the limit of flows. ``fresh``: the SHA-256 of
    captures that the user has just named."""

    root: Path
    manifest: Manifest
    options: ReadOptions
    progress: Progress
    fresh: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SiteCaptures:
    """Captures with their names in a report. ``found``: (time of the first frame, capture), in the order in which they
    are read; ``stored``: the captures of the store, by these names; ``unread``: the captures that were left out."""

    found: list[tuple[int, FoundCapture]]
    stored: dict[str, StoredCapture]
    unread: list[Message]


def named(captures: Sequence[StoredCapture], left_out: Sequence[LeftOut]) -> SiteCaptures:
    """The captures with the names that they have beside one another, in whatever order they were added."""
    listed = sorted(captures, key=lambda one: (one.path, one.first, one.sha256))
    left = sorted(left_out, key=lambda one: one.path)
    names = names_of([(one.path, one.shown) for one in listed] + [(one.path, one.shown) for one in left])
    stored = dict(zip(names, listed, strict=False))
    found = [
        (one.first, FoundCapture(one.path, name, True, one.size, False, shown=one.shown, vantage=one.vantage))
        for name, one in stored.items()
    ]
    unread = []
    for name, one in zip(names[len(listed) :], left, strict=True):
        problem = from_data(one.problem)
        unread.append(message("capture-unread", capture=name, problem=problem))
    return SiteCaptures(in_order(found), stored, unread)


@dataclass(frozen=True)
class Vantages:
    """``chains``: one for each vantage. ``names``: of the captures in them, in the order of their numbers. ``left``:
    captures of vantages beyond the limit. ``read``: the SHA-256 of captures that had to be read."""

    chains: list[Chain]
    names: list[str]
    left: list[FoundCapture]
    read: list[str]

    def facts(self) -> list[CaptureFacts]:
        """The facts of each capture, in the order of their numbers."""
        found: dict[int, CaptureFacts] = {}
        for vantage, chain in enumerate(self.chains, 1):
            for position, number in enumerate(chain.numbers):
                facts = chain.facts(position)
                name = self.names[number]
                found[number] = replace(facts, name=name, vantage=vantage, asides=dict(facts.asides))
        return [found[number] for number in range(len(self.names))]


def vantages_of(store: OpenStore, site: SiteCaptures) -> Vantages:
    """The chains of the captures: what the store has of them, and what is missing, which is read.

    Raises:
        CaptureError: a capture that has to be read is not there, or is not as it was.
        StoreError: the store is damaged, or a vantage has more flows than the limit.
    """
    watch, options = store_watch(), store.options
    known = KnownIncrements(store.root, store.manifest.increments, first_key(watch, options))
    have = {sha256 for increment in known.by_key.values() for sha256 in increment.captures}
    octets = sum(one.size for one in site.stored.values() if one.sha256 not in have)
    # A process that has compiled kernels uses them for small captures, too.
    ready = loading.may_compile() and loading.is_in_use(PREPARE) and loading.is_in_use(ASSEMBLE)
    mode = kernel_mode_for(max(octets, INTERPRETED_UP_TO + 1) if ready else octets)
    reader = Reader(mode, watch, options, True, store.progress, WorkerPool(loading.cores()))
    shared = ChainReader(reader, known, site.stored, store.fresh)
    plan = ReadPlan(site.found, options.max_flows, shared.new_chain, shared.take_capture)
    groups, _ = read_in_order(plan)
    chains = [group.assembler for group in groups]
    for chain in chains:
        chain.finish()
    left = {item.name for item in plan.left}
    names = [item.name for _, item in site.found if item.name not in left]
    return Vantages(chains, names, plan.left, shared.read)


def beyond(left: Sequence[FoundCapture], vantages: int) -> list[Message]:
    """The captures of vantages beyond the limit, as a message; none if there are none."""
    return [message("captures-beyond", captures=len(left), first=left[0].name, limit=vantages)] if left else []
