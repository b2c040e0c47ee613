"""Rows compared with flows, field by field, for all flows at once.

Within a field any value of the row is enough. Across fields all must hold. A field that a row does not state always
holds. The fields are in ``fields.FIELDS``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths
from analyzer.compliance.matching.ends import responder_port
from analyzer.compliance.matching.facts import Facts
from analyzer.compliance.matching.fields import FIELDS
from analyzer.compliance.matching.states import FAILS, HOLDS, UNKNOWN, States
from analyzer.rules import Rule, RuleTable
from analyzer.site import Site
from analyzer.values import Reason

__all__ = ["Matched", "match", "responder_port", "row_states"]

TRANSPORTS = (net.TCP, net.UDP)
REASON_NUMBER = {reason: number for number, reason in enumerate(Reason)}


@dataclass(frozen=True)
class Matched:
    """One value a flow.

    ``covering``: the number of the row that covers the flow, -1 for none. ``nearest``: the row for the flow's service
    that fails in the fewest fields, -1 for none. ``reason``: why the nearest row does not cover it, a number in
    Reason's order. ``uncertain``: the covering row holds only as far as is known. ``on_table``: the service is a fixed
    port of the table. ``judged_as``: the request whose match the flow has, -1 for its own; None if no flow has
    another's.
    """

    covering: NDArray[np.int64]
    nearest: NDArray[np.int64]
    reason: NDArray[np.int64]
    uncertain: Truths
    on_table: Truths
    judged_as: NDArray[np.int64] | None = None


def row_states(rule: Rule, facts: Facts, site: Site) -> dict[str, States]:
    """Name of each field -> whether it holds for every flow, for one row."""
    return {field.name: field.states(rule, facts, site) for field in FIELDS}


def match(rules: RuleTable, facts: Facts, site: Site) -> Matched:
    """Every row compared with every flow."""
    count = len(facts)
    covering = np.full(count, -1, dtype=np.int64)
    nearest = np.full(count, -1, dtype=np.int64)
    fewest = np.full(count, len(FIELDS) + 1, dtype=np.int64)
    reason = np.full(count, REASON_NUMBER[Reason.NO_ROW], dtype=np.int64)
    uncertain = np.zeros(count, dtype=bool)
    on_table = np.zeros(count, dtype=bool)
    for number, rule in enumerate(rules.rules):
        states = row_states(rule, facts, site)
        same_service = np.all([states[field.name] == HOLDS for field in FIELDS if field.finds_service], axis=0)
        port = responder_port(rule, site)
        if port is not None:
            on_table |= same_service
        failing = sum((state == FAILS).astype(np.int64) for state in states.values())
        unknown = np.any([states[field.name] == UNKNOWN for field in FIELDS if field.decisive], axis=0)
        covers = (failing == 0) & same_service & ((covering < 0) | (uncertain & ~unknown))
        covering[covers] = number
        uncertain[covers] = unknown[covers]
        nearer = same_service & (failing < fewest)
        fewest[nearer] = failing[nearer]
        nearest[nearer] = number
        for field in reversed(FIELDS):
            reason[nearer & (states[field.name] == FAILS)] = REASON_NUMBER[field.reason]
        # Another transport on a port that the row fixes, between the very ends that it names.
        if port is not None:
            other_transport = (states["protocol"] == FAILS) & np.isin(facts.proto, TRANSPORTS)
            crossed = (nearest < 0) & (failing == 1) & other_transport
            nearest[crossed], reason[crossed] = number, REASON_NUMBER[Reason.PROTOCOL]
    return Matched(covering, nearest, reason, uncertain, on_table)
