"""Adds captures to a store: only those that it does not have, by their SHA-256, are read."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path

from analyzer.capture.sources.find import FoundCapture, find_captures
from analyzer.capture.sources.unreadable import UnreadableCaptureError, system_problem
from analyzer.errors import CaptureError, StoreError
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.read import first_times
from analyzer.flows.reading.reader import Progress
from analyzer.messages import Message, as_data
from analyzer.pipeline import quiet
from analyzer.store.addition import kept_increment
from analyzer.store.ahead import read_ahead
from analyzer.store.engine import Engine, released
from analyzer.store.folder import change, create, locked, read_manifest
from analyzer.store.manifest import DEFAULT_SITE, Increment, LeftOut, Manifest, SiteChains, StoredCapture, known_name
from analyzer.store.site_captures import OpenStore, Vantages, named, vantages_of
from analyzer.version import VERSION

MOST_OF_A_STEP = 256
"""Captures that are added in one step. A step that is interrupted is repeated; those before it count."""
OCTETS_OF_A_STEP = 1 << 30


@dataclass
class Added:
    """What adding did. ``new``: captures that the store did not have; ``known``: those that it had; ``left_out``: files
    of folders that could not be read; ``again``: captures of earlier times that had to be read again;
    ``without_workers``: vantages that this process had to read although there are workers."""

    new: int = 0
    known: int = 0
    left_out: int = 0
    again: int = 0
    without_workers: int = 0


@dataclass(frozen=True)
class Place:
    """Where captures belong in a store: the site, and the vantage if it has a name."""

    site: str = DEFAULT_SITE
    vantage: str = ""

    def check(self) -> None:
        """Raises StoreError for a name that cannot be used."""
        try:
            for name in (self.site, *([self.vantage] if self.vantage else [])):
                known_name(name)
        except ValueError as error:
            raise StoreError(str(error)) from error


def add(  # noqa: PLR0913 - most have a default
    root: Path,
    paths: Sequence[str],
    place: Place,
    options: ReadOptions = DEFAULT_OPTIONS,
    progress: Progress = quiet,
    *,
    engine: Engine | None = None,
) -> Added:
    """Add captures (files, and folders, which are searched) to a store, which is made if it does not exist. ``engine``:
    workers that read several vantages at the same time.

    Raises:
        CaptureError: a capture that was named cannot be read, or one that has to be read again is not there.
        StoreError: the store is damaged, cannot be written, or was made with other options.
    """
    place.check()
    listed = find_captures(list(paths))
    if any(item.once for item in listed):
        raise CaptureError("a store needs files: what comes from standard input or a pipe cannot be read again")
    times = list(first_times(listed, resync=options.resync))
    create(root)
    added = Added()
    with locked(root, writing=True, waiting=progress), released(engine):
        before = read_manifest(root)
        manifest = opened(before, options)
        left = [(item, why) for item, why in times if isinstance(why, Message)]
        manifest = with_left_out(manifest, place, listed, left)
        added.left_out = len(left)
        found = sorted((first, item.path, item) for item, first in times if isinstance(first, int))
        for step in steps([(first, item) for first, _, item in found]):
            named_now = list(hashed(step, place, progress))
            fresh = frozenset(capture.sha256 for capture in named_now)
            manifest = with_captures(manifest, named_now, added)
            before = manifest = read_and_keep(
                OpenStore(root, manifest, options, progress, fresh), before, place.site, added, engine
            )
        if not found:
            with change(root, before) as changed:
                changed.commit(manifest)
    return added


def opened(manifest: Manifest | None, options: ReadOptions) -> Manifest:
    """The manifest to go on with. Raises StoreError if the store was made with other options."""
    if manifest is None:
        return Manifest(version=VERSION, outer=options.outer, resync=options.resync)
    for name in ("outer", "resync"):
        if getattr(manifest, name) != getattr(options, name):
            how = "with" if getattr(manifest, name) else "without"
            raise StoreError(f"this store was made {how} --{name}: do the same, or make another store")
    return manifest.model_copy(update={"version": VERSION})


def absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolves .. by name, as names of captures do


def with_left_out(
    manifest: Manifest, place: Place, listed: Sequence[FoundCapture], left: Sequence[tuple[FoundCapture, Message]]
) -> Manifest:
    """The manifest with the files that cannot be read now, and without those that could not be read before."""
    again = {absolute(item.path) for item in listed}
    kept = [one for one in manifest.left_out if one.site != place.site or one.path not in again]
    new = [
        LeftOut(site=place.site, path=absolute(item.path), shown=item.shown, problem=as_data(why)) for item, why in left
    ]
    return manifest.model_copy(update={"left_out": (*kept, *new)})


def steps(found: Sequence[tuple[int, FoundCapture]]) -> Iterator[list[tuple[int, FoundCapture]]]:
    """The captures in parts that are added one after the other."""
    step: list[tuple[int, FoundCapture]] = []
    octets = 0
    for first, item in found:
        if step and (len(step) == MOST_OF_A_STEP or octets + item.size > OCTETS_OF_A_STEP):
            yield step
            step, octets = [], 0
        step.append((first, item))
        octets += item.size
    if step:
        yield step


def hashed(step: Sequence[tuple[int, FoundCapture]], place: Place, progress: Progress) -> Iterator[StoredCapture]:
    """The captures as the store has them. Raises CaptureError for one that cannot be read."""
    for first, item in step:
        progress(f"comparing {item.name}", 0)
        try:
            with Path(item.path).open("rb") as file:
                sha256 = file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except OSError as error:
            raise UnreadableCaptureError(item.path, system_problem(error)) from error
        path = absolute(item.path)
        yield StoredCapture(
            site=place.site, vantage=place.vantage, path=path, at=path, shown=item.shown,
            size=size, sha256=sha256, first=first,
        )  # fmt: skip


def with_captures(manifest: Manifest, captures: Sequence[StoredCapture], added: Added) -> Manifest:
    """The manifest with these captures; of those that it has, with the place where they are now."""
    by_content = {(one.site, one.sha256): one for one in manifest.captures}
    for capture in captures:
        key = capture.site, capture.sha256
        known = by_content.get(key)
        added.new += known is None
        added.known += known is not None
        by_content[key] = known.model_copy(update={"at": capture.at}) if known else capture
    return manifest.model_copy(update={"captures": tuple(by_content.values())})


def read_and_keep(
    store: OpenStore, before: Manifest | None, site: str, added: Added, engine: Engine | None
) -> Manifest:
    """Read the captures of a site of which the store has nothing yet, and keep what was read. ``before``: the manifest
    that counts now. Returns the one that counts then."""
    manifest = store.manifest
    have = {(one.site, one.sha256) for one in before.captures} if before else set()
    captures = named(manifest.of_site(site), [one for one in manifest.left_out if one.site == site])
    ahead, read = read_ahead(store, before, captures, engine) if engine else ([], [])
    manifest = manifest.model_copy(update={"increments": (*manifest.increments, *ahead)})
    vantages = vantages_of(replace(store, manifest=manifest), captures)
    added.again += sum((site, sha256) in have for sha256 in {*vantages.read, *read})
    added.without_workers += sum(engine is not None and chain.assembler is not None for chain in vantages.chains)
    manifest = with_times(manifest, site, vantages)
    store.progress("writing the store", 0)
    with change(store.root, with_increments(before, ahead)) as changed:
        new = [kept_increment(chain, changed) for chain in vantages.chains if not chain.is_known]
        ends = SiteChains(site=site, chains=tuple(chain.key for chain in vantages.chains))
        sites = (*(one for one in manifest.sites if one.site != site), ends)
        manifest = manifest.model_copy(
            update={"sites": sites, "increments": needed([*manifest.increments, *new], sites)}
        )
        if manifest != before:
            changed.commit(manifest)
    return manifest


def with_increments(manifest: Manifest | None, increments: Sequence[Increment]) -> Manifest | None:
    """A manifest that names these increments, too: their folders stay."""
    if not increments:
        return manifest
    whole = manifest or Manifest(version=VERSION)
    return whole.model_copy(update={"increments": (*whole.increments, *increments)})


def with_times(manifest: Manifest, site: str, vantages: Vantages) -> Manifest:
    """The manifest with the earliest and the latest time of each capture of a site that does not have them yet."""
    times = {}
    for chain in vantages.chains:
        for position, capture in enumerate(chain.captures):
            if capture.begin < 0 <= capture.first or position in chain.read_facts:
                facts = chain.facts(position)
                times[capture.sha256] = {"begin": facts.first, "end": facts.last}
    captures = tuple(
        one.model_copy(update=times[one.sha256]) if one.site == site and one.sha256 in times else one
        for one in manifest.captures
    )
    return manifest.model_copy(update={"captures": captures})


def needed(increments: Sequence[Increment], sites: Sequence[SiteChains]) -> tuple[Increment, ...]:
    """The increments that the chains of the sites consist of, each after the one that it continues."""
    by_key = {increment.key: increment for increment in increments}
    kept: dict[str, Increment] = {}
    for site in sites:
        for end in site.chains:
            path = []
            at: str | None = end
            while at is not None and at not in kept:
                path.append(by_key[at])
                at = by_key[at].parent
            kept |= {increment.key: increment for increment in reversed(path)}
    return tuple(kept.values())
