"""Which end opened a flow, if the headers do not show it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths
from analyzer.compliance.exchanges.pairing import FIRST_FREE_PORT
from analyzer.compliance.identity.hosts import find_host_facts
from analyzer.compliance.identity.roles import CAST_NUMBER
from analyzer.compliance.matching.facts import Facts, flow_facts
from analyzer.compliance.matching.match import match, responder_port
from analyzer.flows.evidence import Evidence
from analyzer.flows.hosts import Hosts
from analyzer.flows.reversal import reverse_flows
from analyzer.flows.table import DIRECTION_BASES, FlowTable
from analyzer.rules import RuleTable
from analyzer.site import Site
from analyzer.values import Basis, Cast

DNS, NTP = 53, 123
NTP_ANSWERS = (2, 4)
"""Modes of RFC 5905: symmetric passive, server."""

FIRST_PACKET = DIRECTION_BASES.index(Basis.FIRST_PACKET)


def orient(evidence: Evidence, rules: RuleTable, site: Site) -> Evidence:
    """Reverse flows whose first sender cannot be the originator.

    These are flows from a segment's broadcast address, which only the profile knows, and flows of which only the first
    captured packet shows a direction: it does not show which end opened a flow before the capture began. Of connections
    those are reversed for which rows exist only in the other direction; of all flows those from the port of a service
    to a port of none.
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
    by_service = np.setdiff1d(np.flatnonzero(answers_first(table, rules, site) & ~to_many[hosts.resp]), better)
    lines = np.union1d(lines, np.union1d(better, by_service))
    if not len(lines):
        return evidence
    return replace(evidence, table=reverse_flows(table, lines, by_rule=better, by_service=by_service))


def answers_first(table: FlowTable, rules: RuleTable, site: Site) -> Truths:
    """Flows whose first captured packet came from the port of a well-known service, or from a fixed port of the table,
    to a free port of none. DNS and NTP say in their first octets whether a message is an answer, also where both ports
    are the service's."""
    found = np.zeros(len(table), dtype=bool)
    for proto in (net.TCP, net.UDP):
        ports = service_ports(net.protocol_name(proto), rules, site)
        found |= (
            (table.proto == proto)
            & np.isin(table.orig_p, ports)
            & ~np.isin(table.resp_p, ports)
            & (table.resp_p >= FIRST_FREE_PORT)
        )
    head = table.orig.first_payload
    for port, answer_bits in ((DNS, head >> 15 & 1), (NTP, np.isin(head >> 24 & 7, NTP_ANSWERS))):
        read = (table.proto == net.UDP) & (table.orig_p == port) & (head >= 0)
        is_answer = np.asarray(answer_bits, dtype=bool)
        found &= ~(read & ~is_answer)
        found |= read & is_answer & (table.resp_p == port)
    return np.asarray(found & (table.direction_basis == FIRST_PACKET))


def service_ports(proto: str, rules: RuleTable, site: Site) -> list[int]:
    """The ports of services over a protocol: well-known ones and those that the table fixes for a responder."""
    known = {port for name, port in net.SERVICES.keys() - net.RECEIVERS if name == proto}
    fixed = {responder_port(rule, site) for rule in rules.rules if rule.protocol == proto}
    return sorted(known | {port for port in fixed if port is not None})


def only_backwards(facts: Facts, rules: RuleTable, site: Site) -> NDArray[np.bool_]:
    """Whether rows exist for unicast flows only if the other side opened them; one value a flow."""
    forward, backward = match(rules, facts, site), match(rules, facts.reversed_(), site)
    return np.asarray(
        (backward.covering >= 0) & (forward.covering < 0) | (backward.nearest >= 0) & (forward.nearest < 0)
    )
