"""Has workers read the vantages of a site before the caller does.

The caller has to know which captures belong to one vantage, which depends on when they begin and end. Workers find out
the times of new captures, then read each vantage. Nothing depends on whether they were right: an increment is used only
where its key is that of a chain, and what is missing is read by the caller.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.capture.sources.find import FoundCapture
from analyzer.errors import StoreError
from analyzer.flows.reading.capture_groups import CaptureGroup, ReadPlan, read_in_order
from analyzer.kernel import loading
from analyzer.operating_system.files import replace, sync_names
from analyzer.store.chain import KnownIncrements, first_key, next_key
from analyzer.store.engine import Engine
from analyzer.store.folder import INCREMENTS, PARTIAL, entries, tidy
from analyzer.store.manifest import Increment, Manifest, StoredCapture
from analyzer.store.site_captures import OpenStore, SiteCaptures, store_watch
from analyzer.store.vantage_tasks import TimesTask, VantageResult, VantageTask, progress_in


@dataclass
class Listed:
    """The captures of a vantage."""

    captures: list[StoredCapture] = field(default_factory=list)
    flows: int = 0


def read_ahead(
    store: OpenStore, before: Manifest | None, site: SiteCaptures, engine: Engine
) -> tuple[list[Increment], list[str]]:
    """(increments that workers made, SHA-256 of the captures that they read). The folders of the increments are in
    their places; they count once a manifest names them.

    Raises:
        StoreError: the store cannot be written.
    """
    try:
        tidy(store.root, before)
        with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=store.root, ignore_cleanup_errors=True) as staging:
            times = times_of(store, site, engine, staging)
            if times is None:
                return [], []
            tasks = tasks_for(store, vantages_by(site, times), Path(staging).absolute(), engine)
            results = engine.results(tasks, lambda: look_at(store, tasks))
            return put_in_place(store.root, tasks, results)
    except OSError as error:
        raise StoreError(f"{store.root}: the store could not be written: {error.strerror}; it is as it was") from error


def times_of(store: OpenStore, site: SiteCaptures, engine: Engine, staging: str) -> dict[str, tuple[int, int]] | None:
    """When each capture begins and ends, by its SHA-256; None where one cannot be read."""
    unknown = [one for one in site.stored.values() if one.begin < 0 <= one.first]
    store.progress("finding the vantages", 0)
    tasks = [TimesTask(staging, capture, store.options.resync) for capture in unknown]
    found = engine.results(tasks, lambda: store.progress("finding the vantages", 0)) if tasks else []
    if any(times is None for times in found):
        return None
    known = {one.sha256: (one.begin, one.end) for one in site.stored.values()}
    return known | {one.sha256: times for one, times in zip(unknown, found, strict=True)}


def vantages_by(site: SiteCaptures, times: dict[str, tuple[int, int]]) -> list[list[StoredCapture]]:
    """The captures of each vantage, as reading them one after the other would find them."""

    def take(_number: int, item: FoundCapture, group: CaptureGroup[Listed], _flows: int) -> None:
        capture = site.stored[item.name]
        begin, end = times[capture.sha256]
        group.assembler.captures.append(capture)
        group.last = max(group.last, end)
        if group.first < 0:
            group.first = begin

    groups, _ = read_in_order(ReadPlan(site.found, 0, Listed, take))
    return [group.assembler.captures for group in groups]


def tasks_for(
    store: OpenStore, vantages: Sequence[list[StoredCapture]], staging: Path, engine: Engine
) -> list[VantageTask]:
    """A task for each vantage of which the store does not have everything, the largest first."""
    start = first_key(store_watch(), store.options)
    known = KnownIncrements(store.root, store.manifest.increments, start)
    tasks: list[VantageTask] = []
    for captures in vantages:
        keys = [start]
        for capture in captures:
            keys.append(next_key(keys[-1], capture.sha256))
        if keys[-1] in known.by_key:
            continue
        at = next((key for key in reversed(keys) if key in known.by_key), start)
        folder = staging / f"vantage-{len(tasks)}"
        folder.mkdir()
        cores = max(1, loading.cores() // engine.workers)
        path = tuple(known.path_to(at))
        root, own = str(store.root.absolute()), str(folder)
        tasks.append(VantageTask(root, own, start, path, tuple(captures), store.fresh, store.options, cores))
    return sorted(tasks, key=lambda task: -sum(capture.size for capture in task.captures))


def look_at(store: OpenStore, tasks: Sequence[VantageTask]) -> None:
    """Show how far the workers are."""
    for task in tasks:
        if found := progress_in(Path(task.folder)):
            store.progress(*found)


def put_in_place(
    root: Path, tasks: Sequence[VantageTask], results: Sequence[VantageResult | None]
) -> tuple[list[Increment], list[str]]:
    """Move what the workers wrote to where increments are. Raises OSError."""
    increments: list[Increment] = []
    read: list[str] = []
    entries(root / INCREMENTS)
    for task, result in zip(tasks, results, strict=True):
        if result is None:
            continue
        target = root / INCREMENTS / result.increment.key
        target.parent.mkdir(parents=True, exist_ok=True)
        replace(Path(task.folder) / result.place, target)
        increments.append(result.increment)
        read += result.read
    if increments:
        sync_names(root / INCREMENTS)
    return increments, read
