"""Findings: what a reviewer has to look at, grouped so that a port scan is one line. Rows in the
contract's columns."""

import hashlib
from typing import Any

import pandas as pd

from analyzer.compliance.judge import Judgement
from analyzer.compliance.rows import Row
from analyzer.report.model import FINDING_COLUMNS, ROW_COLUMNS, table
from analyzer.times import time_text
from analyzer.values import Status, Verdict

GROUPED = [Verdict.UNEXPECTED.value, Verdict.BLOCKED.value]
COPIED = (
    "verdict", "reason", "rule", "item", "orig_h", "orig_role", "resp_h", "resp_role", "proto", "service", "citation",
    "capture", "first_frame",
)  # fmt: skip
KEY = ["verdict", "reason", "rule", "orig_h", "resp_h", "service"]


def finding_frame(flows: pd.DataFrame, rows: pd.DataFrame, from_machines: frozenset[str]) -> pd.DataFrame:
    """One line a group of unexpected or blocked flows, then one a missing row; most serious first.

    ``from_machines``: ids of the rows whose originator is the machine.
    """
    groups = flow_findings(flows[flows["verdict"].isin(GROUPED)])
    missing = rows[rows["status"] == Status.MISSING.value].to_dict("records")
    lines = [row_finding({str(key): value for key, value in row.items()}, from_machines) for row in missing]
    data = {name: [*groups[name], *(line[name] for line in lines)] for name in FINDING_COLUMNS}
    return table(FINDING_COLUMNS, data)


def flow_findings(chosen: pd.DataFrame) -> pd.DataFrame:
    """One line a group: its first flow's words, the sums and the span of all."""
    grouped = chosen.groupby(KEY, sort=False)
    number = grouped.ngroup()
    first = chosen[~number.duplicated()].reset_index(drop=True)
    packets = (chosen["orig_pkts"] + chosen["resp_pkts"]).groupby(number).sum()
    octets = (chosen["orig_ip_bytes"] + chosen["resp_ip_bytes"]).groupby(number).sum()
    keys = first[KEY].agg("-".join, axis=1) if len(first) else pd.Series([], dtype="object")
    found = pd.DataFrame(
        {
            **{name: first[name] for name in COPIED},
            "finding": [identifier(key) for key in keys],
            "flows": number.groupby(number).size(),
            "pkts": packets,
            "bytes": octets,
            "first_seen": chosen["ts"].groupby(number).min(),
            "last_seen": chosen["ts"].groupby(number).max(),
            "outcome": outcomes_of(chosen["outcome"], number),
            "why": first["detail"],
            "example_flow": first["flow"],
        }
    )
    rank = {word: place for place, word in enumerate(GROUPED)}
    order = found.assign(rank=found["verdict"].map(rank)).sort_values(["rank", "first_seen", "finding"]).index
    return found.loc[order]


def outcomes_of(outcome: "pd.Series[Any]", number: "pd.Series[Any]") -> list[str]:
    """The outcomes of each group's flows: one word for a single flow, else every word with its count."""
    told: dict[int, list[tuple[str, int]]] = {}
    sizes = outcome.groupby([number.to_numpy(), outcome.to_numpy()]).size()
    for group, word, count in sizes.reset_index().itertuples(index=False):
        told.setdefault(group, []).append((word, count))
    return [
        parts[0][0] if len(parts) == 1 and parts[0][1] == 1 else ", ".join(f"{count} {word}" for word, count in parts)
        for _, parts in sorted(told.items())
    ]


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


def row_frame(judgement: Judgement, rows: list[Row]) -> pd.DataFrame:
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
