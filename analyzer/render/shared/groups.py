"""Groups of findings with one cause: a scan of a host, a sweep for a service, a service that no host reaches.

The table of findings lists each pair of hosts and each service separately; the page shows a group in one place.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from weakref import ref

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.explain.comparison import RowComparison, compare_row
from analyzer.explain.facts import facts_of
from analyzer.explain.saved import saved_context
from analyzer.render.shared.page_model import OUTCOMES, examples, host_text, ordered, records
from analyzer.render.shared.wireshark import display_filter
from analyzer.report import Report

KIND = {name: name for name in ("verdict", "reason", "rule", "stopped")}
"""The columns that all findings of a group share."""
ENDS = {"orig": "orig_h", "resp": "resp_h", "service": "service"}
ROLES = {"orig_role": "orig_role", "resp_role": "resp_role"}
SHAPES: tuple[tuple[tuple[str, ...], int, int], ...] = (
    # (the other columns that they share, the least number of findings, the least number of distinct other values)
    (("orig",), 10, 3),
    (("resp",), 10, 3),
    (("service",), 10, 10),
    (("orig", "resp"), 4, 1),
    (("orig", "service"), 4, 1),
    (("resp", "service"), 4, 1),
)
"""The shapes of groups: one host to many hosts and services; many hosts to many services of one; a service between
many hosts; a scan of one host by another; a sweep for a service; many hosts to one service of one host. A finding joins
the first shape that fits."""
SUMMED = (
    "flows", "pkts", "bytes", "first_seen", "last_seen", "orig_h", "orig_name", "orig_role", "resp_h", "resp_name",
    "resp_role", "service", OUTCOMES,
)  # fmt: skip
"""The columns that are summed up in a group."""
MOST, MOST_MEMBERS = 200, 20
"""The groups that the page shows, and the findings of each: no other format shows more."""
NAMED = 8
"""Names of a group that are listed; the others are counted."""


@dataclass(frozen=True)
class Names:
    """Different values of a group: how many, and the first of them; hosts with their names in the profile."""

    count: int
    first: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Findings of one kind.

    ``lead``: the first of them, a line of the findings table. ``members``: the first of them, with their own filters.
    ``flows`` .. ``last``: of all of them. ``judged``: the row that ``lead`` was judged by, field by field; None where
    no row covers its service, or if the document has no packs.
    """

    lead: dict[str, Any]
    stopped: bool
    members: tuple[dict[str, Any], ...]
    count: int
    flows: int
    pkts: int
    bytes: int
    first: str
    last: str
    outcomes: str
    origs: Names
    resps: Names
    services: Names
    orig_role: str
    resp_role: str
    filter: str
    judged: RowComparison | None


@dataclass(frozen=True)
class Grouped:
    """The groups that are shown, most serious first; the number of all groups, and of all findings."""

    groups: tuple[Group, ...]
    total: int
    findings: int


class _Last:
    """The groups of the report that was asked for last: several formats and the terminal show the same ones."""

    def __init__(self) -> None:
        self.made: tuple[ref[Report], int, int, Grouped] | None = None

    def of(self, report: Report, limit: int, members: int) -> Grouped:
        """At least the ``limit`` most serious groups, each with at least its first ``members`` findings."""
        made = self.made
        if made is not None and made[0]() is report and made[1] >= limit and made[2] >= members:
            return made[3]
        limit, members = max(limit, MOST), max(members, MOST_MEMBERS)
        groups = _group(report, limit, members)
        self.made = ref(report, self._forget), limit, members, groups
        return groups

    def _forget(self, report: "ref[Report]") -> None:
        if self.made is not None and self.made[0] is report:
            self.made = None


_LAST = _Last()


def grouped(report: Report, limit: int, members: int) -> Grouped:
    """The ``limit`` most serious groups, each with its first ``members`` findings. The tables of a report do not
    change: its groups are made once."""
    made = _LAST.of(report, limit, members)
    return replace(made, groups=tuple(_shortened(group, members) for group in made.groups[:limit]))


def grouped_of(report: Report, verdict: str, limit: int) -> tuple[Group, ...]:
    """The ``limit`` most serious groups of one verdict, each with its first finding."""
    made = _LAST.of(report, limit, 1)
    if made.total > len(made.groups):  # of many groups, those of a less serious verdict are not among the first
        part = report.findings[report.findings["verdict"] == verdict]
        return _group(replace(report, findings=part), limit, 1).groups
    own = (group for group in made.groups if group.lead["verdict"] == verdict)
    return tuple(_shortened(group, 1) for group in islice(own, limit))


def _shortened(group: Group, members: int) -> Group:
    return group if len(group.members) <= members else replace(group, members=group.members[:members])


def _group(report: Report, limit: int, members: int) -> Grouped:
    """The ``limit`` most serious groups, each with its first ``members`` findings."""
    found = ordered(report)
    number, total = numbers(found)
    shown = found[list(SUMMED)].assign(number=number)
    shown = shown[number < limit] if total > limit else shown
    first: dict[int, list[dict[str, Any]]] = {}
    listed = shown.index[shown.groupby("number").cumcount() < members]
    for place, row in zip(number[listed].tolist(), records(found.drop(columns=[OUTCOMES]).loc[listed]), strict=True):
        first.setdefault(place, []).append(row)
    flow = examples(report, [rows[0]["example_flow"] for rows in first.values()])
    sums = _sums(shown)
    hosts = {f"{side}_h": with_names(shown, side) for side in ("orig", "resp")}
    names = {part: _names(shown.assign(**hosts), column) for part, column in (ENDS | ROLES).items()}
    outcomes = _outcomes(shown)
    judged = _judged(flow, report)
    groups = []
    for place, rows in sorted(first.items()):
        own = {part: found_names[place] for part, found_names in names.items()}
        example = flow.get(rows[0]["example_flow"])
        groups.append(
            Group(
                lead=rows[0],
                stopped=bool(rows[0]["stopped"]),
                members=tuple(rows),
                **sums[place],
                outcomes=outcomes.get(place, ""),
                origs=own["orig"],
                resps=own["resp"],
                services=own["service"],
                orig_role=_one(own["orig_role"]),
                resp_role=_one(own["resp_role"]),
                filter=display_filter(_common(example, own)) if example else "",
                judged=judged.get(rows[0]["example_flow"]),
            )
        )
    return Grouped(tuple(groups), total, len(found))


def with_names(found: pd.DataFrame, side: str) -> "pd.Series[str]":
    """The addresses of a side, with the names of hosts that have one."""
    pairs = zip(found[f"{side}_h"].tolist(), found[f"{side}_name"].tolist(), strict=True)
    return pd.Series([host_text(*pair) for pair in pairs], index=found.index, dtype=object)


def numbers(found: pd.DataFrame) -> tuple[NDArray[np.int64], int]:
    """The group of each finding, numbered in the order of their first findings; and the number of groups."""
    codes = pd.DataFrame({name: pd.factorize(found[column])[0] for name, column in (ENDS | KIND).items()})
    codes["kind"] = codes.groupby(list(KIND), sort=False).ngroup()
    number = np.full(len(codes), -1, dtype=np.int64)
    taken = 0
    for shared, least, spread in SHAPES:
        left = codes[number < 0]
        groups = left.groupby(["kind", *shared], sort=False)
        large = groups["kind"].transform("size") >= least
        for other in set(ENDS) - set(shared):
            large &= groups[other].transform("nunique") >= spread
        chosen = left.index[large.to_numpy()]
        number[chosen] = taken + groups.ngroup()[large].to_numpy()
        taken = int(number.max(initial=-1)) + 1
    single = number < 0
    number[single] = taken + np.arange(int(single.sum()))
    named, distinct = pd.factorize(number)
    return named.astype(np.int64), len(distinct)


def _sums(shown: pd.DataFrame) -> dict[int, dict[str, Any]]:
    """The findings, flows, packets and bytes of each group, and its first and last time."""
    counted = shown[["flows", "pkts", "bytes"]].clip(lower=0).groupby(shown["number"]).sum()
    times = shown[["number", "first_seen", "last_seen"]]
    seen = times[times["first_seen"] != ""].groupby("number")
    counted["count"] = shown.groupby("number").size()
    counted["first"], counted["last"] = seen["first_seen"].min(), seen["last_seen"].max()
    counted = counted.astype({"first": "object", "last": "object"}).fillna({"first": "", "last": ""})
    return {int(place): line for place, line in zip(counted.index, records(counted), strict=True)}


def _names(shown: pd.DataFrame, column: str) -> dict[int, Names]:
    distinct = shown[["number", column]].drop_duplicates()
    distinct = distinct[distinct[column] != ""]
    groups = distinct.groupby("number")[column]
    counts = groups.size().to_dict()
    first: dict[int, list[str]] = {}
    for number, name in distinct[groups.cumcount() < NAMED].itertuples(index=False):
        first.setdefault(number, []).append(name)
    return {number: Names(counts.get(number, 0), tuple(first.get(number, ()))) for number in shown["number"].unique()}


def _one(names: Names) -> str:
    """The role of all hosts of one side, if they have one."""
    return names.first[0] if names.count == 1 else "of several roles" if names.count else ""


def _outcomes(shown: pd.DataFrame) -> dict[int, str]:
    """The outcomes of all flows of each group: one word if all have the same, else each with its number."""
    totals: dict[int, Counter[str]] = {}
    for place, outcomes in zip(shown["number"].tolist(), shown[OUTCOMES].tolist(), strict=True):
        totals.setdefault(place, Counter()).update(outcomes)
    return {
        place: next(iter(words)) if len(words) == 1
        else ", ".join(f"{number:,} {word}" for word, number in words.most_common())
        for place, words in totals.items() if words
    }  # fmt: skip


def _common(example: dict[str, Any], names: Mapping[str, Names]) -> dict[str, Any]:
    """The example flow, with only the values that its whole group shares."""
    common = dict(example)
    common |= {"orig_h": ""} if names["orig"].count > 1 else {}
    common |= {"resp_h": ""} if names["resp"].count > 1 else {}
    if names["service"].count > 1:
        protocols = {name.split("/")[0] for name in names["service"].first}
        common |= {"resp_p": -1, "proto": example["proto"] if protocols == {example["proto"]} else ""}
    return common


def _judged(flow: Mapping[str, dict[str, Any]], report: Report) -> dict[str, RowComparison]:
    """The comparison of each flow, or of the request that it answers (TFTP), with the row that it was judged by."""
    if not report.meta.packs:
        return {}
    saved = saved_context(report)
    rules = {rule.id: rule for rule in saved.rules.rules}
    request_of = {name: saved.judged_as(name) for name in flow}
    requests = examples(report, {request for name, request in request_of.items() if request != name})
    judged_as = {name: requests.get(request_of[name], line) for name, line in flow.items() if line["rule"] in rules}
    return {
        name: compare_row(rules[flow[name]["rule"]], facts_of(line, saved), saved) for name, line in judged_as.items()
    }
