"""Findings: what a reviewer has to look at, grouped so that a port scan is one line. Rows in the
contract's columns."""

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.columns import group_rows
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.rows.status import RowResult
from analyzer.report.model import FINDING_COLUMNS, ROW_COLUMNS, table
from analyzer.times import time_text
from analyzer.values import Status, Verdict

GROUPED = [Verdict.UNEXPECTED.value, Verdict.BLOCKED.value]
COPIED = (
    "verdict", "reason", "rule", "item", "orig_h", "orig_role", "resp_h", "resp_role", "proto", "service", "citation",
    "capture", "first_frame",
)  # fmt: skip
READ = frozenset(
    {*COPIED, "ts", "outcome", "detail", "flow", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes"}
)
KEY = ["verdict", "reason", "rule", "orig_h", "resp_h", "service"]


def finding_frame(flows: pd.DataFrame, rows: pd.DataFrame, from_machines: frozenset[str]) -> pd.DataFrame:
    """One line a group of unexpected or blocked flows, then one a missing row; most serious first.

    ``flows``: in time's order. ``from_machines``: ids of the rows whose originator is the machine.
    """
    groups = flow_findings(flows)
    missing = rows[rows["status"] == Status.MISSING.value].to_dict("records")
    lines = [row_finding({str(key): value for key, value in row.items()}, from_machines) for row in missing]
    data = {name: [*groups[name], *(line[name] for line in lines)] for name in FINDING_COLUMNS}
    return table(FINDING_COLUMNS, data)


def flow_findings(flows: pd.DataFrame) -> dict[str, Any]:
    """The columns of one line a group: its first flow's words, the sums and the span of all."""
    serious = flows["verdict"].map({word: place for place, word in enumerate(GROUPED)}).to_numpy("float64")
    chosen = np.flatnonzero(~np.isnan(serious))
    some = {str(name): column.to_numpy()[chosen] for name, column in flows.items() if name in READ}
    first, group = group_rows([pd.factorize(some[name])[0] for name in KEY])
    last = np.zeros(len(first), dtype=np.int64)
    last[group] = np.arange(len(group))
    keys = zip(*(some[name][first].tolist() for name in KEY), strict=True)
    names = [identifier("-".join(key)) for key in keys]
    ids = np.array([int(name[1:], 16) for name in names], dtype=np.int64)
    # Groups are numbered by their words; in time's order stand their first flows.
    in_time = np.empty(len(first), dtype=np.int64)
    in_time[np.argsort(first)] = pd.factorize(some["ts"][np.sort(first)])[0]
    order = np.lexsort((ids, in_time, serious[chosen][first]))
    found = {name: some[name][first] for name in COPIED} | {
        "finding": np.array(names, dtype=object),
        "flows": np.bincount(group, minlength=len(first)),
        "pkts": sums(group, len(first), some["orig_pkts"] + some["resp_pkts"]),
        "bytes": sums(group, len(first), some["orig_ip_bytes"] + some["resp_ip_bytes"]),
        "first_seen": some["ts"][first],
        "last_seen": some["ts"][last],
        "outcome": outcomes_of(some["outcome"], group),
        "why": some["detail"][first],
        "example_flow": some["flow"][first],
    }
    return {name: column[order].tolist() for name, column in found.items()}


def sums(group: NDArray[np.int64], groups: int, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sum of each group's values, exact."""
    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, group, values)
    return total


def outcomes_of(outcome: NDArray[np.object_], group: NDArray[np.int64]) -> NDArray[np.object_]:
    """The outcomes of each group's flows: one word for a single flow, else every word with its count."""
    codes, _ = pd.factorize(outcome, sort=True)
    first, kind = group_rows([group, codes])
    told: dict[int, list[str]] = {}
    lines = zip(group[first].tolist(), outcome[first].tolist(), np.bincount(kind).tolist(), strict=True)
    for number, word, count in lines:
        told.setdefault(number, []).append(f"{count} {word}")
    single = np.bincount(group) == 1
    return np.array(
        [
            parts[0][2:] if alone else ", ".join(parts)
            for parts, alone in zip(told.values(), single.tolist(), strict=True)
        ],
        dtype=object,
    )


def row_finding(row: dict[str, Any], from_machines: frozenset[str]) -> dict[str, Any]:
    """A missing row; the machine stands on the side that the row gives it."""
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


def identifier(key: str) -> str:
    return "n" + hashlib.sha256(key.encode()).hexdigest()[:10]


def row_frame(judgement: Judgement, rows: list[RowResult]) -> pd.DataFrame:
    """One line a row of the table and machine; columns ROW_COLUMNS."""
    return table(
        ROW_COLUMNS,
        {
            "rule": [row.rule.id if row.rule else "" for row in rows],
            "item": [row.item for row in rows],
            "machine": [row.machine for row in rows],
            "status": [row.status.value for row in rows],
            "flows": [row.flows for row in rows],
            "first_seen": [time_text(row.first) for row in rows],
            "last_seen": [time_text(row.last) for row in rows],
            "why": [row.why for row in rows],
            "citation": [
                judgement.rules.citation(row.rule) if row.rule else "no row of the table in use" for row in rows
            ],
        },
    )
