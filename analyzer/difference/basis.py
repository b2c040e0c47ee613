"""What two reports rest on: a difference may come from it rather than from the network."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from analyzer.capture.frame import Aside
from analyzer.difference.conversation_keys import table_rows
from analyzer.report import Capture, Report
from analyzer.report.notes import looked_into
from analyzer.times import SECOND, time_text
from analyzer.units import plural, seconds
from analyzer.values import Status

NAMED = 6
"""Names of rows or machines that are told one by one."""


class Ground(NamedTuple):
    """Something that both rest on; ``detail``: in what it differs, where the two words do not say it."""

    what: str
    a: str
    b: str
    differs: bool
    detail: str = ""


def grounds(a: Report, b: Report) -> Iterator[Ground]:
    """All of them; those that change judgements come before those that change what was seen."""
    one, two = a.meta, b.meta
    yield both("version", one.version, two.version)
    yield Ground("rules", packs(a), packs(b), one.packs != two.packs, changes_told("row", rows(a), rows(b)))
    yield Ground("site", site(a), site(b), sites(a) != sites(b), site_told(a, b))
    yield both("expected", ", ".join(one.expect), ", ".join(two.expect))
    yield both("payloads", looked_into(one.notes), looked_into(two.notes))
    yield both("reading", reading(a), reading(b))
    hashes = [sorted(capture.sha256 for capture in meta.captures) for meta in (one, two)]
    yield Ground("captures", captures(a), captures(b), hashes[0] != hashes[1])
    yield both("vantages", vantages(a), vantages(b))
    yield both("quality", quality(a), quality(b))
    unseen_a, unseen_b = (f"{unseen(each):,} of {plural(len(each.rows), 'row')}" for each in (a, b))
    yield Ground("not observable", unseen_a, unseen_b, unseen(a) != unseen(b))


def both(what: str, a: str, b: str) -> Ground:
    return Ground(what, a, b, a != b)


def short(digest: str) -> str:
    """As much of a SHA-256 as tells two of them apart."""
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


def site_told(a: Report, b: Report) -> str:
    """Which parts of the profiles differ, and which of the machines."""
    if not (a.meta.site.given and b.meta.site.given):
        return ""
    one, two = a.meta.site.profile, b.meta.site.profile
    parts = [name for name in sorted({*one, *two}) if one.get(name) != two.get(name)]
    machines = [{str(each["name"]): each for each in profile.get("managed_machines", ())} for profile in (one, two)]
    told = [part for part in parts if part != "managed_machines"]
    return "; ".join(filter(None, (", ".join(told), changes_told("machine", *machines))))


def changes_told(noun: str, one: dict[str, Any], two: dict[str, Any]) -> str:
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


def reading(report: Report) -> str:
    """The options that the captures were read with, in the command's words."""
    options = report.meta.reading
    told = ["--outer"] * options.outer + ["--resync"] * options.resync
    return " ".join([*told, f"--max-flows {options.max_flows}"])


def captures(report: Report) -> str:
    """How many captures, from when, how long."""
    told = report.meta.captures
    times = [time for capture in told for time in (capture.first_ts, capture.last_ts) if time is not None]
    span = ""
    if times:
        span = f", from {time_text(min(times))[:19]}Z for {seconds((max(times) - min(times)) / SECOND)}"
    return plural(len(told), "capture") + span


def vantages(report: Report) -> str:
    """How many places, and how many of them saw one side alone."""
    told = report.meta.captures
    one_sided = len({capture.vantage for capture in told if capture.one_sided})
    places = plural(len({capture.vantage for capture in told}), "vantage")
    return places + (f", {one_sided:,} one-sided" if one_sided else "")


def quality(report: Report) -> str:
    """What was lost, and in how many captures."""
    counts = {"left out": len(report.meta.left_out)}
    counts |= {word: sum(map(flawed, report.meta.captures)) for word, flawed in FLAWS.items()}
    return ", ".join(f"{count:,} {word}" for word, count in counts.items() if count) or "no loss told"


FLAWS: dict[str, Callable[[Capture], bool]] = {
    "damaged": lambda capture: bool(capture.damage),
    "with packets dropped": lambda capture: bool(capture.dropped),
    "with frames cut short": lambda capture: bool(capture.snapped),
    "taken with a filter": lambda capture: bool(capture.filters),
    "after a gap": lambda capture: bool(capture.gap),
    "with more flows than were kept": lambda capture: Aside.OVER.word in capture.accounted,
    "without a frame": lambda capture: not capture.frames,
}


def unseen(report: Report) -> int:
    """How many rows the vantages could not have shown."""
    return int((report.rows["status"] == Status.NOT_OBSERVABLE).sum())
