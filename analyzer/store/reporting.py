"""Judges a site of a store, as ``analyze`` judges the same captures."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from analyzer import pipeline
from analyzer.compliance.rows.expectations import find_requirements
from analyzer.errors import StoreError
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.reading.reader import Progress
from analyzer.judging_terms import PAYLOADS, Terms
from analyzer.store.evidence import site_evidence
from analyzer.store.folder import locked, read_manifest
from analyzer.store.manifest import Manifest, StoredCapture
from analyzer.store.site_captures import OpenStore, named
from analyzer.text import suggestion
from analyzer.times import SECOND


@dataclass(frozen=True)
class Selection:
    """What of a store is judged. ``site``: its name; empty: the only one. ``since``, ``until``: nanoseconds since the
    epoch; whole captures are chosen, those with a frame at or after ``since`` and before ``until``."""

    site: str = ""
    since: int | None = None
    until: int | None = None

    def has(self, capture: StoredCapture) -> bool:
        """Whether a capture of the site is chosen."""
        if self.since is None and self.until is None:
            return True
        if capture.end < 0:
            return False
        return (self.since is None or capture.end >= self.since) and (self.until is None or capture.begin < self.until)

    @property
    def is_whole(self) -> bool:
        """Whether all captures of the site are chosen."""
        return self.since is None and self.until is None


@dataclass(frozen=True)
class SiteInquiry:
    """A site that was judged, and the captures that it was judged by."""

    site: str
    inquiry: pipeline.Inquiry
    captures: tuple[StoredCapture, ...]


def judge_site(
    root: Path,
    selection: Selection,
    terms: Terms,
    max_flows: int = DEFAULT_OPTIONS.max_flows,
    progress: Progress = pipeline.quiet,
) -> SiteInquiry:
    """Judge a site of the store. Captures are read only where the store does not have what is needed.

    Raises:
        StoreError: the store is not there or damaged, has no such site, or no capture of that time.
        CaptureError: a capture has to be read, and is not there or not as it was.
        AnalyzerError: as analyze() has it.
    """
    if terms.site is not None:
        find_requirements(terms.site, terms.expect, terms.rules)
    if terms.budget and terms.budget.frames > PAYLOADS:
        raise StoreError(f"--dissect-frames: a store keeps the first payloads of {PAYLOADS} frames a vantage, no more")
    with locked(root, writing=False, waiting=progress):
        manifest = manifest_of_store(root)
        name = site_of(manifest, selection.site, root)
        captures = [one for one in manifest.of_site(name) if selection.has(one)]
        if not captures:
            raise StoreError(f"{root}: site {name!r} has no capture of this time")
        left_out = [one for one in manifest.left_out if one.site == name]
        store = OpenStore(root, manifest, ReadOptions(manifest.outer, manifest.resync, max_flows), progress)
        evidence = site_evidence(store, named(captures, left_out), terms.watch)
    inquiry = pipeline.judged(evidence, terms.watch, terms, None, progress)
    return SiteInquiry(name, inquiry, tuple(captures))


def manifest_of_store(root: Path) -> Manifest:
    """The manifest of a store that has captures. Raises StoreError."""
    manifest = read_manifest(root)
    if manifest is None or not manifest.captures:
        raise StoreError(f"{root}: there is no capture in this store: add some with store add")
    return manifest


def site_of(manifest: Manifest, given: str, root: Path) -> str:
    """The name of the site; it may be left out if there is one only. Raises StoreError."""
    names = manifest.site_names
    if given and given not in names:
        raise StoreError(f"{root}: no site {given!r}: {suggestion(given, names)}the sites are {listed(names)}")
    if not given and len(names) > 1:
        raise StoreError(f"{root}: choose one of the sites with --site-name: {listed(names)}")
    return given or names[0]


def listed(names: list[str], most: int = 20) -> str:
    """The names in one line, the first of many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def moment_of(text: str, option: str) -> int:
    """A day or a time as nanoseconds since the epoch; UTC, unless the text has an offset.

    Raises:
        StoreError: it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise StoreError(
            f"{option}: {text!r} is no day and no time: write it as 2026-03-02 or 2026-03-02T09:00:00Z"
        ) from None
    whole = replace_zone(moment)
    since_epoch = whole - datetime(1970, 1, 1, tzinfo=UTC)
    return (since_epoch.days * 86_400 + since_epoch.seconds) * SECOND + since_epoch.microseconds * 1000


def replace_zone(moment: datetime) -> datetime:
    """The moment in UTC, if it has no zone of its own."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
