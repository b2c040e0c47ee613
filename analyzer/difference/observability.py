"""What a report could have shown: where something is not in it, whether that means that it was not there."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.difference.columns import index
from analyzer.difference.conversation_keys import SIDES, ConversationKeys, table_rows
from analyzer.difference.host_identity import IPV6, HostNames, mapped
from analyzer.messages import message
from analyzer.messages.english import sentence
from analyzer.report import Report
from analyzer.values import Cast, Role, Status, Verdict

HIDDEN = (Status.NOT_OBSERVABLE.value, Status.ATTESTED.value)
"""Statuses of rows that the captures could not show, with or without an attestation."""


def doubts(lines: pd.DataFrame, report: Report, names: HostNames, flows: ConversationKeys) -> NDArray[np.object_]:
    """Why a report without these conversations or findings may not have been able to show them; empty without a
    reason for that. ``lines``: of ``conversations.judged`` or ``findings``, of another report."""
    found = np.full(len(lines), "", dtype=object)
    ends = [mapped(lines[name], lambda text: text.removesuffix(IPV6)) for name in ("orig", "resp")]
    passing = passed(report, flows) - not_passing(report, names)
    seen = [mapped(end, lambda text: "seen" if text in passing else "") != "" for end in ends]
    unseen = ~seen[0] & ~seen[1] & (lines["verdict"] != Status.MISSING).to_numpy()
    found[unseen] = sentence(message("difference-perhaps-hidden"))
    hidden = hidden_rows(report, names)
    rule = lines["rule"].to_numpy(dtype=object)
    for machine in (*ends, np.full(len(lines), "", dtype=object)):
        why = hidden.reindex(index(rule, machine)).to_numpy(dtype=object)
        known = pd.notna(why)
        found[known] = why[known]
    if report.flows.empty:
        found[:] = sentence(message("difference-no-flow"))
    return found


def passed(report: Report, flows: ConversationKeys) -> frozenset[str]:
    """The hosts of which unicast passed where the report's captures were taken; what is background passes anywhere."""
    kept = (report.flows["cast"] == Cast.UNICAST) & (report.flows["verdict"] != Verdict.BACKGROUND)
    ends = pd.unique(np.concatenate([flows.orig[kept], flows.resp[kept]]))
    return frozenset(end.removesuffix(IPV6) for end in ends.tolist())


def not_passing(report: Report, names: HostNames) -> frozenset[str]:
    """The hosts whose unicast to some other hosts does not pass the vantage: no row of the machine was observable, or
    a row between two roles was not."""
    rows = report.rows[report.rows["status"] != Status.NOT_APPLICABLE]
    hidden = rows["status"].isin(HIDDEN)
    machine, words = pd.factorize(rows["machine"].to_numpy(dtype=object))
    shown = np.bincount(machine, ~hidden, minlength=len(words))
    machines = {names.machine(name) for name in words[shown == 0].tolist() if name}
    rules = set(rows["rule"][hidden & (rows["machine"] == "") & (rows["flows"] == 0)])
    parties = [row[side]["roles"] for row in table_rows(report) if row["id"] in rules for side in SIDES]
    roles = {str(role) for party in parties for role in party} - {Role.MANAGED_MACHINE.value}
    hosts = {names.host(host.ip, host.mac) for host in report.meta.hosts if roles.intersection(host.roles)}
    return frozenset(machines | hosts)


def hidden_rows(report: Report, names: HostNames) -> "pd.Series[Any]":
    """Why each row could not be observed for each machine, by (rule, machine); where nothing of it was seen."""
    rows = report.rows[report.rows["status"].isin(HIDDEN) & (report.rows["flows"] == 0)]
    rule, machine = rows["rule"].to_numpy(dtype=object), mapped(rows["machine"], names.machine)
    reasons = [
        sentence(message("difference-row-hidden", rule=str(row), machine=str(name), why=str(why)))
        for row, name, why in zip(rule, machine, rows["why"], strict=True)
    ]
    known = pd.Series(reasons, index=index(rule, machine), dtype=object)
    return known[~known.index.duplicated()]
