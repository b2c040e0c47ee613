"""Judges the captures of a saved report again, by what the report says it was judged by, and compares."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any

from analyzer import pipeline, render
from analyzer.capture.sources.find import FoundCapture
from analyzer.compliance.budget import DEFAULT_BUDGET, Budget
from analyzer.errors import AnalyzerError
from analyzer.extract.originals import find_originals
from analyzer.flows.read import read_listed
from analyzer.flows.reading.reader import Progress
from analyzer.host_evidence.read import read_host_evidence
from analyzer.judging_terms import Terms
from analyzer.report import TABLES, Report
from analyzer.report.folder import SUMS, checksums, open_file
from analyzer.report.meta import RuleSource
from analyzer.rules import Source, digest_of_shipped, table_from_packs
from analyzer.site import Profile, Site, saved_site
from analyzer.text import clip

KEYS = {"flows": ("flow",), "findings": ("finding",), "rows": ("rule", "item", "machine"), "boots": ("client_mac",)}
"""The columns that name a line of each table."""
LONGEST = 120
"""Characters of a value that a difference shows."""


@dataclass(frozen=True)
class Mismatch:
    """A part of a report that is not what it should be. ``saved``, ``expected``: its value there, and the right one.
    ``sources``: where the two values come from."""

    place: str
    saved: str
    expected: str
    sources: tuple[str, str] = ("the report has", "the captures give")

    def __str__(self) -> str:
        has, gives = self.sources
        return f"{self.place}: {has} {self.saved}, {gives} {self.expected}"


def verify(
    folder: str | Path, captures: Sequence[str], hosts: Sequence[str], progress: Progress
) -> tuple[Report, list[Mismatch]]:
    """The document of a report folder, and every difference to what its captures give.

    ``captures``, ``hosts``: files and folders that contain the captures and the evidence of hosts.

    Raises:
        DocumentError: there is no saved report, or it is damaged.
        CaptureError: a capture is missing, or was changed.
        AnalyzerError: the evidence of hosts that was used is not given.
    """
    saved = pipeline.load(folder)
    judged = judge_again(saved, captures, hosts, progress)
    differences = [
        *differences_of_packs(saved.meta.rules),
        *differences_of_reports(saved, judged),
        *differences_of_files(Path(folder), saved),
    ]
    return saved, differences


def judge_again(saved: Report, captures: Sequence[str], hosts: Sequence[str], progress: Progress) -> Report:
    """The report of the same captures, by the same packs, profile and options."""
    meta = saved.meta
    if meta.host_evidence and not hosts:
        raise AnalyzerError("this report has evidence of hosts: give the same files with --host")
    evidence = read_host_evidence(hosts) if meta.host_evidence else None
    waivers = tuple(meta.site.profile.get("waivers", ()))
    terms = Terms(
        rules=table_from_packs(meta.packs, [source_of(one) for one in meta.rules]),
        site=site_of(saved) if meta.site.given else None,
        waivers=() if meta.site.given else waivers,
        expect=tuple(dict.fromkeys(one.item for one in meta.expectations if one.source == "option")),
        budget=budget_of(saved),
        hosts=evidence,
        host_clocks=clocks_given(saved),
        server=meta.known_server,
        timezone=meta.timezone,
    )
    originals = find_originals(meta.captures, captures, progress, with_empty=True)
    listed = [
        FoundCapture(str(one.path), one.capture.name, given=True, size=one.capture.size, once=False)
        for one in originals
    ]
    unread = [line[0] for line in saved.messages.parts.get("left_out", ())] if saved.messages else []
    read = read_listed(listed, unread, watch=terms.watch, options=meta.reading.options, progress=progress, hashed=True)
    return pipeline.judged(read, terms.watch, terms, None, progress).report


def source_of(rules: RuleSource) -> Source:
    return Source(rules.name, rules.sha256, dict(rules.lines), rules.shipped)


def site_of(saved: Report) -> Site:
    """The site profile of the report."""
    record = saved.meta.site
    return saved_site(Profile.model_validate(record.profile), record.source, record.sha256)


def budget_of(saved: Report) -> Budget | None:
    """What dissection may cost, so that it gets the same frames again."""
    dissection = saved.meta.dissection
    if dissection is None:
        return None
    frames = dissection.frames if dissection.left else max(dissection.frames, DEFAULT_BUDGET.frames)
    return Budget(frames, DEFAULT_BUDGET.seconds)


def clocks_given(saved: Report) -> dict[str, int]:
    """The offsets of clocks that were given, in nanoseconds, by host. One of a host that no evidence is of has no other
    trace than the note about it."""
    evidence = saved.meta.host_evidence
    if evidence is None:
        return {}
    of_nobody = (note.values["host"] for note in saved.meta.notes if note.code == "host-clock-of-nobody")
    given = {one.host: one.offset for one in evidence.clocks if one.basis.startswith("override")}
    return given | {str(name): 0 for name in of_nobody}


def differences_of_packs(packs: Sequence[RuleSource]) -> Iterator[Mismatch]:
    """Packs that the report calls packs of this program, and that are not."""
    for saved in packs:
        if saved.shipped:
            now = digest_of_shipped(saved.id)
            if now != saved.sha256:
                sources = ("the report has SHA-256", "this version has")
                yield Mismatch(f"rule pack {saved.id}", saved.sha256, now or "no such pack", sources)


def differences_of_reports(saved: Report, judged: Report) -> Iterator[Mismatch]:
    """Every part of the documents that differs."""
    yield from compared("meta", saved.meta.model_dump(mode="json"), judged.meta.model_dump(mode="json"))
    for name in TABLES:
        before, after = lines_of(saved, name), lines_of(judged, name)
        for key in before:
            if key not in after:
                yield Mismatch(f"{name} {key}", "it", "no such line")
            else:
                yield from compared(f"{name} {key}", before[key], after[key])
        yield from (Mismatch(f"{name} {key}", "no such line", "it") for key in after if key not in before)
        if before == after and list(before) != list(after):
            yield Mismatch(name, "another order of its lines", "the order of judging")
    if saved.messages and judged.messages:
        yield from compared("messages", saved.messages.as_data(), judged.messages.as_data())
    elif saved.messages or judged.messages:
        yield Mismatch("messages", "some" if saved.messages else "none", "some" if judged.messages else "none")


def lines_of(report: Report, name: str) -> dict[str, dict[str, Any]]:
    """The lines of a table by their names; lines of the same name are numbered."""
    found: dict[str, dict[str, Any]] = {}
    for line in getattr(report, name).to_dict("records"):
        key = shown = " ".join(str(line[column]) for column in KEYS[name] if line[column])
        number = 1
        while shown in found:
            number += 1
            shown = f"{key} ({number})"
        found[shown] = {str(column): value for column, value in line.items()}
    return found


def compared(place: str, saved: Any, judged: Any) -> Iterator[Mismatch]:
    """The parts of two values that differ, with their places."""
    if isinstance(saved, Mapping) and isinstance(judged, Mapping):
        for name in dict.fromkeys((*saved, *judged)):
            if name not in saved or name not in judged:
                yield Mismatch(f"{place}.{name}", value_text(saved.get(name)), value_text(judged.get(name)))
            else:
                yield from compared(f"{place}.{name}", saved[name], judged[name])
    elif isinstance(saved, list) and isinstance(judged, list) and len(saved) == len(judged):
        for number, (before, after) in enumerate(zip(saved, judged, strict=True)):
            yield from compared(f"{place}[{number}]", before, after)
    elif saved != judged:
        yield Mismatch(place, value_text(saved), value_text(judged))


def value_text(value: Any) -> str:
    """A value in one line; nothing for none."""
    return "nothing" if value is None else clip(dumps(value, ensure_ascii=False, default=str), LONGEST)


def differences_of_files(folder: Path, saved: Report) -> Iterator[Mismatch]:
    """Files of the folder that are not what its document gives, or not those of its list of checksums: each once."""
    listed, faults = checksums(folder)
    yield from (Mismatch(SUMS, fault, "the SHA-256 of each file", (place, "a report has")) for place, fault in faults)
    made = {name: digest_of_pieces(content) for name, content in render.everything(saved, None, "pieces")}
    for name in dict.fromkeys((*listed, *made)):
        digest = digest_of(folder / name)
        if digest is None:
            yield Mismatch(name, "no file that can be read", "one", ("the folder has", "a report has"))
        elif not digest:
            if name in listed:
                yield Mismatch(name, "does not contain it", "it", ("the folder", f"{SUMS} lists"))
        elif name in made and digest != made[name]:
            yield Mismatch(name, digest, made[name], ("the file has SHA-256", "report.json gives"))
        elif name in listed and digest != listed[name]:
            yield Mismatch(name, digest, listed[name], ("the file has SHA-256", f"{SUMS} lists"))


def digest_of_pieces(content: bytes | Iterable[bytes | memoryview]) -> str:
    """The SHA-256 of a file that is made."""
    digest = sha256()
    for piece in (content,) if isinstance(content, bytes) else content:
        digest.update(piece)
    return digest.hexdigest()


def digest_of(path: Path) -> str | None:
    """The SHA-256 of a file; an empty text where nothing is, None for what is no file: a link, a pipe, a folder."""
    digest = sha256()
    try:
        with open_file(path) as handle:
            while piece := os.read(handle, 1 << 20):
                digest.update(piece)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError:
        return None
    return digest.hexdigest()
