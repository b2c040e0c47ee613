"""Findings: what a reviewer has to look at, grouped so that a port scan is one line. Rows and boots in the
contract's columns."""

import hashlib
from typing import Any

import pandas as pd

from analyzer.compliance.boots import STAGES, Boot
from analyzer.compliance.judge import Judgement
from analyzer.compliance.rows import Row
from analyzer.report.model import BOOT_COLUMNS, FINDING_COLUMNS, ROW_COLUMNS, table
from analyzer.report.times import time_text
from analyzer.values import Status, Verdict

GROUPED = [Verdict.UNEXPECTED.value, Verdict.BLOCKED.value]
KEY = ["verdict", "reason", "rule", "orig_h", "resp_h", "service"]


def finding_frame(flows: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """One line a group of unexpected or blocked flows, then one a missing row; most serious first."""
    chosen = flows[flows["verdict"].isin(GROUPED)]
    lines = [flow_finding(group) for _, group in chosen.groupby(KEY, sort=False)]
    rank = {word: place for place, word in enumerate(GROUPED)}
    lines.sort(key=lambda line: (rank[line["verdict"]], line["first_seen"], line["finding"]))
    missing = rows[rows["status"] == Status.MISSING.value].to_dict("records")
    lines += [row_finding({str(key): value for key, value in row.items()}) for row in missing]
    return table(FINDING_COLUMNS, {name: [line[name] for line in lines] for name in FINDING_COLUMNS})


def flow_finding(group: pd.DataFrame) -> dict[str, Any]:
    first = group.iloc[0]
    outcomes = group["outcome"].value_counts().sort_index()
    copied = ("verdict", "reason", "rule", "item", "orig_h", "orig_role", "resp_h", "resp_role", "proto", "service")
    line = {name: first[name] for name in copied}
    return line | {
        "finding": identifier("-".join(str(first[name]) for name in KEY)),
        "flows": len(group),
        "pkts": int(group["orig_pkts"].sum() + group["resp_pkts"].sum()),
        "bytes": int(group["orig_ip_bytes"].sum() + group["resp_ip_bytes"].sum()),
        "first_seen": group["ts"].min(),
        "last_seen": group["ts"].max(),
        "outcome": ", ".join(outcomes.index)
        if len(group) == 1
        else ", ".join(f"{n} {word}" for word, n in outcomes.items()),
        "why": first["detail"],
        "citation": first["citation"],
        "example_flow": first["flow"],
        "capture": first["capture"],
        "first_frame": int(first["first_frame"]),
    }


def row_finding(row: dict[str, Any]) -> dict[str, Any]:
    line = dict.fromkeys(FINDING_COLUMNS, "") | {
        "verdict": Status.MISSING.value,
        "pkts": 0,
        "bytes": 0,
        "first_frame": -1,
    }
    return line | {
        "finding": identifier(f"missing-{row['rule']}-{row['machine']}"),
        "rule": row["rule"],
        "item": row["item"],
        "resp_h": row["machine"],
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


def boot_frame(boots: list[Boot]) -> pd.DataFrame:
    """One line a boot attempt; columns BOOT_COLUMNS."""
    data: dict[str, list[Any]] = {
        "client_mac": [boot.client_mac for boot in boots],
        "client_ip": [boot.client_ip for boot in boots],
        "machine": [boot.machine for boot in boots],
        "started": [time_text(boot.started) for boot in boots],
        "ended": [time_text(boot.ended) for boot in boots],
        "furthest": [boot.furthest for boot in boots],
        "status": [boot.status.value for boot in boots],
        "stalled_at": [boot.stalled_at for boot in boots],
        "why": [boot.why for boot in boots],
        "servers": ["; ".join(boot.servers) for boot in boots],
        "files": ["; ".join(f"{item.asked.file} ({item.ending.value})" for item in boot.transfers) for boot in boots],
    }
    data |= {stage: [time_text(boot.times.get(stage, -1)) for boot in boots] for stage in STAGES}
    return table(BOOT_COLUMNS, data)
