"""Why one flow has its verdict: every row of the table against it, field by field. And what became of one row.

All of it from what a report saves: nothing here needs the captures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.identity.hosts import find_host_facts, inside_one_host, segment_numbers, server_segments
from analyzer.compliance.identity.roles import CAST_NUMBER, CASTS, role_mask, roles_in
from analyzer.compliance.matching.facts import Facts
from analyzer.compliance.matching.match import FAILS, FIELDS, HOLDS, responder_port, row_fields
from analyzer.compliance.verdict.decision import BLOCKED_BY
from analyzer.flows.hosts import Hosts
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.rules import Rule, RuleTable
from analyzer.site import Site
from analyzer.values import Cast, Role, Status, Verdict

WORDS = {HOLDS: "holds", FAILS: "fails"}
COVERED = (Verdict.EXPECTED, Verdict.BLOCKED, Verdict.UNDETERMINED)

SATISFIES = {
    Status.SATISFIED: "It is satisfied; nothing more is needed.",
    Status.BLOCKED: "It was tried: what stopped the flows listed has to let them through.",
    Status.MISSING: "Such a flow has to be in the captures.",
    Status.NOT_EXERCISED: "Nothing asks for it; such a flow would satisfy it.",
    Status.NOT_OBSERVABLE: (
        "A capture has to be taken where such a flow and its answer pass (at one of the two ends, or at a mirror port "
        "that shows their traffic), and has to last until the answer can have come."
    ),
    Status.NOT_APPLICABLE: "Nothing has to: it does not concern this site.",
}
"""What a row of that status still needs."""


@dataclass(frozen=True)
class RowComparison:
    """One row against the flow. ``fields``: (name, holds | fails | not known, what the row wants, what the flow
    has)."""

    rule: Rule
    citation: str
    fields: tuple[tuple[str, str, str, str], ...]

    @property
    def failing(self) -> int:
        return sum(state == WORDS[FAILS] for _, state, _, _ in self.fields)

    @property
    def distance(self) -> tuple[int, bool, list[int]]:
        """How far the row is from the flow: the fewer fields fail, and the lighter they weigh, the nearer."""
        weights = [-FIELDS.index(name) for name, state, _, _ in self.fields if state == WORDS[FAILS]]
        return self.failing, not self.speaks, weights

    @property
    def speaks(self) -> bool:
        """Whether the row is about this flow's service at all."""
        return all(state == WORDS[HOLDS] for name, state, _, _ in self.fields if name in ("protocol", "service"))


@dataclass(frozen=True)
class FlowExplanation:
    """A flow (a line of the report's flow table) with every row against what it is judged as: ``judged`` is the flow
    itself, or the request that it answers. ``read``: what was read inside it."""

    flow: dict[str, Any]
    judged: dict[str, Any]
    rows: list[RowComparison]
    read: Mapping[str, str]


@dataclass(frozen=True)
class RowExplanation:
    """A row of the table: what it states, its lines of rows.csv, the flows that exercised it, and for every status
    among the lines what would satisfy it. ``of_all``: one machine was asked for, its flows name it inside their
    messages only, and ``flows`` are those of all machines."""

    rule: Rule
    citation: str
    fields: tuple[tuple[str, str], ...]
    footnotes: tuple[str, ...]
    lines: list[dict[str, Any]]
    flows: list[dict[str, Any]]
    of_all: bool
    wanted: str
    satisfies: tuple[str, ...]


@dataclass(frozen=True)
class SavedContext:
    """What a report saves beside its tables. ``roles`` and ``machines``: of every host that has any, by (address, MAC);
    the MAC is empty if one host alone has the address. ``seen``: flow -> what was read beyond its headers;
    ``named``: flow -> machines that its messages name."""

    rules: RuleTable
    site: Site
    roles: Mapping[tuple[str, str], tuple[str, ...]]
    machines: Mapping[tuple[str, str], str]
    seen: Mapping[str, Mapping[str, str]]
    named: Mapping[str, tuple[str, ...]]


def compare_rows(flow: Mapping[str, Any], saved: SavedContext) -> list[RowComparison]:
    """Every row, those that come nearest first. ``flow``: one line of the report's flow table."""
    facts = facts_of(flow, saved)
    considered = [compare_row(rule, facts, saved) for rule in saved.rules.rules]
    return sorted(considered, key=lambda row: (not row.speaks, row.failing))


def compare_row(rule: Rule, facts: Facts, saved: SavedContext) -> RowComparison:
    """One row against the one flow of ``facts``, field by field."""
    states = row_fields(rule, facts, saved.site)
    fields = tuple(
        (name, WORDS.get(int(state[0]), "not known"), wanted(name, rule, saved.site), had(name, facts))
        for name, state in states.items()
    )
    return RowComparison(rule, saved.rules.citation(rule), fields)


def facts_of(flow: Mapping[str, Any], saved: SavedContext) -> Facts:
    """The facts of a flow that a report tells of."""
    site = saved.site
    ends = [(str(flow["orig_h"]), str(flow["orig_mac"])), (str(flow["resp_h"]), str(flow["resp_mac"]))]
    known = find_host_facts(ends, site)
    orig_roles, resp_roles = (roles_of(flow, side, saved) for side in ("orig", "resp"))
    woken_in = saved.seen.get(str(flow["flow"]), {}).get("wakes_in", "")
    name = str(flow["proto"])

    def one(value: int) -> NDArray[np.int64]:
        return np.array([value], dtype=np.int64)

    return Facts(
        proto=one(net.PROTOCOL_NUMBERS.get(name) or int(name)),
        orig_p=one(max(int(flow["orig_p"]), 0)),
        resp_p=one(max(int(flow["resp_p"]), 0)),
        orig_roles=one(orig_roles),
        resp_roles=one(resp_roles),
        orig_relay=known.relay[:1],
        cast=one(CAST_NUMBER[Cast(str(flow["cast"]))]),
        broadcast_segment=known.broadcast_segment[1:],
        woken_segment=one(segment_numbers(site).get(woken_in, -1)),
        other_group=known.other_group[1:],
        link_group=known.link_group[1:],
        maybe_broadcast=known.maybe_broadcast[1:] & ~known.in_segment[1:] & np.array([int(flow["resp_pkts"]) == 0]),
        inside=inside_one_host(Hosts(tuple(ends), one(0), one(1))),
        application=np.array([str(flow["application"])], dtype=object),
        server_segments=server_segments(site),
    )


def roles_of(flow: Mapping[str, Any], side: str, saved: SavedContext) -> int:
    """The roles that the flow was judged by, as a mask: those of the host in the report - or the flow's own, where who
    held the address then was somebody else."""
    own, host = Role(str(flow[f"{side}_role"])), find_host_value(saved.roles, flow, side) or (Role.OTHER.value,)
    return role_mask([Role(word) for word in host] if own.value in host else [own])


def find_host_value(stated: Mapping[tuple[str, str], Any], flow: Mapping[str, Any], side: str) -> Any:
    """What is stated for one end of a flow; None if nothing is. ``stated``: by (address, MAC), as in SavedContext."""
    address, mac = str(flow[f"{side}_h"]), str(flow[f"{side}_mac"])
    return stated.get((address, mac), stated.get((address, "")))


def wanted(name: str, rule: Rule, site: Site) -> str:
    """What a row states for a field."""
    port = responder_port(rule, site)
    stated = {
        "protocol": rule.protocol,
        "service": service_wanted(rule, port),
        "on-the-wire": "inside one machine only" if rule.wire == "never" else "between machines",
        "originator-role": " or ".join(role.value for role in rule.originator.roles),
        "responder-role": " or ".join(role.value for role in rule.responder.roles),
        "direction": f"printed {rule.printed}",
        "client-port": "any" if rule.originator.port is None else f"port {rule.originator.port}",
        "addressing": " or ".join(cast.value for cast in rule.casts) + (" (footnote *3)" if rule.addressing else ""),
        "application": rule.application or "none that is known by name",
    }
    return stated[name]


def service_wanted(rule: Rule, port: int | None) -> str:
    """What tells a row's service: its ICMP type, its fixed port on the responder, or on the originator."""
    if rule.icmp_type is not None:
        return f"type {rule.icmp_type}"
    if port is not None:
        return f"port {port}"
    return "any" if rule.originator.port is None else f"from port {rule.originator.port}"


def had(name: str, facts: Facts) -> str:
    """What the flow has in a field."""
    orig, resp = (
        " or ".join(role.value for role in roles_in(int(mask[0]))) for mask in (facts.orig_roles, facts.resp_roles)
    )
    number = int(facts.proto[0])
    icmp = number in (net.ICMP, net.ICMP6)
    stated: dict[str, str] = {
        "protocol": net.protocol_name(number),
        "service": f"type {facts.orig_p[0]}" if icmp else f"port {facts.resp_p[0]}",
        "on-the-wire": "between machines",
        "originator-role": orig,
        "responder-role": resp,
        "direction": f"{orig} to {resp}",
        "client-port": "none" if icmp else f"port {facts.orig_p[0]}",
        "addressing": CASTS[facts.cast[0]].value,
        "application": str(facts.application[0]) or "nothing recognised",
    }
    return stated[name]


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


def describe(
    rule: Rule, saved: SavedContext, lines: list[dict[str, Any]], flows: list[dict[str, Any]], machine: str
) -> RowExplanation:
    """A row with what was made of it. ``lines``: of rows.csv; ``flows``: those that exercised it; ``machine``: the
    one that was asked for, or nothing."""
    own = [flow for flow in flows if involves_machine(flow, machine, saved)] if machine else flows
    counted = sum(int(line["flows"]) for line in lines)
    of_all = bool(machine) and len(own) < counted
    notes = saved.rules.footnotes
    statuses = dict.fromkeys(str(line["status"]) for line in lines)
    fields = tuple((name, wanted(name, rule, saved.site)) for name in FIELDS)
    return RowExplanation(
        rule=rule,
        citation=saved.rules.citation(rule),
        fields=fields,
        footnotes=tuple(f"*{number}: {notes[number].text}" for number in rule.footnotes if number in notes),
        lines=lines,
        flows=flows if of_all else own,
        of_all=of_all,
        wanted=wanted_flow(dict(fields), rule),
        satisfies=tuple(f"{status}: {SATISFIES[Status(status)]}" for status in statuses),
    )


def wanted_flow(stated: Mapping[str, str], rule: Rule) -> str:
    """The flow that a row asks for, in a sentence. ``stated``: what it states for every field."""
    if rule.wire == "never":
        return "Nothing on the wire: the row exists inside one machine only."
    at, service = ("" if stated[name] == "any" else f", {stated[name]}," for name in ("client-port", "service"))
    ends = f"from {stated['originator-role']}{at} to {stated['responder-role']}{service}"
    answer = ", and it has to be answered" if rule.reply else ""
    return f"A {rule.protocol} flow {ends} sent by {stated['addressing']}{answer}."
