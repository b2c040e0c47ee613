"""Stores in tests: captures in slices, and the comparison with reading everything at once."""

import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from analyzer.flows.assembler import Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.read import read_captures
from analyzer.pipeline import quiet
from analyzer.store.evidence import site_evidence
from analyzer.store.folder import locked, read_manifest
from analyzer.store.manifest import DEFAULT_SITE, Manifest
from analyzer.store.site_captures import OpenStore, named, store_watch
from tests.program import ROOT

LAB = ROOT / "sample_pcaps" / "lab"


def slices(capture: bytes, cuts: Sequence[int]) -> list[bytes]:
    """A pcap as several: a new one begins before each frame whose number is in ``cuts``."""
    order = "<" if capture[0] in (0xD4, 0x4D) else ">"
    ends = [24]
    while ends[-1] < len(capture):
        ends.append(ends[-1] + 16 + struct.unpack_from(f"{order}I", capture, ends[-1] + 8)[0])
    places = [0, *sorted(min(cut, len(ends) - 1) for cut in cuts), len(ends) - 1]
    return [capture[:24] + capture[ends[start] : ends[stop]] for start, stop in pairwise(places)]


def manifest_at(root: Path) -> Manifest:
    manifest = read_manifest(root)
    assert manifest is not None
    return manifest


def evidence_of_store(
    root: Path, watch: Watch | None = None, options: ReadOptions = DEFAULT_OPTIONS, site: str = DEFAULT_SITE
) -> Evidence:
    """What the store gives to judging."""
    with locked(root, writing=False):
        manifest = manifest_at(root)
        left = [one for one in manifest.left_out if one.site == site]
        captures = named(manifest.of_site(site), left)
        return site_evidence(OpenStore(root, manifest, options, quiet), captures, watch or store_watch())


def evidence_at_once(
    paths: Sequence[Path], watch: Watch | None = None, options: ReadOptions = DEFAULT_OPTIONS
) -> Evidence:
    """What reading all captures at once gives."""
    return read_captures([str(path) for path in paths], watch=watch or store_watch(), options=options, hashed=True)


def as_values(evidence: Evidence) -> dict[str, Any]:
    """Everything that judging takes from evidence, in a form that can be compared."""
    table = evidence.table
    return {
        "records": table.records.tolist(),
        "sides": table.sides.tolist(),
        "marks": table.marks,
        "places": [places.tolist() for places in table.places],
        "captures": evidence.captures,
        "senders": [(one.rows.tolist(), one.macs_in_all_frames) for one in evidence.senders],
        "unread": evidence.unread,
        "dropped": evidence.marks_dropped,
        "options": evidence.options,
    }


def assert_same(one: Evidence, other: Evidence) -> None:
    first, second = as_values(one), as_values(other)
    for name, value in first.items():
        assert value == second[name], name
    assert np.array_equal(one.table.records, other.table.records)
