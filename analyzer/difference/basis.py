"""What two reports rest on: a difference may come from it rather than from the network."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from analyzer.capture.frame import Aside
from analyzer.difference.conversation_keys import table_rows
from analyzer.messages import Message, message
from analyzer.report import Capture, Report
from analyzer.times import SECOND, time_text
from analyzer.units import seconds
from analyzer.values import Status

NAMED = 6
"""Rows or machines that are listed one by one."""

Fact = Message | str
"""A message, or a text that is the same in every language; empty for none."""


class BasisRow(NamedTuple):
    """Something that both reports rest on; ``detail``: in what it differs, if ``a`` and ``b`` do not show it."""

    what: str
    a: Fact
    b: Fact
    differs: bool
    detail: Fact = ""


def basis_rows(a: Report, b: Report) -> Iterator[BasisRow]:
    """All of them; those that change verdicts come before those that change what was captured."""
    one, two = a.meta, b.meta
    yield both("version", one.version, two.version)
    yield BasisRow("rules", packs(a), packs(b), one.packs != two.packs, changed_names("row", rows(a), rows(b)))
    yield BasisRow("site", site(a), site(b), sites(a) != sites(b), site_changes(a, b))
    yield both("expected", ", ".join(one.expect), ", ".join(two.expect))
    yield both("payloads", payloads(a), payloads(b))
    yield both("reading", reading(a), reading(b))
    hashes = [sorted(capture.sha256 for capture in meta.captures) for meta in (one, two)]
    yield BasisRow("captures", capture_span(a), capture_span(b), hashes[0] != hashes[1])
    yield both("vantages", vantages(a), vantages(b))
    yield both("quality", quality(a), quality(b))
    unseen_a, unseen_b = (message("basis-hidden-rows", hidden=unseen(each), rows=len(each.rows)) for each in (a, b))
    yield BasisRow("not observable", unseen_a, unseen_b, unseen(a) != unseen(b))


def both(what: str, a: Fact, b: Fact) -> BasisRow:
    return BasisRow(what, a, b, a != b)


def short(digest: str) -> str:
    """As much of a SHA-256 as distinguishes two of them."""
    return digest[:12]


def packs(report: Report) -> Message:
    return message("basis-packs", packs=tuple(f"{pack.id} {short(pack.sha256)}" for pack in report.meta.rules))


def rows(report: Report) -> dict[str, Any]:
    return {str(row["id"]): row for row in table_rows(report)}


def sites(report: Report) -> tuple[bool, dict[str, Any]]:
    """What of a profile counts: its file's name and comments do not."""
    return report.meta.site.given, report.meta.site.profile


def site(report: Report) -> Message:
    own = report.meta.site
    if not own.given:
        return message("basis-site-inferred")
    return message("basis-site", name=own.source or own.name, digest=short(own.sha256))


def site_changes(a: Report, b: Report) -> Fact:
    """Which parts of the profiles differ, and which of the machines."""
    if not (a.meta.site.given and b.meta.site.given):
        return ""
    one, two = a.meta.site.profile, b.meta.site.profile
    parts = [name for name in sorted({*one, *two}) if one.get(name) != two.get(name)]
    machines = [{str(each["name"]): each for each in profile.get("managed_machines", ())} for profile in (one, two)]
    others = ", ".join(part for part in parts if part != "managed_machines")
    found = tuple(part for part in (others, changed_names("machine", *machines)) if part)
    return message("basis-changes", parts=found) if found else ""


def changed_names(noun: str, one: dict[str, Any], two: dict[str, Any]) -> Fact:
    """What is in one of them alone, or in both and not the same."""
    parts = {
        "gone": [name for name in one if name not in two],
        "new": [name for name in two if name not in one],
        "changed": [name for name in one if name in two and one[name] != two[name]],
    }
    found = tuple(
        message(
            "basis-changed-names", noun=noun, change=change, names=tuple(names[:NAMED]), more=max(len(names) - NAMED, 0)
        )
        for change, names in parts.items()
        if names
    )
    return message("basis-names", parts=found) if found else ""


def payloads(report: Report) -> Fact:
    """What dissected the payloads; empty for documents that do not have this fact."""
    dissection = report.meta.dissection
    if dissection is None:
        headers_only = any(note.code == "note-headers-only" for note in report.meta.notes)
        return message("basis-headers-only") if headers_only else ""
    if dissection.frames:
        return message("basis-dissected", tool=dissection.tool, version=dissection.version)
    return message("basis-nothing-dissected" if dissection.problem else "basis-no-payload")


def reading(report: Report) -> str:
    """The options that the captures were read with, in the command's words."""
    options = report.meta.reading
    flags = ["--outer"] * options.outer + ["--resync"] * options.resync
    return " ".join([*flags, f"--max-flows {options.max_flows}"])


def capture_span(report: Report) -> Message:
    """How many captures, from when, how long."""
    listed = report.meta.captures
    times = [time for capture in listed for time in (capture.first_ts, capture.last_ts) if time is not None]
    begin = f"{time_text(min(times))[:19]}Z" if times else ""
    lasted = seconds((max(times) - min(times)) / SECOND) if times else ""
    return message("basis-captures", captures=len(listed), begin=begin, lasted=lasted)


def vantages(report: Report) -> Message:
    """How many vantages, and how many of them are one-sided."""
    captures = report.meta.captures
    one_sided = len({capture.vantage for capture in captures if capture.one_sided})
    return message("basis-vantages", vantages=len({capture.vantage for capture in captures}), one_sided=one_sided)


def quality(report: Report) -> Message:
    """What was lost, and in how many captures."""
    counts = {"basis-left-out": len(report.meta.left_out)}
    counts |= {code: sum(map(flawed, report.meta.captures)) for code, flawed in FLAWS.items()}
    return message("basis-quality", flaws=tuple(message(code, count=count) for code, count in counts.items() if count))


FLAWS: dict[str, Callable[[Capture], bool]] = {
    "basis-damaged": lambda capture: bool(capture.damage),
    "basis-dropped": lambda capture: bool(capture.dropped),
    "basis-cut-short": lambda capture: bool(capture.snapped),
    "basis-filtered": lambda capture: bool(capture.filters),
    "basis-gap": lambda capture: bool(capture.gap),
    "basis-over-limit": lambda capture: Aside.OVER.word in capture.accounted,
    "basis-empty": lambda capture: not capture.frames,
}


def unseen(report: Report) -> int:
    """How many rows the vantages could not have shown."""
    return int(report.rows["status"].isin((Status.NOT_OBSERVABLE.value, Status.ATTESTED.value)).sum())
