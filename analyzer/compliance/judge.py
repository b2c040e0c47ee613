"""Judging a flow table: the stages in order, each a pure function of columns."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths
from analyzer.compliance.dissection import FlowObservations
from analyzer.compliance.exchanges.dhcp import read_messages
from analyzer.compliance.exchanges.pairing import Answerers, Relations, find_relations
from analyzer.compliance.exchanges.wol import read_magics
from analyzer.compliance.identity.dhcp_ends import dhcp_facts
from analyzer.compliance.identity.endpoints import find_endpoints, find_mac_by_address
from analyzer.compliance.identity.hosts import HostFacts, find_host_facts
from analyzer.compliance.identity.leases import Leases
from analyzer.compliance.identity.roles import DHCP_ANSWERERS, ROLE_BIT
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.matching.facts import PayloadFacts, flow_facts, woken_targets
from analyzer.compliance.matching.match import Matched, match
from analyzer.compliance.matching.orientation import orient
from analyzer.compliance.matching.transfers import allow_under_way, follow_answers, follow_requests
from analyzer.compliance.narrow_columns import with_narrow_columns
from analyzer.compliance.verdict.decision import REASON_WORDS, SILENCE, VERDICTS, Doubts, Verdicts, decide
from analyzer.compliance.verdict.outcome import OUTCOMES, Ended, outcomes
from analyzer.compliance.verdict.waivers import Waived, waive
from analyzer.compliance.visibility.blind_spots import BlindSpots, answers_lost, find_blind_spots
from analyzer.compliance.visibility.vantage import JudgingContext, find_vantages
from analyzer.flows.evidence import Evidence
from analyzer.flows.history import letter_bits
from analyzer.flows.table import FlowTable
from analyzer.rules import RuleTable
from analyzer.site import Site
from analyzer.values import Outcome, Reason, Role, Verdict

RESETS = letter_bits("RI")
WAIVABLE = (Verdict.UNEXPECTED, Verdict.BLOCKED)


def judge(evidence: Evidence, rules: RuleTable, site: Site, observations: FlowObservations | None = None) -> Judgement:
    """Judge every flow of the evidence by the table and the profile. ``observations``: what dissection found."""
    observations = observations or FlowObservations()
    evidence = orient(evidence, rules, site)
    table = evidence.table
    hosts = table.hosts
    messages = read_messages(table)
    leases = Leases(messages)
    mac_by_address = find_mac_by_address(table, hosts, site, leases)
    host_facts = find_host_facts(hosts.names, site, mac_by_address)
    magics = read_magics(table)
    woken = woken_targets(magics, hosts, host_facts, site)
    payload = PayloadFacts(woken, observations.applications, dhcp_facts(table, host_facts, site, messages))
    facts = flow_facts(table, hosts, host_facts, site, payload)
    endpoints = find_endpoints(table, hosts, host_facts, site, messages, leases)
    facts = replace(facts, orig_roles=endpoints.orig_roles, resp_roles=endpoints.resp_roles)
    relations = find_relations(table, hosts, messages, answerers_of(host_facts, site), starts_of(evidence))
    matched = follow_requests(match(rules, facts, site), relations, rules)
    matched = follow_answers(matched, relations, rules, facts, hosts)
    matched = allow_under_way(matched, relations, rules, facts, table)
    never = np.array([*(rule.wire == "never" for rule in rules.rules), False], dtype=bool)
    context = JudgingContext(evidence, hosts, host_facts, facts)
    vantages = find_vantages(context)
    ended = outcomes(table, facts, relations, wants_answer(matched, rules), answers_lost(context, vantages))
    unseen = find_blind_spots(context, vantages, messages)
    verdicts = decide(
        facts,
        matched,
        ended.outcome,
        Doubts(unseen.blind, relations.probe, lone_resets(table), facts.inside & never[matched.nearest]),
    )
    waived = waive_with_requests(waive(table, hosts, host_facts, facts, site), relations)
    verdicts = excuse(verdicts, waived)
    unknown = silence_unseen(matched, ended, unseen)
    judgement = Judgement(
        evidence=evidence,
        rules=rules,
        site=site,
        hosts=hosts,
        host_facts=host_facts,
        endpoints=endpoints,
        observations=observations,
        magics=magics,
        payload=payload,
        facts=facts,
        relations=relations,
        matched=matched,
        outcome=np.where(unknown, OUTCOMES.index(Outcome.ONE_WAY), ended.outcome),
        ended=ended,
        verdicts=verdicts,
        waived=waived,
        vantages=vantages,
        unseen=unseen,
        silence_unseen=unknown,
    )
    return with_narrow_columns(judgement, len(table))


def require_programs(judgement: Judgement, contradicted: Truths) -> Judgement:
    """The judgement with evidence of programs: a flow that it contradicts is unexpected if the row requires programs.

    ``contradicted``: (flows,). Flows that are neither expected nor blocked keep their verdict.
    """
    required = np.array([*(rule.executables == "required" for rule in judgement.rules.rules), False], dtype=bool)
    before = judgement.verdicts
    findable = np.isin(before.verdict, [VERDICTS.index(word) for word in (Verdict.EXPECTED, Verdict.BLOCKED)])
    fails = contradicted & required[judgement.matched.covering] & findable
    if not fails.any():
        return judgement
    after = Verdicts(
        np.where(fails, VERDICTS.index(Verdict.UNEXPECTED), before.verdict),
        np.where(fails, REASON_WORDS.index(Reason.EXECUTABLE), before.reason),
        before.rule,
    )
    return replace(judgement, verdicts=excuse(after, judgement.waived))


def answerers_of(host_facts: HostFacts, site: Site) -> Answerers:
    """The hosts that may answer DHCP, those that answer booting clients only, and the DPM Server; one value a host."""
    answers = host_facts.roles & DHCP_ANSWERERS != 0
    return Answerers(
        may=answers | host_facts.relay,
        boot_only=answers & (host_facts.roles & ROLE_BIT[Role.DHCP_SERVER] == 0) & (site.dhcp_on_server is False),
        server=host_facts.roles & ROLE_BIT[Role.DPM_SERVER] != 0,
    )


def silence_unseen(matched: Matched, ended: Ended, unseen: BlindSpots) -> Truths:
    """Flows without a row and without an answer, where an answer could not have been captured and nothing else shows
    that they were stopped."""
    silent = np.isin(ended.outcome, [OUTCOMES.index(word) for word in SILENCE]) & (ended.cause == 0)
    return np.asarray((matched.covering < 0) & silent & unseen.blind)


def starts_of(evidence: Evidence) -> NDArray[np.int64]:
    """When the captures with each flow began: the latest of them, in nanoseconds."""
    starts = np.array([evidence.span(number + 1)[0] for number in range(evidence.table.seen.shape[1])], dtype=np.int64)
    return np.asarray(np.where(evidence.table.seen, starts, -1).max(axis=1, initial=-1))


def lone_resets(table: FlowTable) -> NDArray[np.bool_]:
    """Connections of which only RST segments, or ACKs without data and RST segments, were captured; one value a
    flow."""
    letters = table.orig.seen_letters | table.resp.seen_letters
    return np.asarray(
        (table.proto == net.TCP) & (letters & ~(RESETS | letter_bits("A")) == 0) & (letters & RESETS != 0)
    )


def wants_answer(matched: Matched, rules: RuleTable) -> NDArray[np.bool_]:
    """Whether the row that covers a flow, or is nearest to it, has an answer; one value a flow."""
    replies = np.array([*(rule.reply for rule in rules.rules), False], dtype=bool)
    return np.asarray(replies[np.where(matched.covering >= 0, matched.covering, matched.nearest)])


def waive_with_requests(waived: Waived, relations: Relations) -> Waived:
    """A waiver of a request also waives the transfer that answers it."""
    request = relations.request_of
    by, lapsed = (np.where((own < 0) & (request >= 0), own[request], own) for own in (waived.by, waived.lapsed))
    return Waived(by, np.where(by >= 0, -1, lapsed))


def excuse(verdicts: Verdicts, waived: Waived) -> Verdicts:
    """The verdicts with waivers applied: a waiver in force makes a finding `waived`; reason and row stay."""
    findings = np.isin(verdicts.verdict, [VERDICTS.index(word) for word in WAIVABLE])
    verdict = np.where(findings & (waived.by >= 0), VERDICTS.index(Verdict.WAIVED), verdicts.verdict)
    return replace(verdicts, verdict=verdict)
