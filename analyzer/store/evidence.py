"""The evidence of a site: the same as if all its captures were read at once."""

from dataclasses import replace

import numpy as np

from analyzer.capture.sources.find import FoundCapture
from analyzer.errors import CaptureError
from analyzer.flows.assembler import Assembler, Watch
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.checkpoint import renumbered
from analyzer.flows.evidence import Evidence
from analyzer.flows.merging.join import flows_of
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import evidence_of
from analyzer.flows.reading.capture_groups import CaptureGroup, ReadPlan, read_in_order
from analyzer.flows.reading.reader import Progress, Reader, kernel_mode_for
from analyzer.flows.reading.workers import WorkerPool
from analyzer.kernel import loading
from analyzer.store.originals import require_original
from analyzer.store.site_captures import OpenStore, SiteCaptures, Vantages, beyond, store_watch, vantages_of


def site_evidence(store: OpenStore, site: SiteCaptures, watch: Watch) -> Evidence:
    """What ``read_captures`` gives for the captures of the site. ``watch``: the frames that judging needs.

    Raises:
        CaptureError: a capture has to be read, and is not there or not as it was.
        StoreError: the store is damaged.
    """
    options, progress = store.options, store.progress
    kept = store_watch()
    if watch.ports != kept.ports or watch.payloads not in (0, kept.payloads):
        progress("other frames are needed than the store keeps: reading the captures", 0)
        return read_again(site, watch, options, progress)
    vantages = vantages_of(store, site)
    if sum(chain.flows_at_end() for chain in vantages.chains) > options.max_flows:
        progress("there are more flows than --max-flows: reading the captures", 0)
        return read_again(site, watch, options, progress)
    return evidence_from(vantages, site, watch, options) or read_again(site, watch, options, progress)


def evidence_from(vantages: Vantages, site: SiteCaptures, watch: Watch, options: ReadOptions) -> Evidence | None:
    """The evidence of the chains; None where frames were left out that would not have been with fewer to keep."""
    parts = []
    for chain in vantages.chains:
        numbers = np.array(chain.numbers, dtype=np.int64)
        part = renumbered(*chain.outcome(), numbers, first_payloads=watch.payloads > 0)
        if part.marks_dropped and (not watch.payloads or not watch.for_captures(len(site.found)).quotes):
            return None
        parts.append(part)
    unread = [*site.unread, *beyond(vantages.left, len(vantages.chains))]
    return evidence_of(parts, vantages.facts(), unread, options)


def read_again(site: SiteCaptures, watch: Watch, options: ReadOptions, progress: Progress) -> Evidence:
    """Read all captures, one after the other, from where they were found last.

    Raises:
        CaptureError: one is not there, or is not as it was.
    """
    mode = kernel_mode_for(sum(item.size for _, item in site.found))
    reader = Reader(mode, watch.for_captures(len(site.found)), options, True, progress, WorkerPool(loading.cores()))

    def read(number: int, item: FoundCapture, group: CaptureGroup[Assembler], flows: int) -> CaptureFacts:
        stored = site.stored[item.name]
        require_original(stored)
        facts = reader.read_capture(number, item._replace(path=stored.at), group, flows)
        if facts.sha256 != stored.sha256:
            raise CaptureError(f"{stored.at}: it changed while it was read")
        return replace(facts, name=item.name)

    plan = ReadPlan(site.found, options.max_flows, reader.new_assembler, read)
    groups, facts = read_in_order(plan)
    parts = [flows_of(group.assembler) for group in groups]
    return evidence_of(parts, facts, [*site.unread, *beyond(plan.left, len(groups))], options)
