"""What the overview has of each site, and what follows from all of them.

A site's report is needed only while its facts are taken: a thousand reports never are in memory.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from analyzer.render.shared.page_model import instant, records
from analyzer.render.shared.unknown_hosts import UnknownHost, unknown_hosts
from analyzer.report import Report
from analyzer.text import visible
from analyzer.values import Answer, Status

PROBLEM = "NO REPORT"
"""The word in the place of an answer where a site could not be judged because of an error."""
ANSWERS = (PROBLEM, Answer.NOT_COMPLIANT.value, Answer.NOT_JUDGED.value, Answer.COMPLIANT.value)
"""The words, most serious first."""
_SAME = ("verdict", "reason", "rule", "item", "proto", "service")


@dataclass(frozen=True)
class KnownFinding:
    """A finding of a site. ``orig``, ``resp``: the ends, by their names if they have one."""

    site: str
    finding: str
    verdict: str
    reason: str
    rule: str
    orig: str
    resp: str
    service: str
    flows: int
    first: str
    last: str
    why: str


@dataclass(frozen=True)
class Earlier:
    """The last report of a site. ``findings``: its table; ``until``: the time of its last frame."""

    findings: pd.DataFrame
    until: str


@dataclass(frozen=True)
class SiteFacts:
    """A site in the overview. ``folder``: of its report, below that of the overview; empty without one. ``profile``:
    the name of its profile, empty without one. ``problem``: why it has no report. ``new``: findings that its last
    report did not have; None without an earlier report; ``gone``: findings of the last report that it has no more.
    ``kinds``: the verdicts of its findings. ``days``: day -> verdict -> flows. ``rows``: (row, item) -> status ->
    machines. ``first``, ``last``: the times of its first and its last frame."""

    name: str
    folder: str = ""
    answer: str = PROBLEM
    headline: str = ""
    profile: str = ""
    problem: str = ""
    captures: int = 0
    first: str = ""
    last: str = ""
    findings: int = 0
    kinds: frozenset[str] = frozenset()
    not_judged: bool = False
    stalled: int = 0
    incomplete: bool = False
    verdicts: dict[str, int] = field(default_factory=dict)
    new: tuple[KnownFinding, ...] | None = None
    gone: int = 0
    compared_until: str = ""
    days: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    unknown: tuple[UnknownHost, ...] = ()


def site_facts(name: str, folder: str, report: Report, earlier: Earlier | None) -> SiteFacts:
    """The facts of a site from its report. ``earlier``: its last report, if there was one."""
    meta = report.meta
    begins = [one.first_ts for one in meta.captures if one.first_ts is not None]
    ends = [one.last_ts for one in meta.captures if one.last_ts is not None]
    new, gone = changes(name, report.findings, earlier.findings) if earlier else (None, 0)
    return SiteFacts(
        name=name,
        folder=folder,
        answer=str(meta.answer or Answer.NOT_JUDGED),
        headline=meta.headline,
        profile=meta.site.name if meta.site.given else "",
        captures=len(meta.captures),
        first=instant(min(begins, default=None)),
        last=instant(max(ends, default=None)),
        findings=len(report.findings),
        kinds=frozenset(map(str, report.findings["verdict"])),
        not_judged=bool(meta.not_judged),
        stalled=sum(boot.unfinished for boot in meta.boots),
        incomplete=meta.incomplete,
        verdicts={str(word): count for word, count in meta.verdicts.items()},
        new=new,
        gone=gone,
        compared_until=earlier.until if earlier else "",
        days=verdicts_by_day(report.flows),
        rows=statuses_by_row(report.rows),
        unknown=tuple(unknown_hosts(report)),
    )


def keys_of(findings: pd.DataFrame) -> list[tuple[str, ...]]:
    """What makes two findings of two reports the same: everything but times and counts; hosts by their names, if they
    have one, since their addresses may change."""
    columns = [texts(findings[name]) for name in _SAME]
    for side in ("orig", "resp"):
        names, addresses = texts(findings[f"{side}_name"]), texts(findings[f"{side}_h"])
        columns.append([given or address for given, address in zip(names, addresses, strict=True)])
    return list(zip(*columns, strict=True))


def texts(column: "pd.Series[Any]") -> list[str]:
    """The values as text; nothing for an absent one."""
    return ["" if value is None or value != value else str(value) for value in column.tolist()]  # noqa: PLR0124 - NaN


def changes(site: str, now: pd.DataFrame, before: pd.DataFrame) -> tuple[tuple[KnownFinding, ...], int]:
    """(the findings that are new, how many are gone)."""
    # The store keeps texts with escapes in the place of control characters.
    known, keys = set(keys_of(before)), [tuple(map(visible, key)) for key in keys_of(now)]
    new = tuple(
        KnownFinding(
            site, line["finding"], line["verdict"], line["reason"], line["rule"], key[-2], key[-1], line["service"],
            line["flows"], line["first_seen"], line["last_seen"], line["why"],
        )
        for line, key in zip(records(now), keys, strict=True)
        if key not in known
    )  # fmt: skip
    return new, len(known - set(keys))


def verdicts_by_day(flows: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Day (UTC) -> verdict -> flows that began on it."""
    counts = Counter(zip(flows["ts"].str[:10].tolist(), flows["verdict"].tolist(), strict=True))
    days: dict[str, dict[str, int]] = {}
    for (day, verdict), count in counts.items():
        days.setdefault(str(day), {})[str(verdict)] = count
    return days


def statuses_by_row(rows: pd.DataFrame) -> dict[tuple[str, str], Counter[str]]:
    """(row, item) -> status -> machines."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for rule, item, status in zip(*(rows[name].tolist() for name in ("rule", "item", "status")), strict=True):
        if rule:
            found.setdefault((rule, item), Counter())[str(status)] += 1
    return found


@dataclass(frozen=True)
class Day:
    """``sites``: those with flows that began on the day; ``unexpected``: those with unexpected flows among them."""

    day: str
    verdicts: Counter[str]
    sites: int
    unexpected: int


@dataclass(frozen=True)
class UnsatisfiedRow:
    """A row that applies somewhere, and that no machine of any site satisfies. ``machines``: status -> machines of all
    sites; ``sites``: status -> sites with such a machine."""

    rule: str
    item: str
    machines: Counter[str]
    sites: Counter[str]


@dataclass(frozen=True)
class SharedHost:
    """An address or a MAC of unknown hosts at several sites. ``kind``: address or mac."""

    kind: str
    value: str
    sites: tuple[str, ...]
    findings: int
    flows: int
    first: str
    last: str


@dataclass(frozen=True)
class Overview:
    """All sites. ``version``: of the program."""

    version: str
    sites: Sequence[SiteFacts]

    @cached_property
    def ordered(self) -> list[SiteFacts]:
        """The sites, the most serious first."""
        return sorted(
            self.sites,
            key=lambda one: (ANSWERS.index(one.answer), -len(one.new or ()), -one.findings, one.name),
        )

    @cached_property
    def answers(self) -> dict[str, int]:
        """How many sites have each answer."""
        return {word: sum(one.answer == word for one in self.sites) for word in ANSWERS}

    @cached_property
    def verdicts(self) -> Counter[str]:
        """The flows of all sites by verdict."""
        return summed(one.verdicts for one in self.sites)

    @cached_property
    def without_profile(self) -> list[str]:
        """The sites that were judged without a profile."""
        return [one.name for one in self.sites if not one.profile and not one.problem]

    @cached_property
    def without_earlier(self) -> list[str]:
        """The sites that have no earlier report to compare with."""
        return [one.name for one in self.sites if one.new is None and not one.problem]

    @cached_property
    def new(self) -> list[KnownFinding]:
        """The new findings of all sites, in the order of the sites."""
        return [finding for one in self.ordered for finding in one.new or ()]

    @cached_property
    def days(self) -> list[Day]:
        """All days, the latest first."""
        found = sorted({day for one in self.sites for day in one.days}, reverse=True)
        return [
            Day(
                day,
                summed(one.days.get(day, {}) for one in self.sites),
                sum(day in one.days for one in self.sites),
                sum(bool(one.days.get(day, {}).get("unexpected")) for one in self.sites),
            )
            for day in found
        ]

    @cached_property
    def unsatisfied(self) -> list[UnsatisfiedRow]:
        """The rows that no machine of any site satisfies."""
        found = dict.fromkeys(row for one in self.sites for row in one.rows)
        lines = []
        for row in found:
            own = [one.rows[row] for one in self.sites if row in one.rows]
            applicable = {status for statuses in own for status in statuses} - {Status.NOT_APPLICABLE}
            if applicable and Status.SATISFIED not in applicable:
                sites = Counter(status for statuses in own for status in statuses)
                lines.append(UnsatisfiedRow(*row, summed(own), sites))
        return lines

    @cached_property
    def shared(self) -> list[SharedHost]:
        """Addresses and MACs of unknown hosts that appear at several sites, those at the most sites first."""
        seen: dict[tuple[str, str], dict[str, list[UnknownHost]]] = {}
        for one in self.sites:
            for host in one.unknown:
                for key in (("mac", mac) for mac in host.macs):
                    seen.setdefault(key, {}).setdefault(one.name, []).append(host)
                seen.setdefault(("address", host.address), {}).setdefault(one.name, []).append(host)
        shared = [shared_host(*key, sites) for key, sites in seen.items() if len(sites) > 1]
        return sorted(shared, key=lambda one: (one.kind != "mac", -len(one.sites), one.value))


def shared_host(kind: str, value: str, sites: dict[str, list[UnknownHost]]) -> SharedHost:
    """One line of the shared hosts."""
    hosts = [host for own in sites.values() for host in own]
    return SharedHost(
        kind=kind,
        value=value,
        sites=tuple(sorted(sites)),
        findings=sum(host.findings for host in hosts),
        flows=sum(host.flows for host in hosts),
        first=min((host.first for host in hosts if host.first), default=""),
        last=max((host.last for host in hosts if host.last), default=""),
    )


def summed(parts: Iterable[dict[str, int]]) -> Counter[str]:
    """The sums of counts."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return total
