"""TFTP transfers are matched as the request that they belong to."""

from dataclasses import replace

import numpy as np

from analyzer.compliance.exchanges.pairing import Relations
from analyzer.compliance.identity.roles import role_mask
from analyzer.compliance.matching.facts import Facts
from analyzer.compliance.matching.match import Matched
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FlowTable
from analyzer.protocols.tftp import DATA
from analyzer.rules import RuleTable


def follow_requests(matched: Matched, relations: Relations, rules: RuleTable) -> Matched:
    """The matches with each transfer judged as its request, by the row that the table prints for the answer."""
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


def follow_answers(matched: Matched, relations: Relations, rules: RuleTable, facts: Facts, hosts: Hosts) -> Matched:
    """The matches with each answer from elsewhere judged as its request, if no row of its own covers it and its sender
    has a role that the request's row asks for."""
    answers = np.flatnonzero((relations.answer_of >= 0) & (matched.covering < 0))
    requests = relations.answer_of[answers]
    by_orig = hosts.orig[answers] != hosts.orig[requests]
    sender = np.where(by_orig, facts.orig_roles[answers], facts.resp_roles[answers])
    row = matched.covering[requests]
    asked = np.array([*(role_mask(rule.responder.roles) for rule in rules.rules), 0], dtype=np.int64)
    fits = (row >= 0) & (sender & asked[row] != 0)
    covering, uncertain = matched.covering.copy(), matched.uncertain.copy()
    covering[answers[fits]], uncertain[answers[fits]] = row[fits], matched.uncertain[requests[fits]]
    judged_as = np.full(len(covering), -1, dtype=np.int64)
    judged_as[answers[fits]] = requests[fits]
    return replace(matched, covering=covering, uncertain=uncertain, judged_as=judged_as)


def allow_under_way(
    matched: Matched, relations: Relations, rules: RuleTable, facts: Facts, table: FlowTable
) -> Matched:
    """A flow that looks like a transfer with a request before the capture may be one of the row's: its match is
    uncertain."""
    flows = np.flatnonzero(relations.under_way & (matched.covering < 0))
    if not len(flows):
        return matched
    covering, uncertain = matched.covering.copy(), matched.uncertain.copy()
    by_orig = table.orig.first_payload[flows] >> 16 == DATA
    for number, rule in enumerate(rules.rules):
        if rule.transfer and rule.responder.port is not None:
            asked, asker = role_mask(rule.responder.roles), role_mask(rule.originator.roles)
            sends = np.where(by_orig, facts.orig_roles[flows], facts.resp_roles[flows])
            takes = np.where(by_orig, facts.resp_roles[flows], facts.orig_roles[flows])
            fits = flows[(sends & asked != 0) & (takes & asker != 0)]
            covering[fits], uncertain[fits] = reply_row(rules, number), True
    return replace(matched, covering=covering, uncertain=uncertain)


def reply_row(rules: RuleTable, number: int) -> int:
    """The row that the table prints for the answer of a transfer: its originator has the port that the request went
    to."""
    asked = rules.rules[number].responder.port
    for other, rule in enumerate(rules.rules):
        if rule.transfer and asked is not None and rule.originator.port == asked:
            return other
    return number
