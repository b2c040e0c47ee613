"""Rows against flows, field by field. Pure columns: one value a flow, HOLDS, FAILS or UNKNOWN.

Within a field any value of the row will do; across fields all must hold; a field that a row does not state always
holds. ``REASONS`` is the one place that turns failing fields into the word of a verdict.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths
from analyzer.compliance.identity.roles import CAST_NUMBER, role_mask
from analyzer.compliance.matching.facts import Facts
from analyzer.rules import Rule, RuleTable
from analyzer.site import Site
from analyzer.values import Cast, Reason

FAILS, HOLDS, UNKNOWN = 0, 1, -1
States = NDArray[np.int8]

FIELDS = (
    "protocol", "service", "on-the-wire", "originator-role", "responder-role", "direction", "client-port", "addressing",
    "application",
)  # fmt: skip
"""In the order of their weight: what a flow is about, then who, then how."""

DECISIVE = tuple(name for name in FIELDS if name != "application")
"""Fields that leave a verdict open where they are not known; what nobody looked into does not."""

REASONS: tuple[tuple[str, Reason], ...] = (
    ("on-the-wire", Reason.INTERNAL_ONLY),
    ("direction", Reason.DIRECTION),
    ("originator-role", Reason.ROLE),
    ("responder-role", Reason.ROLE),
    ("client-port", Reason.CLIENT_PORT),
    ("addressing", Reason.BROADCAST_ADDRESS),
    ("application", Reason.PROTOCOL),
)
"""The first of these fields that fails in the nearest row gives the reason; where no row speaks of the service:
no-row."""

TRANSPORTS = (net.TCP, net.UDP)

Fields = dict[str, States]


@dataclass(frozen=True)
class Matched:
    """``covering``: the row that covers the flow, -1 for none. ``nearest``: the row that speaks of its service and
    fails in the fewest fields, -1 where none does. ``reason``: number in Reason's order, of the nearest row.
    ``uncertain``: the covering row holds only as far as is known. ``on_table``: the service is a fixed port of the
    table."""

    covering: NDArray[np.int64]
    nearest: NDArray[np.int64]
    reason: NDArray[np.int64]
    uncertain: Truths
    on_table: Truths


def row_fields(rule: Rule, facts: Facts, site: Site) -> Fields:
    """Every field of one row against every flow."""
    orig_needed, resp_needed = role_mask(rule.originator.roles), role_mask(rule.responder.roles)
    orig_ok = (facts.orig_roles & orig_needed) != 0
    resp_ok = (facts.resp_roles & resp_needed) != 0
    relayed = facts.orig_relay & (facts.orig_p == rule.relayed_from) if rule.relayed_from is not None else None
    if relayed is not None:
        orig_ok = orig_ok | relayed
    # A row that speaks to everybody names no single responder: one host is wrong as an address there, not as a role.
    everybody = (facts.cast != CAST_NUMBER[Cast.UNICAST]) | (Cast.UNICAST not in rule.casts)
    backwards = ((facts.orig_roles & resp_needed) != 0) & ((facts.resp_roles & orig_needed) != 0) & ~everybody
    both = orig_ok & (resp_ok | everybody)
    fields: Fields = {
        "protocol": holds(facts.proto == net.PROTOCOL_NUMBERS[rule.protocol]),
        "service": holds(service(rule, facts, site)),
        "on-the-wire": holds(on_the_wire(rule, facts, orig_needed)),
        "originator-role": holds(orig_ok),
        "responder-role": holds(resp_ok | everybody),
        "direction": holds(~(backwards & ~both)),
        "client-port": holds(client_port(rule, facts, relayed)),
        "addressing": addressing(rule, facts),
        "application": application(rule, facts),
    }
    return fields


def holds(truth: Truths) -> States:
    return truth.astype(np.int8)


def service(rule: Rule, facts: Facts, site: Site) -> Truths:
    """Whether the row speaks of this service: its port, its ICMP type, or, for a row without either, its addressing."""
    if rule.icmp_type is not None:
        return np.equal(facts.orig_p, rule.icmp_type)
    port = responder_port(rule, site)
    if port is not None:
        return np.equal(facts.resp_p, port)
    if rule.originator.port is not None:
        return np.equal(facts.orig_p, rule.originator.port)
    if Cast.MULTICAST in rule.casts:
        multicast: Truths = facts.cast == CAST_NUMBER[Cast.MULTICAST]
        return multicast & ~facts.other_group & ~facts.link_group
    return np.ones(len(facts), dtype=bool)


def responder_port(rule: Rule, site: Site) -> int | None:
    """The row's fixed port on the responder, as the profile sets it (footnote *10)."""
    if rule.responder.port_setting is not None:
        return site.setting(rule.responder.port_setting)
    return rule.responder.port


def on_the_wire(rule: Rule, facts: Facts, inside: int) -> Truths:
    """A row that exists inside one machine holds only between two ends that both are that machine."""
    if rule.wire == "always":
        return np.ones(len(facts), dtype=bool)
    from_outside: Truths = ((facts.resp_roles & inside) != 0) & ((facts.orig_roles & inside) == 0)
    return ~from_outside


def client_port(rule: Rule, facts: Facts, relayed: Truths | None) -> Truths:
    if rule.originator.port is None:
        return np.ones(len(facts), dtype=bool)
    fits: Truths = facts.orig_p == rule.originator.port
    return fits if relayed is None else fits | relayed


def addressing(rule: Rule, facts: Facts) -> States:
    """The row's casts and, for ``by-segment``, footnote *3: the server's segment by 255.255.255.255, others by their
    own broadcast address - that of the machine which the magic packet names, where that is known. Without segments
    in the profile a directed broadcast of the right one cannot be told."""
    fits = np.isin(facts.cast, [CAST_NUMBER[cast] for cast in rule.casts])
    if rule.addressing != "by-segment":
        return holds(fits)
    directed = facts.cast == CAST_NUMBER[Cast.DIRECTED_BROADCAST]
    woken, aimed = facts.woken_segment, facts.broadcast_segment
    by_server = np.isin(woken, facts.server_segments) | (woken < 0)
    by_other = (aimed >= 0) & ~np.isin(aimed, facts.server_segments) & ((woken == aimed) | (woken < 0))
    state = holds(fits & np.where(directed, by_other, by_server))
    unnamed = directed & (aimed < 0) | (facts.cast == CAST_NUMBER[Cast.UNICAST]) & facts.maybe_broadcast
    state[unnamed & (woken < 0)] = UNKNOWN
    return state


def application(rule: Rule, facts: Facts) -> States:
    """What dissection recognised against the row's application: nothing recognised says nothing. DPM's own protocols
    are not known to any dissector, so on a row without a named application anything recognised is something else."""
    state = np.full(len(facts), UNKNOWN if rule.application else HOLDS, dtype=np.int8)
    state[facts.recognised] = facts.application[facts.recognised] == (rule.application or "")
    return state


def match(rules: RuleTable, facts: Facts, site: Site) -> Matched:
    """Every row against every flow."""
    count = len(facts)
    covering = np.full(count, -1, dtype=np.int64)
    nearest = np.full(count, -1, dtype=np.int64)
    fewest = np.full(count, len(FIELDS) + 1, dtype=np.int64)
    reason = np.full(count, list(Reason).index(Reason.NO_ROW), dtype=np.int64)
    uncertain = np.zeros(count, dtype=bool)
    on_table = np.zeros(count, dtype=bool)
    for number, rule in enumerate(rules.rules):
        fields = row_fields(rule, facts, site)
        speaks = (fields["protocol"] == HOLDS) & (fields["service"] == HOLDS)
        port = responder_port(rule, site)
        if port is not None:
            on_table |= speaks
        failing = sum((fields[name] == FAILS).astype(np.int64) for name in FIELDS)
        unknown = np.any([fields[name] == UNKNOWN for name in DECISIVE], axis=0)
        covers = (failing == 0) & speaks & ((covering < 0) | (uncertain & ~unknown))
        covering[covers] = number
        uncertain[covers] = unknown[covers]
        nearer = speaks & (failing < fewest)
        fewest[nearer] = failing[nearer]
        nearest[nearer] = number
        for name, word in reversed(REASONS):
            reason[nearer & (fields[name] == FAILS)] = list(Reason).index(word)
        # Another transport on a port that the row fixes, between the very ends that it names.
        if port is not None:
            crossed = (nearest < 0) & (failing == 1) & (fields["protocol"] == FAILS) & np.isin(facts.proto, TRANSPORTS)
            nearest[crossed], reason[crossed] = number, list(Reason).index(Reason.PROTOCOL)
    return Matched(covering, nearest, reason, uncertain, on_table)
