"""Why one flow has its verdict: every row of the table against it, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer import net
from analyzer.compliance.facts import (
    CAST_NUMBER,
    CASTS,
    Facts,
    HostFacts,
    host_facts,
    roles_in,
    segment_of_machine,
    server_segments,
)  # fmt: skip
from analyzer.compliance.match import FAILS, HOLDS, responder_port, row_fields
from analyzer.rules import Rule, RuleTable
from analyzer.site import Site
from analyzer.values import Cast

WORDS = {HOLDS: "holds", FAILS: "fails"}


@dataclass(frozen=True)
class RowConsidered:
    """One row against the flow. ``fields``: (name, holds | fails | not known, what the row wants, what the flow
    has)."""

    rule: Rule
    citation: str
    fields: tuple[tuple[str, str, str, str], ...]

    @property
    def failing(self) -> int:
        return sum(state == WORDS[FAILS] for _, state, _, _ in self.fields)

    @property
    def speaks(self) -> bool:
        """Whether the row is about this flow's service at all."""
        return all(state == WORDS[HOLDS] for name, state, _, _ in self.fields if name in ("protocol", "service"))


def explain(flow: Mapping[str, Any], rules: RuleTable, site: Site, wakes: str = "") -> list[RowConsidered]:
    """Every row, those that come nearest first. ``flow``: one line of the report's flow table; ``wakes``: the MAC that
    its magic packet names."""
    facts = facts_of(flow, site, wakes)
    considered = []
    for rule in rules.rules:
        states = row_fields(rule, facts, site)
        fields = tuple(
            (name, WORDS.get(int(state[0]), "not known"), wanted(name, rule, site), had(name, facts))
            for name, state in states.items()
        )
        considered.append(RowConsidered(rule, rules.citation(rule), fields))
    return sorted(considered, key=lambda row: (not row.speaks, row.failing))


def facts_of(flow: Mapping[str, Any], site: Site, wakes: str) -> Facts:
    """The facts of a flow that a report tells of."""
    ends = [(str(flow["orig_h"]), str(flow["orig_mac"])), (str(flow["resp_h"]), str(flow["resp_mac"]))]
    known: HostFacts = host_facts(ends, site)
    cast = CAST_NUMBER[Cast(str(flow["cast"]))]
    name = str(flow["proto"])

    def one(value: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        return np.array([value], dtype=np.int64)

    return Facts(
        proto=one(net.PROTOCOL_NUMBERS.get(name) or int(name)),
        orig_p=one(max(int(flow["orig_p"]), 0)),
        resp_p=one(max(int(flow["resp_p"]), 0)),
        orig_roles=known.roles[:1],
        resp_roles=known.roles[1:],
        orig_relay=known.relay[:1],
        cast=one(cast),
        broadcast_segment=known.segment[1:],
        woken_segment=one(segment_of_machine(wakes, site) if wakes else -1),
        other_group=known.group[1:],
        link_group=known.link[1:],
        maybe_broadcast=known.maybe_broadcast[1:] & ~known.placed[1:],
        server_segments=server_segments(site),
    )


def wanted(name: str, rule: Rule, site: Site) -> str:
    """What a row states for a field."""
    port = responder_port(rule, site)
    return {
        "protocol": rule.protocol,
        "service": f"type {rule.icmp_type}"
        if rule.icmp_type is not None
        else "any"
        if port is None
        else f"port {port}",
        "on-the-wire": "inside one machine only" if rule.wire == "never" else "between machines",
        "originator-role": " or ".join(role.value for role in rule.originator.roles),
        "responder-role": " or ".join(role.value for role in rule.responder.roles),
        "direction": f"printed {rule.printed}",
        "client-port": "any" if rule.originator.port is None else f"port {rule.originator.port}",
        "addressing": " or ".join(cast.value for cast in rule.casts) + (" (footnote *3)" if rule.addressing else ""),
    }[name]


def had(name: str, facts: Facts) -> str:
    """What the flow has in a field."""
    orig, resp = (
        " or ".join(role.value for role in roles_in(int(mask[0]))) for mask in (facts.orig_roles, facts.resp_roles)
    )
    number = int(facts.proto[0])
    icmp = number in (net.ICMP, net.ICMP6)
    told: dict[str, str] = {
        "protocol": net.protocol_name(number),
        "service": f"type {facts.orig_p[0]}" if icmp else f"port {facts.resp_p[0]}",
        "on-the-wire": "between machines",
        "originator-role": orig,
        "responder-role": resp,
        "direction": f"{orig} to {resp}",
        "client-port": "none" if icmp else f"port {facts.orig_p[0]}",
        "addressing": CASTS[facts.cast[0]].value,
    }
    return told[name]
