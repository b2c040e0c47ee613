"""Judging a flow table: the stages in order, each a pure function of columns."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance import dhcp6
from analyzer.compliance.dhcp import read_messages
from analyzer.compliance.facts import (
    CAST_NUMBER,
    ROLE_BIT,
    Carried,
    Facts,
    HostFacts,
    Words,
    flow_facts,
    host_facts,
    role_mask,
    woken_targets,
)
from analyzer.compliance.magic import Magic, read_magics
from analyzer.compliance.match import Matched, match
from analyzer.compliance.observed import Observed
from analyzer.compliance.outcome import outcomes
from analyzer.compliance.relations import DATA, Answerers, Relations, relate
from analyzer.compliance.vantage import Scene, View, answers_lost, views, why_unseen
from analyzer.compliance.verdicts import VERDICTS, Doubts, Verdicts, decide
from analyzer.compliance.waivers import Waived, waive
from analyzer.compliance.who import Who, holders_of, who_is_who
from analyzer.flows import record as r
from analyzer.flows.evidence import Evidence
from analyzer.flows.table import FlowTable, Hosts, Mark, hosts_of, turned, turned_sides
from analyzer.rules import RuleTable
from analyzer.site import Machine, Site
from analyzer.values import Cast, Role, Verdict

DHCP_ANSWERERS = ROLE_BIT[Role.DHCP_SERVER] | ROLE_BIT[Role.DPM_SERVER]
RESETS = 1 << r.LETTERS.index("R") | 1 << r.LETTERS.index("I")
WAIVABLE = (Verdict.UNEXPECTED, Verdict.BLOCKED)
RULE_BASIS = 4
"""The direction basis that only judging gives: behind record's four."""


@dataclass(frozen=True)
class Judgement:
    """The judged table with everything that its sentences are made of. ``magics``: every magic packet, and what began
    as one; ``woken``: flow -> the MAC that it wakes."""

    evidence: Evidence
    rules: RuleTable
    site: Site
    hosts: Hosts
    known: HostFacts
    who: Who
    seen: Observed
    magics: tuple[tuple[Mark, Magic], ...]
    woken: dict[int, str]
    facts: Facts
    relations: Relations
    matched: Matched
    outcome: NDArray[np.int64]
    verdicts: Verdicts
    waived: Waived
    views: tuple[View, ...]
    unseen: Words

    def machine_at(self, address: str) -> Machine | None:
        """The machine of the profile at an address, as far as the captures show whose it is."""
        return self.site.machine(address, self.known.holders.get(address, ""))

    def roles_at(self, address: str) -> frozenset[Role]:
        """The roles of a host."""
        return self.site.roles(address, self.known.holders.get(address, ""))

    @cached_property
    def boots6(self) -> tuple[Mark, ...]:
        """The DHCPv6 messages of network boots."""
        asks = (self.facts.proto == net.UDP) & np.isin(self.facts.resp_p, sorted(dhcp6.PORTS))
        return tuple(mark for mark in self.table.marks if asks[mark.flow] and dhcp6.is_boot(mark.data))

    @property
    def table(self) -> FlowTable:
        return self.evidence.table


def judge(evidence: Evidence, rules: RuleTable, site: Site, seen: Observed | None = None) -> Judgement:
    """Judge every flow of the evidence against the table, as the profile resolves it; ``seen``: what dissection saw."""
    seen = seen or Observed()
    evidence = orient(evidence, rules, site)
    table = evidence.table
    hosts = hosts_of(table)
    messages = read_messages(table)
    holders = holders_of(table, hosts, site, messages)
    known = host_facts(hosts.names, site, holders)
    magics = read_magics(table)
    woken = woken_targets(magics, hosts, known, site)
    facts = flow_facts(table, hosts, known, site, Carried(woken, seen.applications))
    who = who_is_who(table, hosts, known, site, messages)
    facts = replace(facts, orig_roles=who.orig_roles, resp_roles=who.resp_roles)
    answers = known.roles & DHCP_ANSWERERS != 0
    boots_only = answers & (known.roles & ROLE_BIT[Role.DHCP_SERVER] == 0) & (site.dhcp_on_server is False)
    relations = relate(table, hosts, messages, Answerers(answers | known.relay, boots_only), starts_of(evidence))
    matched = follow_requests(match(rules, facts, site), relations, rules)
    matched = allow_under_way(matched, relations, rules, facts, table)
    never = np.array([*(rule.wire == "never" for rule in rules.rules), False], dtype=bool)
    scene = Scene(evidence, hosts, known, facts)
    looks = views(scene)
    outcome = outcomes(table, facts, relations, wants_answer(matched, rules), answers_lost(scene, looks))
    unseen = why_unseen(scene, looks, messages)
    blind = np.asarray(unseen != "", dtype=bool)
    verdicts = decide(
        facts,
        matched,
        outcome,
        Doubts(blind, relations.probe, lone_resets(table), facts.inside & never[matched.nearest]),
    )
    waived = waive_with_requests(waive(table, hosts, known, facts, site), relations)
    verdicts = excuse(verdicts, waived)
    return Judgement(
        evidence=evidence,
        rules=rules,
        site=site,
        hosts=hosts,
        known=known,
        who=who,
        seen=seen,
        magics=magics,
        woken=woken,
        facts=facts,
        relations=relations,
        matched=matched,
        outcome=outcome,
        verdicts=verdicts,
        waived=waived,
        views=looks,
        unseen=unseen,
    )


def orient(evidence: Evidence, rules: RuleTable, site: Site) -> Evidence:
    """Turn flows round that cannot have been opened by who spoke first: from a segment's broadcast address, which the
    profile alone knows; and connections without a handshake where only so a row speaks of them, since who spoke first
    in the capture says little about who opened a connection before it began."""
    table = evidence.table
    hosts = hosts_of(table)
    known = host_facts(hosts.names, site)
    to_many = known.cast != CAST_NUMBER[Cast.UNICAST]
    lines = np.flatnonzero(to_many[hosts.orig] & ~to_many[hosts.resp])
    doubtful = np.flatnonzero((table.column(r.F_PROTO) == net.TCP) & (table.column(r.F_BASIS) == r.BASIS_FIRST))
    some = FlowTable(table.raw[doubtful], table.sides[doubtful])
    ends = Hosts(hosts.names, hosts.orig[doubtful], hosts.resp[doubtful])
    better = doubtful[only_backwards(flow_facts(some, ends, known, site), rules, site)]
    lines = np.union1d(lines, better)
    if not len(lines):
        return evidence
    raw, sides = table.raw.copy(), table.sides.copy()
    raw[lines], sides[lines] = turned(raw[lines]), turned_sides(sides[lines])
    raw[better, r.F_BASIS] = RULE_BASIS
    turn = np.isin(np.arange(len(raw)), lines)
    marks = tuple(mark._replace(from_orig=not mark.from_orig) if turn[mark.flow] else mark for mark in table.marks)
    return replace(evidence, table=replace(table, raw=raw, sides=sides, marks=marks))


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


def follow_requests(matched: Matched, relations: Relations, rules: RuleTable) -> Matched:
    """A transfer is judged as the request that it belongs to, under the row that the table prints for the answer."""
    transfers = np.flatnonzero(relations.request_of >= 0)
    requests = relations.request_of[transfers]
    reply = np.array([reply_row(rules, number) for number in range(len(rules.rules))] or [-1], dtype=np.int64)
    covering, nearest = matched.covering.copy(), matched.nearest.copy()
    reason, uncertain, on_table = matched.reason.copy(), matched.uncertain.copy(), matched.on_table.copy()
    of_request = matched.covering[requests]
    covering[transfers] = np.where(of_request >= 0, reply[of_request], -1)
    for column, source in (
        (nearest, matched.nearest),
        (reason, matched.reason),
        (uncertain, matched.uncertain),
        (on_table, matched.on_table),
    ):
        column[transfers] = source[requests]
    return Matched(covering, nearest, reason, uncertain, on_table)


def starts_of(evidence: Evidence) -> NDArray[np.int64]:
    """When the captures that saw each flow began: the latest of them."""
    starts = np.array([evidence.span(number + 1)[0] for number in range(evidence.table.seen.shape[1])], dtype=np.int64)
    return np.asarray(np.where(evidence.table.seen, starts, -1).max(axis=1, initial=-1))


def allow_under_way(
    matched: Matched, relations: Relations, rules: RuleTable, facts: Facts, table: FlowTable
) -> Matched:
    """What looks like a transfer that was asked for before the capture may be one of the row's: that cannot be told."""
    flows = np.flatnonzero(relations.under_way & (matched.covering < 0))
    if not len(flows):
        return matched
    covering, uncertain = matched.covering.copy(), matched.uncertain.copy()
    by_orig = table.orig(r.S_HEAD)[flows] >> 16 == DATA
    for number, rule in enumerate(rules.rules):
        if rule.transfer and rule.responder.port is not None:
            asked, asker = role_mask(rule.responder.roles), role_mask(rule.originator.roles)
            sends = np.where(by_orig, facts.orig_roles[flows], facts.resp_roles[flows])
            takes = np.where(by_orig, facts.resp_roles[flows], facts.orig_roles[flows])
            fits = flows[(sends & asked != 0) & (takes & asker != 0)]
            covering[fits], uncertain[fits] = reply_row(rules, number), True
    return replace(matched, covering=covering, uncertain=uncertain)


def lone_resets(table: FlowTable) -> NDArray[np.bool_]:
    """Connections of which nothing but RST was seen."""
    letters = table.orig(r.SEEN) | table.resp(r.SEEN)
    return np.asarray((table.column(r.F_PROTO) == net.TCP) & (letters & ~RESETS == 0) & (letters != 0))


def reply_row(rules: RuleTable, number: int) -> int:
    """The row printed for a transfer's answer: the one whose originator has the port that the request went to."""
    asked = rules.rules[number].responder.port
    for other, rule in enumerate(rules.rules):
        if rule.transfer and asked is not None and rule.originator.port == asked:
            return other
    return number


def wants_answer(matched: Matched, rules: RuleTable) -> NDArray[np.bool_]:
    """Whether the row that speaks of a flow expects it to be answered."""
    replies = np.array([*(rule.reply for rule in rules.rules), False], dtype=bool)
    return np.asarray(replies[np.where(matched.covering >= 0, matched.covering, matched.nearest)])


def waive_with_requests(waived: Waived, relations: Relations) -> Waived:
    """Who waives a request waives the transfer that answers it."""
    request = relations.request_of
    by, lapsed = (np.where((own < 0) & (request >= 0), own[request], own) for own in (waived.by, waived.lapsed))
    return Waived(by, np.where(by >= 0, -1, lapsed))


def excuse(verdicts: Verdicts, waived: Waived) -> Verdicts:
    """Waivers in force turn findings into waived ones; reason and row stay."""
    findings = np.isin(verdicts.verdict, [VERDICTS.index(word) for word in WAIVABLE])
    verdict = np.where(findings & (waived.by >= 0), VERDICTS.index(Verdict.WAIVED), verdicts.verdict)
    return replace(verdicts, verdict=verdict)
