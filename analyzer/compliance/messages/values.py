"""Columns of values that several messages contain: rows, roles, words, and the columns of a described flow."""

from collections.abc import Iterable

import numpy as np

from analyzer import net
from analyzer.columns import Integers, Truths
from analyzer.compliance.identity.roles import ROLES, roles_in
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.messages import FlowColumn, Value
from analyzer.messages.grouping import CodedValues
from analyzer.values import Outcome, Role, Verdict

ROLE_SETS: tuple[Value, ...] = tuple(
    tuple(role.value for role in roles_in(mask)) or (Role.OTHER.value,) for mask in range(1 << len(ROLES))
)
"""Mask of roles -> the roles."""


def is_verdict(judgement: Judgement, *words: Verdict) -> Truths:
    """Which flows have one of these verdicts."""
    wanted = np.array([word in words for word in VERDICTS], dtype=bool)
    return np.asarray(wanted[judgement.verdicts.verdict])


def has_outcome(judgement: Judgement, *words: Outcome) -> Truths:
    """Which flows have one of these outcomes."""
    wanted = np.array([word in words for word in OUTCOMES], dtype=bool)
    return np.asarray(wanted[judgement.outcome])


def rule_ids(judgement: Judgement, flows: Integers) -> CodedValues:
    """The ids of the rows that flows are judged by; every one of these flows has a row."""
    return CodedValues([rule.id for rule in judgement.rules.rules], judgement.verdicts.rule[flows])


def role_sets(masks: Integers) -> CodedValues:
    """The roles of each mask."""
    return CodedValues(ROLE_SETS, masks)


def coded(values: Iterable[Value]) -> CodedValues:
    """A value of each flow, each different value once."""
    numbers: dict[Value, int] = {}
    codes = [numbers.setdefault(value, len(numbers)) for value in values]
    return CodedValues(list(numbers), np.array(codes, dtype=np.int64))


class DescribedFlows:
    """The flow that each flow's reason describes: the request of a TFTP transfer, else the flow itself.

    ``number``: (flows,) the described flow.
    """

    def __init__(self, judgement: Judgement) -> None:
        self._judgement = judgement
        requests, reason = judgement.relations.request_of, judgement.verdicts.reason
        same_reason = (requests >= 0) & (reason[requests] == reason)
        self.number: Integers = np.where(same_reason, requests, np.arange(len(requests)))

    def column(self, name: str, flows: Integers) -> CodedValues:
        """A column of the flow table for the flows described: the flow's own where it describes itself."""
        codes, values = np.zeros(len(flows), dtype=np.int64), [FlowColumn(name)]
        others = np.flatnonzero(self.number[flows] != flows)
        if not len(others):
            return CodedValues(values, codes)
        found = coded(self._value(name, flow) for flow in self.number[flows[others]].tolist())
        codes[others] = found.codes + 1
        return CodedValues([*values, *found.values], codes)

    def _value(self, name: str, flow: int) -> Value:
        hosts, facts = self._judgement.hosts, self._judgement.facts
        if name == "orig_p":
            return int(facts.orig_p[flow])
        if name == "service":
            table = self._judgement.table
            proto = net.protocol_name(int(table.proto[flow]))
            return net.service_name(proto, int(table.orig_p[flow]), int(table.resp_p[flow]))
        ends = {"orig_h": hosts.orig, "resp_h": hosts.resp}
        return hosts.names[int(ends[name][flow])][0]
