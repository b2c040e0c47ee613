"""Which end opened a flow, where the headers alone do not show it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.identity.hosts import find_host_facts
from analyzer.compliance.identity.roles import CAST_NUMBER
from analyzer.compliance.matching.facts import Facts, flow_facts
from analyzer.compliance.matching.match import match
from analyzer.flows.evidence import Evidence
from analyzer.flows.hosts import Hosts
from analyzer.flows.reversal import reverse_flows
from analyzer.flows.table import DIRECTION_BASES
from analyzer.rules import RuleTable
from analyzer.site import Site
from analyzer.values import Basis, Cast

FIRST_PACKET = DIRECTION_BASES.index(Basis.FIRST_PACKET)


def orient(evidence: Evidence, rules: RuleTable, site: Site) -> Evidence:
    """Turn flows round that cannot have been opened by who spoke first: from a segment's broadcast address, which the
    profile alone knows; and connections without a handshake where only so a row speaks of them, since who spoke first
    in the capture says little about who opened a connection before it began."""
    table = evidence.table
    hosts = table.hosts
    host_facts = find_host_facts(hosts.names, site)
    to_many = host_facts.cast != CAST_NUMBER[Cast.UNICAST]
    lines = np.flatnonzero(to_many[hosts.orig] & ~to_many[hosts.resp])
    doubtful = np.flatnonzero((table.proto == net.TCP) & (table.direction_basis == FIRST_PACKET))
    some = table.select(doubtful)
    ends = Hosts(hosts.names, hosts.orig[doubtful], hosts.resp[doubtful])
    better = doubtful[only_backwards(flow_facts(some, ends, host_facts, site), rules, site)]
    lines = np.union1d(lines, better)
    if not len(lines):
        return evidence
    return replace(evidence, table=reverse_flows(table, lines, by_rule=better))


def only_backwards(facts: Facts, rules: RuleTable, site: Site) -> NDArray[np.bool_]:
    """Whether rows speak of unicast flows only as though the other side had opened them."""
    forward, backward = match(rules, facts, site), match(rules, reverse(facts), site)
    return np.asarray(
        (backward.covering >= 0) & (forward.covering < 0) | (backward.nearest >= 0) & (forward.nearest < 0)
    )


def reverse(facts: Facts) -> Facts:
    """The facts of unicast flows as though the other side had opened them."""
    return replace(
        facts,
        orig_p=facts.resp_p,
        resp_p=facts.orig_p,
        orig_roles=facts.resp_roles,
        resp_roles=facts.orig_roles,
        orig_relay=np.zeros(len(facts), dtype=bool),
    )
