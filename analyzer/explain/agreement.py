"""Whether the verdicts of a saved report are those of its own table: every row is compared with every flow again."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from analyzer import net
from analyzer.columns import Integers, Truths, Words
from analyzer.compliance.identity.hosts import find_host_facts, segment_numbers
from analyzer.compliance.identity.roles import CAST_NUMBER, DPM_ROLES
from analyzer.compliance.matching.facts import Facts, FlowColumns, facts_of_columns
from analyzer.compliance.matching.match import Matched, match
from analyzer.compliance.verdict.decision import is_background
from analyzer.errors import DocumentError
from analyzer.explain.facts import SavedContext, roles_of
from analyzer.explain.saved import saved_context
from analyzer.explain.terms import against_terms
from analyzer.flows.hosts import Hosts
from analyzer.report.consistency import REASONS, contradictions
from analyzer.report.model import Report
from analyzer.rules import Rule
from analyzer.text import clip
from analyzer.values import Cast, Reason, Verdict

BLOCKED = REASONS[Verdict.BLOCKED]


def require_agreement(report: Report, name: str) -> None:
    """Refuse a document whose parts contradict each other. ``name``: of its file.

    Raises:
        DocumentError: they do; the sentence has the first contradiction.
    """
    try:
        saved = saved_context(report)
        found = chain(contradictions(report, saved.rules), against_terms(report, saved), disagreements(report, saved))
        problem = next(found, "")
    except (ValueError, LookupError, TypeError, ArithmeticError, OSError, RecursionError) as error:
        problem = f"{type(error).__name__} while its parts were compared"
        raise _refusal(name, problem) from error
    if problem:
        raise _refusal(name, problem)


def _refusal(name: str, problem: str) -> DocumentError:
    return DocumentError(f"{name}: damaged or changed: {clip(problem, 300)}: restore it, or analyse again")


def disagreements(report: Report, saved: SavedContext) -> Iterator[str]:
    """Flows with a verdict that the report's own table does not give."""
    if not len(report.flows):
        return
    facts = facts_of_flows(report, saved)
    matched = match(saved.rules, facts, saved.site)
    judged = _judged_lines(report, saved)
    names, verdicts = report.flows["flow"].tolist(), report.flows["verdict"].to_numpy()
    for problem, wrong in _wrong(report, _Compared(saved.rules.rules, facts, matched, judged), verdicts):
        if wrong.any():
            place = int(np.flatnonzero(wrong)[0])
            yield f"flow {names[place]} is {verdicts[place]}, but {problem}"


@dataclass(frozen=True)
class _Compared:
    """``rules``: of the table. ``judged``: for each flow, the line that its rows are compared with: itself, or the
    request that it answers."""

    rules: tuple[Rule, ...]
    facts: Facts
    matched: Matched
    judged: Integers


def _wrong(report: Report, compared: _Compared, verdicts: Words) -> Iterator[tuple[str, Truths]]:
    matched, judged, facts = compared.matched, compared.judged, compared.facts
    covered = (matched.covering >= 0)[judged]
    surely = covered & ~matched.uncertain[judged]
    reasons = report.flows["reason"].to_numpy()
    stopped = np.isin(reasons, sorted(BLOCKED))
    waived = verdicts == Verdict.WAIVED
    of_row = np.isin(verdicts, [Verdict.EXPECTED, Verdict.BLOCKED]) | (waived & stopped)
    yield "no row of its table covers it", of_row & ~surely
    # A transfer whose request was before the capture began is judged by its content.
    transfers = [rule.id for rule in compared.rules if rule.transfer]
    open_ = (verdicts == Verdict.UNDETERMINED) & ~np.isin(report.flows["rule"].to_numpy(), transfers)
    yield "no row of its table may cover it", open_ & ~covered
    beside = np.isin(verdicts, [Verdict.UNEXPECTED, Verdict.OUT_OF_SCOPE]) | (waived & ~stopped)
    beside &= reasons != Reason.EXECUTABLE.value
    yield "a row of its table covers it", beside & covered & (judged == np.arange(len(judged)))
    yield "it is no background traffic", (verdicts == Verdict.BACKGROUND) & ~is_background(facts)
    roles = ((facts.orig_roles | facts.resp_roles) & DPM_ROLES) != 0
    yield (
        "an end has a DPM role, or its service is a port of the table",
        (verdicts == Verdict.OUT_OF_SCOPE) & (roles | matched.on_table) & ~facts.inside,
    )
    ids = np.array(["", *(rule.id for rule in compared.rules)], dtype=object)
    other = ids[matched.covering[judged] + 1] != report.flows["rule"].to_numpy()
    yield (
        "another row of its table covers it",
        (of_row | open_) & (judged == np.arange(len(judged))) & other,
    )


def facts_of_flows(report: Report, saved: SavedContext) -> Facts:
    """The facts of all flows, from the text columns of the report. The same as ``explain.facts.facts_of`` of each."""
    flows, site = report.flows, saved.site
    segments = segment_numbers(site)
    woken = [segments.get(saved.seen.get(flow, {}).get("wakes_in", ""), -1) for flow in flows["flow"].tolist()]
    hosts = hosts_of_flows(report)
    columns = FlowColumns(
        proto=_numbers([net.PROTOCOL_NUMBERS.get(word) or int(word) for word in flows["proto"].tolist()]),
        orig_p=np.maximum(flows["orig_p"].to_numpy("int64"), 0),
        resp_p=np.maximum(flows["resp_p"].to_numpy("int64"), 0),
        orig_roles=_roles(report, saved, "orig"),
        resp_roles=_roles(report, saved, "resp"),
        cast=_numbers([CAST_NUMBER[Cast(word)] for word in flows["cast"].tolist()]),
        woken_segment=_numbers(woken),
        responder_sent=flows["resp_pkts"].to_numpy("int64") > 0,
        application=flows["application"].to_numpy(dtype=object),
        relayed=np.array(["relay" in saved.seen.get(flow, {}) for flow in flows["flow"].tolist()], dtype=bool),
        unlisted=np.array(
            ["unlisted_client" in saved.seen.get(flow, {}) for flow in flows["flow"].tolist()], dtype=bool
        ),
    )
    return facts_of_columns(columns, hosts, find_host_facts(hosts.names, site), site)


def hosts_of_flows(report: Report) -> Hosts:
    """The hosts at the ends of the flows, each with its MAC."""
    ends = [list(zip(report.flows[f"{side}_h"], report.flows[f"{side}_mac"], strict=True)) for side in ("orig", "resp")]
    numbers: dict[tuple[str, str], int] = {}
    orig, resp = (_numbers([numbers.setdefault(end, len(numbers)) for end in side]) for side in ends)
    return Hosts(tuple(numbers), orig, resp)


def _roles(report: Report, saved: SavedContext, side: str) -> Integers:
    names = [f"{side}_h", f"{side}_mac", f"{side}_role"]
    masks: dict[tuple[Any, ...], int] = {}
    lines = list(zip(*(report.flows[name].tolist() for name in names), strict=True))
    for line in lines:
        if line not in masks:
            masks[line] = roles_of(dict(zip(names, line, strict=True)), side, saved)
    return _numbers([masks[line] for line in lines])


def _judged_lines(report: Report, saved: SavedContext) -> Integers:
    """For each flow the line of the request that it answers, or its own."""
    flows = report.flows["flow"].tolist()
    lines = np.arange(len(flows), dtype=np.int64)
    answers = {flow: request for flow in saved.seen if (request := saved.judged_as(flow)) != flow}
    places = {flow: place for place, flow in enumerate(flows)} if answers else {}
    for flow, request in answers.items():
        lines[places[flow]] = places[request]
    return lines


def _numbers(values: list[int]) -> Integers:
    return np.array(values, dtype=np.int64)
