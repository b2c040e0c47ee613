"""One row of a saved report's table: what it states, its status, the flows that exercised it, and what it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analyzer.compliance.matching.fields import FIELDS
from analyzer.compliance.matching.texts import ANY, roles_text
from analyzer.compliance.verdict.decision import BLOCKED_BY
from analyzer.explain.facts import SavedContext, find_host_value
from analyzer.messages import Message, message
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.rules import Rule
from analyzer.site import Site
from analyzer.values import Status, Verdict

COVERED = (Verdict.EXPECTED, Verdict.BLOCKED, Verdict.UNDETERMINED)


SATISFIES = {
    Status.SATISFIED: "satisfies-satisfied",
    Status.BLOCKED: "satisfies-blocked",
    Status.MISSING: "satisfies-missing",
    Status.NOT_EXERCISED: "satisfies-not-exercised",
    Status.NOT_OBSERVABLE: "satisfies-not-observable",
    Status.ATTESTED: "satisfies-attested",
    Status.NOT_APPLICABLE: "satisfies-not-applicable",
}
"""Status of a row -> the code of the message about what it still needs."""


@dataclass(frozen=True)
class RowExplanation:
    """A row of the table with what became of it.

    ``fields``: (name, what the row states). ``lines``: its lines of rows.csv. ``flows``: the flows that exercised it.
    ``of_all``: one machine was asked for, but only messages inside the flows name it; ``flows`` are those of all
    machines. ``wanted``: the flow that the row asks for. ``satisfies``: (status, what a row with it still needs), for
    every status in ``lines``. ``timezone``: the zone whose times people see beside UTC, or nothing.
    """

    rule: Rule
    citation: str
    fields: tuple[tuple[str, Message], ...]
    footnotes: tuple[str, ...]
    lines: list[dict[str, Any]]
    flows: list[dict[str, Any]]
    of_all: bool
    wanted: Message
    satisfies: tuple[tuple[Status, Message], ...]
    timezone: str = ""


def is_exercised_by(flow: Mapping[str, Any], rule: Rule, carried_by: set[str], saved: SavedContext) -> bool:
    """Whether a flow of the report exercised the row: itself, or in its answer. A DHCP server's own check does not."""
    stopped = flow["verdict"] == Verdict.WAIVED and flow["reason"] in BLOCKED_BY.values()
    probe = "probe" in saved.seen.get(str(flow["flow"]), {})
    covered = (flow["verdict"] in COVERED or stopped) and not probe
    return covered and (flow["rule"] == rule.id or (flow["rule"] in carried_by and int(flow["resp_pkts"]) > 0))


def involves_machine(flow: Mapping[str, Any], machine: str, saved: SavedContext) -> bool:
    """Whether a machine is one of the flow's ends, its sender by MAC, or one that its messages name."""
    if machine in saved.named.get(str(flow["flow"]), ()):
        return True
    if machine in (find_host_value(saved.machines, flow, "orig"), find_host_value(saved.machines, flow, "resp")):
        return True
    macs = (flow["orig_mac"], flow["resp_mac"])
    named = (saved.site.machine(NO_ADDRESS, str(mac)) for mac in macs if mac)
    return any(found.name == machine for found in named if found)


def explain_row_with(
    rule: Rule, saved: SavedContext, lines: list[dict[str, Any]], flows: list[dict[str, Any]], machine: str
) -> RowExplanation:
    """The explanation of a row. ``lines``: of rows.csv; ``flows``: those that exercised it; ``machine``: the one that
    was asked for, or nothing."""
    own = [flow for flow in flows if involves_machine(flow, machine, saved)] if machine else flows
    counted = sum(int(line["flows"]) for line in lines)
    of_all = bool(machine) and len(own) < counted
    notes = saved.rules.footnotes
    statuses = dict.fromkeys(Status(line["status"]) for line in lines)
    return RowExplanation(
        rule=rule,
        citation=saved.rules.citation(rule),
        fields=tuple((field.name, field.row_text(rule, saved.site)) for field in FIELDS),
        footnotes=tuple(f"*{number}: {notes[number].text}" for number in rule.footnotes if number in notes),
        lines=lines,
        flows=flows if of_all else own,
        of_all=of_all,
        wanted=wanted_flow(rule, saved.site),
        satisfies=tuple((status, message(SATISFIES[status])) for status in statuses),
    )


def wanted_flow(rule: Rule, site: Site) -> Message:
    """The flow that a row asks for."""
    if rule.wire == "never":
        return message("wanted-never-on-wire")
    stated = {field.name: field.row_text(rule, site) for field in FIELDS}
    at, service = (
        message("wanted-nothing") if stated[name] == ANY else message("wanted-part", part=stated[name])
        for name in ("client-port", "service")
    )
    return message(
        "wanted-flow",
        protocol=rule.protocol,
        orig=roles_text(rule.originator.roles),
        at=at,
        resp=roles_text(rule.responder.roles),
        service=service,
        cast=stated["addressing"],
        reply=message("wanted-reply" if rule.reply else "wanted-nothing"),
    )
