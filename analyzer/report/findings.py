"""Findings: what a reviewer has to look at, grouped so that a port scan is one line, in the contract's columns."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.columns import group_rows
from analyzer.report.danger import danger_order
from analyzer.report.equal_counts import as_one_object
from analyzer.report.model import FINDING_COLUMNS, INTEGERS, table
from analyzer.report.outcomes import outcome_text
from analyzer.rules import RuleTable
from analyzer.values import EvidenceWord, Reason, Role, Status, Verdict

GROUPED = [Verdict.UNEXPECTED.value, Verdict.BLOCKED.value]
COPIED = (
    "verdict", "reason", "rule", "item", "orig_h", "orig_role", "resp_h", "resp_role", "proto", "service", "citation",
    "capture", "first_frame", "orig_name", "resp_name",
)  # fmt: skip
DANGER_COLUMNS = ("verdict", "reason", "orig_role", "resp_role")
CONTRADICTED = EvidenceWord.CONTRADICTED.value
KEY = ["verdict", "reason", "rule", "orig_h", "resp_h", "service"]


class Findings(NamedTuple):
    """``table``: columns FINDING_COLUMNS. ``outcomes``: for each line, outcome -> number of its flows."""

    table: pd.DataFrame
    outcomes: tuple[dict[str, int], ...]


def find_findings(flows: pd.DataFrame, rows: pd.DataFrame, rules: RuleTable, checks: Collection[int] = ()) -> Findings:
    """One line a group of unexpected or blocked flows, and one a missing row, in the order of danger.

    ``flows``, ``rows``: the document's tables; flows in the order of time. ``checks``: lines of ``rows`` that are
    checks of listening ports.
    """
    found, outcomes = flow_findings(with_contradicted(flows))
    from_machines = frozenset(rule.id for rule in rules.rules if Role.MANAGED_MACHINE in rule.originator.roles)
    missing = rows[rows["status"] == Status.MISSING.value]
    lines = [
        (listener_finding if place in checks else row_finding)(
            {str(key): value for key, value in row.items()}, from_machines
        )
        for place, row in zip(missing.index.tolist(), missing.to_dict("records"), strict=True)
    ]
    counts = [*outcomes, *({} for _ in lines)]
    order = danger_order({name: with_lines(found[name], lines, name) for name in DANGER_COLUMNS}, counts)
    # Column by column: a table of a million findings is more than is wanted in memory twice.
    data = {name: with_lines(found.pop(name), lines, name)[order] for name in FINDING_COLUMNS}
    return Findings(table(FINDING_COLUMNS, data), as_one_object(counts[place] for place in order.tolist()))


def with_lines(column: NDArray[Any], lines: Sequence[Mapping[str, Any]], name: str) -> NDArray[Any]:
    """A column, and below it the values of further lines."""
    if not lines:
        return column
    below = np.array([line[name] for line in lines], dtype=np.int64 if name in INTEGERS else object)
    return np.concatenate([column, below])


def is_contradicted(flows: pd.DataFrame) -> NDArray[np.bool_]:
    """Flows whose programs the evidence of hosts contradicts, unless a waiver excuses that; shape (flows,)."""
    excused = (flows["verdict"] == Verdict.WAIVED.value) & (flows["reason"] == Reason.EXECUTABLE.value)
    return ((flows["program_evidence"] == CONTRADICTED) & ~excused).to_numpy(dtype=bool)


def with_contradicted(flows: pd.DataFrame) -> pd.DataFrame:
    """The flows, and below them once more those with contradicted programs that keep their own verdict: as findings
    these are unexpected, with the reason executable."""
    extra = is_contradicted(flows) & (flows["reason"] != Reason.EXECUTABLE.value).to_numpy(dtype=bool)
    if not extra.any():
        return flows
    again = flows[extra].assign(verdict=Verdict.UNEXPECTED.value, reason=Reason.EXECUTABLE.value)
    return pd.concat([flows, again], ignore_index=True)


def listener_finding(row: dict[str, Any], from_machines: frozenset[str]) -> dict[str, Any]:
    """A port of the table that another program holds; the machine is the responder."""
    line = row_finding(row, from_machines)
    return line | {
        "finding": identifier(f"executable-{row['rule']}-{row['machine']}-{row['why']}"),
        "reason": Reason.EXECUTABLE.value,
        "orig_h": "",
        "resp_h": row["machine"],
    }


def flow_findings(flows: pd.DataFrame) -> tuple[dict[str, NDArray[Any]], list[dict[str, int]]]:
    """The columns of a table with a line for each group (its first flow's words, the sums and the span of all), and the
    outcomes of each line."""
    serious = flows["verdict"].map({word: place for place, word in enumerate(GROUPED)}).to_numpy("float64")
    chosen = np.flatnonzero(~np.isnan(serious))

    def some(name: str) -> NDArray[Any]:
        column: NDArray[Any] = flows[name].to_numpy()
        return column if len(chosen) == len(column) else column[chosen]

    first, group = group_rows([pd.factorize(some(name))[0] for name in KEY])
    last = np.zeros(len(first), dtype=np.int64)
    last[group] = np.arange(len(group))
    keys = zip(*(some(name)[first] for name in KEY), strict=True)
    names = objects(identifier("-".join(key)) for key in keys)
    ids = np.fromiter((int(name[1:], 16) for name in names), dtype=np.int64, count=len(names))
    outcomes = outcome_counts(some("outcome"), group)
    # Groups are numbered by their words; their first flows are in the order of time.
    in_time = np.empty(len(first), dtype=np.int64)
    in_time[np.argsort(first)] = pd.factorize(some("ts")[np.sort(first)])[0]
    order = np.lexsort((ids, in_time))
    # The words of a line are those of its first flow: one step from the flows to the ordered lines.
    lead = first[order]
    found = {name: some(name)[lead] for name in COPIED} | {
        "finding": names[order],
        "flows": np.bincount(group, minlength=len(first))[order],
        "pkts": sums(group, len(first), some("orig_pkts") + some("resp_pkts"))[order],
        "bytes": sums(group, len(first), some("orig_ip_bytes") + some("resp_ip_bytes"))[order],
        "first_seen": some("ts")[lead],
        "last_seen": some("ts")[last[order]],
        "outcome": objects(map(cached_outcome_text(), outcomes))[order],
        "why": some("detail")[lead],
        "example_flow": some("flow")[lead],
    }
    return found, [outcomes[place] for place in order.tolist()]


def cached_outcome_text() -> Callable[[dict[str, int]], str]:
    """``outcome_text`` that makes the text of one object once."""
    texts: dict[int, str] = {}

    def text(counts: dict[str, int]) -> str:
        if id(counts) not in texts:
            texts[id(counts)] = outcome_text(counts)
        return texts[id(counts)]

    return text


def sums(group: NDArray[np.int64], groups: int, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sum of each group's values, exact."""
    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, group, values)
    return total


def outcome_counts(outcome: NDArray[np.object_], group: NDArray[np.int64]) -> list[dict[str, int]]:
    """Outcome -> number of flows, for each group; outcomes in alphabetical order. Equal ones are one object."""
    codes, words = pd.factorize(outcome, sort=True)
    first, kind = group_rows([group, codes])
    number = np.bincount(kind, minlength=len(first))
    groups, own = group[first], codes[first]
    # Nearly all groups have one outcome, and the same number of flows.
    several = np.bincount(groups, minlength=int(group.max(initial=-1)) + 1) > 1
    sample, kinds = group_rows([own, number])
    single = [{str(words[own[place]]): int(number[place])} for place in sample.tolist()]
    counts = [single[place] for place in kinds[np.unique(groups, return_index=True)[1]].tolist()]
    mixed: dict[int, dict[str, int]] = defaultdict(dict)
    for place in np.flatnonzero(several[groups]).tolist():
        mixed[int(groups[place])][str(words[own[place]])] = int(number[place])
    for place, own_counts in mixed.items():
        counts[place] = own_counts
    return list(as_one_object(counts))


def row_finding(row: dict[str, Any], from_machines: frozenset[str]) -> dict[str, Any]:
    """A missing row; the machine is on the side that the row gives it."""
    line = dict.fromkeys(FINDING_COLUMNS, "") | {
        "verdict": Status.MISSING.value,
        "pkts": 0,
        "bytes": 0,
        "first_frame": -1,
    }
    return line | {
        "finding": identifier(f"missing-{row['rule']}-{row['machine']}"),
        "rule": row["rule"],
        "orig_h" if row["rule"] in from_machines else "resp_h": row["machine"],
        "item": row["item"],
        "flows": int(row["flows"]),
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
        "why": row["why"],
        "citation": row["citation"],
    }


def objects(texts: Iterable[str]) -> NDArray[np.object_]:
    """Texts as an array of objects."""
    return np.array([*texts, ""], dtype=object)[:-1]


def identifier(key: str) -> str:
    return "n" + hashlib.sha256(key.encode()).hexdigest()[:10]
