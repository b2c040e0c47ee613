"""What two reports rest on: a difference may come from it rather than from the network."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from analyzer.capture.frame import Aside
from analyzer.difference.conversation_keys import table_rows
from analyzer.report import Capture, Report
from analyzer.times import SECOND, time_text
from analyzer.units import plural, seconds
from analyzer.values import Status

NAMED = 6
"""HostNames of rows or machines that are listed one by one."""


class BasisRow(NamedTuple):
    """Something that both reports rest on; ``detail``: in what it differs, if ``a`` and ``b`` do not show it."""

    what: str
    a: str
    b: str
    differs: bool
    detail: str = ""


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
    unseen_a, unseen_b = (f"{unseen(each):,} of {plural(len(each.rows), 'row')}" for each in (a, b))
    yield BasisRow("not observable", unseen_a, unseen_b, unseen(a) != unseen(b))


def both(what: str, a: str, b: str) -> BasisRow:
    return BasisRow(what, a, b, a != b)


def short(digest: str) -> str:
    """As much of a SHA-256 as distinguishes two of them."""
    return digest[:12]


def packs(report: Report) -> str:
    return ", ".join(f"{pack.id} {short(pack.sha256)}" for pack in report.meta.rules)


def rows(report: Report) -> dict[str, Any]:
    return {str(row["id"]): row for row in table_rows(report)}


def sites(report: Report) -> tuple[bool, dict[str, Any]]:
    """What of a profile counts: its file's name and comments do not."""
    return report.meta.site.given, report.meta.site.profile


def site(report: Report) -> str:
    own = report.meta.site
    return f"{own.source or own.name} {short(own.sha256)}".rstrip() if own.given else "inferred from the traffic"


def site_changes(a: Report, b: Report) -> str:
    """Which parts of the profiles differ, and which of the machines."""
    if not (a.meta.site.given and b.meta.site.given):
        return ""
    one, two = a.meta.site.profile, b.meta.site.profile
    parts = [name for name in sorted({*one, *two}) if one.get(name) != two.get(name)]
    machines = [{str(each["name"]): each for each in profile.get("managed_machines", ())} for profile in (one, two)]
    others = [part for part in parts if part != "managed_machines"]
    return "; ".join(filter(None, (", ".join(others), changed_names("machine", *machines))))


def changed_names(noun: str, one: dict[str, Any], two: dict[str, Any]) -> str:
    """``row x gone, rows y, z new``: what is in one of them alone, or in both and not the same."""
    parts = {
        "gone": [name for name in one if name not in two],
        "new": [name for name in two if name not in one],
        "changed": [name for name in one if name in two and one[name] != two[name]],
    }
    return ", ".join(f"{noun}{'s' * (len(names) > 1)} {listed(names)} {word}" for word, names in parts.items() if names)


def listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def payloads(report: Report) -> str:
    """What dissected the payloads; empty for documents that do not have this fact."""
    dissection = report.meta.dissection
    if dissection is None:
        return "headers only" if any(note.code == "note-headers-only" for note in report.meta.notes) else ""
    if dissection.frames:
        return f"{dissection.tool} {dissection.version}"
    return "nothing dissected" if dissection.problem else "no payload"


def reading(report: Report) -> str:
    """The options that the captures were read with, in the command's words."""
    options = report.meta.reading
    flags = ["--outer"] * options.outer + ["--resync"] * options.resync
    return " ".join([*flags, f"--max-flows {options.max_flows}"])


def capture_span(report: Report) -> str:
    """How many captures, from when, how long."""
    listed = report.meta.captures
    times = [time for capture in listed for time in (capture.first_ts, capture.last_ts) if time is not None]
    span = ""
    if times:
        span = f", from {time_text(min(times))[:19]}Z for {seconds((max(times) - min(times)) / SECOND)}"
    return plural(len(listed), "capture") + span


def vantages(report: Report) -> str:
    """How many vantages, and how many of them are one-sided."""
    captures = report.meta.captures
    one_sided = len({capture.vantage for capture in captures if capture.one_sided})
    count = plural(len({capture.vantage for capture in captures}), "vantage")
    return count + (f", {one_sided:,} one-sided" if one_sided else "")


def quality(report: Report) -> str:
    """What was lost, and in how many captures."""
    counts = {"left out": len(report.meta.left_out)}
    counts |= {word: sum(map(flawed, report.meta.captures)) for word, flawed in FLAWS.items()}
    return ", ".join(f"{count:,} {word}" for word, count in counts.items() if count) or "no loss reported"


FLAWS: dict[str, Callable[[Capture], bool]] = {
    "damaged": lambda capture: bool(capture.damage),
    "with packets dropped": lambda capture: bool(capture.dropped),
    "with frames cut short": lambda capture: bool(capture.snapped),
    "captured with a filter": lambda capture: bool(capture.filters),
    "after a gap": lambda capture: bool(capture.gap),
    "with more flows than were kept": lambda capture: Aside.OVER.word in capture.accounted,
    "without a frame": lambda capture: not capture.frames,
}


def unseen(report: Report) -> int:
    """How many rows the vantages could not have shown."""
    return int(report.rows["status"].isin((Status.NOT_OBSERVABLE.value, Status.ATTESTED.value)).sum())
