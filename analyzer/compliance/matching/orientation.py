"""Which end opened a flow, if the headers do not show it."""

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
    """Reverse flows whose first sender cannot be the originator.

    These are flows from a segment's broadcast address, which only the profile knows, and connections without a
    handshake for which rows exist only in the other direction: the first packet in a capture does not show which end
    opened a connection before the capture began.
    """
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
    """Whether rows exist for unicast flows only if the other side opened them; one value a flow."""
    forward, backward = match(rules, facts, site), match(rules, facts.reversed_(), site)
    return np.asarray(
        (backward.covering >= 0) & (forward.covering < 0) | (backward.nearest >= 0) & (forward.nearest < 0)
    )
