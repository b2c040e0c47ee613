"""Explanations of the flows and rows of a saved report. No captures are needed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from analyzer.compliance.rows.coverage import carriers
from analyzer.errors import AnalyzerError, DocumentError
from analyzer.explain.comparison import FlowExplanation, compare_rows
from analyzer.explain.facts import SavedContext
from analyzer.explain.rows import RowExplanation, explain_row_with, is_exercised_by
from analyzer.report.identifiers import find_identifier
from analyzer.report.model import Report
from analyzer.rules import table_from_packs
from analyzer.site import Profile, Site
from analyzer.text import suggestion, visible


def saved_context(report: Report) -> SavedContext:
    """The table, the profile and the hosts that the report was judged by.

    Raises:
        DocumentError: the packs or the profile are not those of this version.
    """
    try:
        site = Site.from_profile(Profile.model_validate(report.meta.site.profile))
    except ValueError as error:
        raise DocumentError("the saved site profile is not of this version: analyse again") from error
    return SavedContext(
        rules=table_from_packs(report.meta.packs),
        site=site,
        roles={(host.ip, host.mac): host.roles for host in report.meta.hosts},
        machines={(host.ip, host.mac): host.machine for host in report.meta.hosts if host.machine},
        seen=report.meta.observations,
        named=report.meta.machines,
    )


class Named(NamedTuple):
    """What an identifier names: a flow, or a row with a machine (nothing: every machine)."""

    flow: str | None
    rule: str | None = None
    machine: str | None = None


def named_by(report: Report, identifier: str) -> Named:
    """The flow, or the first flow of the finding, or the missing row that an identifier (or its beginning) names.

    Raises:
        AnalyzerError: there is none, or several begin so.
    """
    found = find_identifier(report, identifier, "flow", "finding")
    if found.kind == "flow":
        return Named(found.name)
    line = report.findings[report.findings["finding"] == found.name].iloc[0]
    if line["example_flow"]:
        return Named(line["example_flow"])
    return Named(None, line["rule"], line["orig_h"] or line["resp_h"] or None)


def explain_flow(report: Report, flow: str) -> FlowExplanation:
    """A flow of a report and every row of its table against it - or against the request that it answers (TFTP).

    Raises:
        AnalyzerError: there is no such flow in it.
    """
    saved = saved_context(report)
    line = flow_line(report, flow)
    judged = flow_line(report, saved.judged_as(flow))
    evidence = report.meta.host_evidence
    records = tuple(one for one in evidence.records if one.flow == flow) if evidence else ()
    rows, read = compare_rows(judged, saved), saved.seen.get(flow, {})
    return FlowExplanation(line, judged, rows, read, records, report.meta.timezone)


def explain_row(report: Report, rule: str, machine: str | None = None) -> RowExplanation:
    """A row of a report's table: what it states, its status and flows, with one machine or all.

    Raises:
        AnalyzerError: the table has no such row, or the row has no line for that machine.
    """
    saved = saved_context(report)
    ids = [known.id for known in saved.rules.rules]
    rule = unescaped(ids, rule)
    if rule not in ids:
        guess = suggestion(rule, ids)
        raise AnalyzerError(f"no row {rule!r} in this report's table; {guess}its rows: {', '.join(ids)}")
    row = saved.rules.rule(rule)
    lines = records(report.rows[report.rows["rule"] == rule])
    machines = [line["machine"] for line in lines]
    machine = machine if machine is None else unescaped(machines, machine)
    if machine is not None and machine not in machines:
        known = ", ".join(name for name in machines if name) or "none, so leave --machine out"
        guess = suggestion(machine, machines)
        raise AnalyzerError(f"row {rule} has no line for a machine {machine!r}; {guess}its machines: {known}")
    carried_by = carriers(row, saved.rules)
    flows = [line for line in records(report.flows) if is_exercised_by(line, row, carried_by, saved)]
    if machine is not None:
        lines = [line for line in lines if line["machine"] == machine]
    explained = explain_row_with(row, saved, lines, flows, machine or "")
    return replace(explained, timezone=report.meta.timezone)


def unescaped(names: Sequence[str], shown: str) -> str:
    """The name that is shown so: a name with control characters is given as tables and the terminal show it."""
    if shown in names:
        return shown
    return next((name for name in names if visible(name) == shown), shown)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of a table."""
    return [{str(key): value for key, value in line.items()} for line in frame.to_dict("records")]


def flow_line(report: Report, flow: str) -> dict[str, Any]:
    """One line of a report's flow table. Raises AnalyzerError where there is none."""
    lines = records(report.flows[report.flows["flow"] == flow])
    if not lines:
        raise AnalyzerError(f"no flow {flow!r} in this report; flows.csv lists them in its first column")
    return lines[0]
