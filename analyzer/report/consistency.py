"""Whether the parts of a saved document agree with each other.

Findings, counts and texts follow from the tables and from the messages. So a verdict, a finding or a sentence that was
changed alone is noticed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from analyzer.capture.kernel.time_stamps import LATEST
from analyzer.compliance.verdict.decision import BLOCKED_BY
from analyzer.messages.english import text as text_of
from analyzer.net import is_address
from analyzer.report.answer import answer_facts, answer_of, why_not_judged
from analyzer.report.column_forms import TIMES
from analyzer.report.findings import find_findings
from analyzer.report.messages import Messages
from analyzer.report.meta import MOST, Meta
from analyzer.report.model import FINDING_COLUMNS, TABLES, Report
from analyzer.report.row_columns import citation_of
from analyzer.report.wording import flow_details
from analyzer.rules import RuleTable
from analyzer.times import time_text
from analyzer.values import Reason, Status, Verdict
from analyzer.version import VERSION

LATEST_TEXT = time_text(LATEST, fine=True)[:26]
"""The latest time that a capture can have, to the microsecond."""
SUMMED = ("orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "orig_ip_bytes", "resp_ip_bytes")
"""Columns of flows that charts and findings add up."""
LISTENER_CHECK = "listener-check"
"""The code of the message of a row that is a check of a listening port."""
_BLOCKED = {str(reason) for reason in BLOCKED_BY.values()}
_UNEXPECTED = {str(reason) for reason in Reason} - _BLOCKED
REASONS = {
    str(word): {Verdict.UNEXPECTED: _UNEXPECTED, Verdict.BLOCKED: _BLOCKED, Verdict.WAIVED: _UNEXPECTED | _BLOCKED}.get(
        word, {""}
    )
    for word in Verdict
}
"""The reasons that flows of a verdict have."""


def contradictions(report: Report, rules: RuleTable) -> Iterator[str]:
    """What does not agree, the most basic first. ``rules``: the table of the report's packs."""
    yield from _in_flows(report, rules)
    yield from _in_times(report)
    yield from _in_captures(report)
    yield from _in_sightings(report)
    yield from _in_meta(report, rules)
    yield from _in_boots(report)
    yield from _in_findings(report, rules)
    yield from _in_texts(report)


def _in_flows(report: Report, rules: RuleTable) -> Iterator[str]:
    flows = report.flows
    if flows["flow"].duplicated().any():
        yield "two flows have the same identifier"
    if any(flows[name].to_numpy().sum(dtype="float64") > MOST for name in SUMMED):
        yield "the packets or octets of all flows are more than there can be"
    for verdict, reason in sorted(_pairs(flows, "verdict", "reason")):
        if reason not in REASONS[verdict]:
            yield f"a flow is {verdict}, and its reason is {reason or 'empty'}"
    items = {rule.id: (rule.item, citation_of(rules, number)) for number, rule in enumerate(rules.rules)}
    items[""] = "", citation_of(rules, -1)
    for rule, item, citation in sorted(_pairs(flows, "rule", "item", "citation")):
        if items.get(rule) != (item, citation):
            yield f"the item or the citation of row {rule} is not that of the rule packs"
    if unknown := sorted({*report.rows["rule"]} - {*items}):
        yield f"the rule packs have no row {unknown[0]}"


def _in_times(report: Report) -> Iterator[str]:
    """No reader of captures gives a later time; later ones would not fit the axes of charts."""
    for table in TABLES:
        frame: pd.DataFrame = getattr(report, table)
        for column in TIMES & set(frame.columns):
            if max(frame[column].tolist(), default="")[: len(LATEST_TEXT)] > LATEST_TEXT:
                yield f"a time of {table} is later than captures can have"
    for one in report.meta.captures:
        if one.first_ts is not None and one.last_ts is not None and not one.first_ts <= one.last_ts <= LATEST:
            yield f"the times of capture {one.name} are in the wrong order, or later than captures can have"


def _in_captures(report: Report) -> Iterator[str]:
    captures = report.meta.captures
    for one in captures:
        if one.frames != one.in_flows + sum(one.accounted.values()):
            yield f"the frames of capture {one.name} do not add up"
        if one.vantage > len(captures):
            yield f"capture {one.name} has a vantage that does not exist"
        if (one.first_ts is None) != (one.last_ts is None) or (one.first_ts is not None and not one.frames):
            yield f"the times of capture {one.name} do not fit its frames"
    if unknown := sorted({*report.flows["capture"]} - {one.name for one in captures}):
        yield f"flows are of capture {unknown[0]}, which is not listed"
    if sum(one.frames for one in captures) > MOST or sum(one.size for one in captures) > MOST:
        yield "the frames or the octets of all captures are more than there can be"


def _in_sightings(report: Report) -> Iterator[str]:
    captures, sightings = report.meta.captures, report.meta.sightings
    vantages = len({one.vantage for one in captures if one.frames})
    if any(len(one.seen) not in (0, vantages) for one in sightings):
        yield "the vantages of the sightings are not those of the captures"
    found: Counter[str] = Counter()
    for one in sightings:
        found[one.verdict] += one.flows
    if sightings and found != Counter(report.flows["verdict"].tolist()):
        yield "the flows of the sightings are not those of the table"


def _in_meta(report: Report, rules: RuleTable) -> Iterator[str]:
    meta, flows = report.meta, report.flows
    counts = Counter(flows["verdict"].tolist())
    if meta.verdicts != {str(word): counts[word] for word in Verdict}:
        yield "the counts of verdicts are not those of the flows"
    if [one.id for one in meta.rules] != [pack.id for pack in rules.packs]:
        yield "the list of rule packs is not that of the packs"
    profile = meta.site.profile.get("waivers", ())
    if len(meta.waivers) != len(profile):
        yield "the waivers are not those of the profile"
    waived = sum(one.flows for one in meta.waivers if one.state == "in-force")
    if waived != counts[Verdict.WAIVED]:
        yield "the flows of the waivers are not those that are waived"
    yield from _in_attestations(report)
    facts = answer_facts(meta.verdicts, len(report.findings), meta.boots, meta.hosts, meta.captures)
    if (meta.answer or meta.version == VERSION) and (meta.answer, meta.not_judged) != (
        answer_of(facts).answer,
        why_not_judged(facts),
    ):
        yield "the answer is not that of the findings, boots, hosts and captures"
    names = {"", *flows["flow"]}
    if unknown := sorted({*_mentioned(meta)} - names):
        yield f"there is no flow {unknown[0]}, which another part names"


def _in_boots(report: Report) -> Iterator[str]:
    if len(report.meta.boots) not in (0, len(report.boots)):
        yield "the boots have more or fewer lines than their table"
    if not all(map(is_address, {*report.boots["client_ip"]} - {""})):
        yield "the address of a booting machine is none"


def _in_attestations(report: Report) -> Iterator[str]:
    meta, rows = report.meta, report.rows
    if len(meta.attestations) != len(meta.site.profile.get("attestations", ())):
        yield "the attestations are not those of the profile"
    attested = rows[rows["status"] == Status.ATTESTED.value]
    named = _pairs(attested.assign(item=attested["item"].where(attested["rule"] == "", "")), "rule", "item", "machine")
    if named != {(one.rule, one.item, one.machine) for one in meta.attestations if one.state == "in-force"}:
        yield "the rows that are attested are not those of the attestations"


def _mentioned(meta: Meta) -> Iterator[str]:
    """The flows that other parts name."""
    yield from meta.observations
    yield from (seen[key] for seen in meta.observations.values() for key in ("request", "judged_as") if key in seen)
    yield from meta.machines
    for boot in meta.boots:
        yield boot.agent
        yield from (one.flow for one in boot.files)
    if meta.host_evidence:
        yield from (one.flow for one in meta.host_evidence.records)


def _in_findings(report: Report, rules: RuleTable) -> Iterator[str]:
    found = find_findings(report.flows, report.rows, rules, checks_in(report.messages))
    for name in FINDING_COLUMNS:
        if found.table[name].tolist() != report.findings[name].tolist():
            yield f"the findings are not those of the flows and rows (column {name})"
            return
    if report.meta.outcomes and list(report.meta.outcomes) != list(found.outcomes):
        yield "the outcomes of the findings are not those of the flows"


def checks_in(messages: Messages | None) -> set[int]:
    """The lines of the table of rows that are checks of listening ports."""
    lines: Sequence[tuple[Any, ...]] = messages.parts.get("rows", ()) if messages else ()
    return {number for number, line in enumerate(lines) if line and line[0].code == LISTENER_CHECK}


def _in_texts(report: Report) -> Iterator[str]:
    """Texts are those of their messages, where the document has messages. Another version may have other sentences."""
    if report.messages is None or report.meta.version != VERSION:
        return
    flows, parts, meta = report.flows, report.messages.parts, report.meta
    columns = {str(name): column for name, column in flows.items()}
    if flow_details(report.messages.flows, columns).tolist() != flows["detail"].tolist():
        yield "the details of the flows are not those of their messages"
    texts = {
        "rows": report.rows["why"].tolist(),
        "boots": report.boots["why"].tolist(),
        "headline": [meta.headline],
        "scope": [meta.scope],
        "left_out": list(meta.left_out),
        "hosts": [host.evidence for host in meta.hosts],
    }
    for name, shown in texts.items():
        join = "; " if name == "hosts" else " "
        if name in parts and [join.join(text_of((one,)) for one in line) for line in parts[name]] != shown:
            yield f"the texts of {name} are not those of their messages"
    damage = [tuple(text_of((one,)) for one in line) for line in parts.get("damage", ())]
    if "damage" in parts and damage != [one.damage for one in meta.captures]:
        yield "the damage of the captures is not that of its messages"


def _pairs(frame: pd.DataFrame, *names: str) -> set[tuple[str, ...]]:
    """The different values of some columns."""
    return set(zip(*(frame[name].tolist() for name in names), strict=True))
