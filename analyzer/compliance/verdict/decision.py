"""From facts to a verdict: the decision, for every flow at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths
from analyzer.compliance.identity.roles import DPM_ROLES
from analyzer.compliance.matching.facts import Facts
from analyzer.compliance.matching.match import Matched
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.values import Outcome, Reason, Verdict

VERDICTS = tuple(Verdict)
REASON_WORDS = tuple(Reason)
NO_REASON = -1

BLOCKED_BY: dict[Outcome, Reason] = {
    Outcome.REFUSED: Reason.REFUSED,
    Outcome.NO_REPLY: Reason.NO_REPLY,
    Outcome.ADMIN_PROHIBITED: Reason.ADMIN_PROHIBITED,
    Outcome.UNREACHABLE: Reason.UNREACHABLE,
}
"""Outcomes by which a flow that a row covers got no service; any other outcome leaves it expected."""

SILENCE = (Outcome.NO_REPLY,)
"""Outcomes that rest on something not seen: where it could not have been seen they decide nothing."""


@dataclass(frozen=True)
class Verdicts:
    """``verdict``: number into VERDICTS. ``reason``: into REASON_WORDS, -1 for none. ``rule``: the covering row, or
    else the nearest one, -1 for none."""

    verdict: NDArray[np.int64]
    reason: NDArray[np.int64]
    rule: NDArray[np.int64]


@dataclass(frozen=True)
class Doubts:
    """One value a flow. ``unseen``: an answer could not have been seen. ``quiet``: silence is the answer that the
    originator expects. ``reset_only``: nothing but a reset, or ACKs without data and a reset, was seen.
    ``loopback_only``: it stays on one host's loopback addresses, and its row is never on the wire."""

    unseen: Truths
    quiet: Truths
    reset_only: Truths
    loopback_only: Truths


@dataclass(frozen=True)
class VerdictInputs:
    """What is known of every flow when its verdict is due."""

    facts: Facts
    matched: Matched
    outcome: NDArray[np.int64]
    doubts: Doubts

    @property
    def covered(self) -> Truths:
        return np.asarray(self.matched.covering >= 0)

    @property
    def in_scope(self) -> Truths:
        roles = (self.facts.orig_roles | self.facts.resp_roles) & DPM_ROLES
        return np.asarray(((roles != 0) | self.matched.on_table) & ~self.doubts.loopback_only)

    def ended(self, outcomes: Iterable[Outcome]) -> Truths:
        """Flows that a row covers with one of these outcomes, unless their originator expects silence."""
        return self.covered & np.isin(self.outcome, [OUTCOMES.index(word) for word in outcomes]) & ~self.doubts.quiet


DECISIONS: tuple[tuple[str, Callable[[VerdictInputs], Truths], Verdict], ...] = (
    (
        "no row covers it, and it is background traffic of the network (ARP, IGMP, or mDNS to a group of one link, for "
        "example)",
        lambda inputs: is_background(inputs.facts) & ~inputs.covered,
        Verdict.BACKGROUND,
    ),
    (
        "a row covers it as far as is known, and a field of it is not known",
        lambda inputs: inputs.covered & inputs.matched.uncertain,
        Verdict.UNDETERMINED,
    ),
    (
        "a row covers it, and only a reset, or ACKs without data and a reset, were seen of it",
        lambda inputs: inputs.covered & inputs.doubts.reset_only,
        Verdict.UNDETERMINED,
    ),
    (
        "a row covers it, nothing answered, and an answer could not have been seen",
        lambda inputs: inputs.ended(SILENCE) & inputs.doubts.unseen,
        Verdict.UNDETERMINED,
    ),
    ("a row covers it, and it got no service", lambda inputs: inputs.ended(BLOCKED_BY), Verdict.BLOCKED),
    ("a row covers it", lambda inputs: inputs.covered, Verdict.EXPECTED),
    (
        "an end holds a DPM role, or its service is a fixed port of the table; a row that is never on the wire says "
        "nothing of loopback addresses",
        lambda inputs: inputs.in_scope,
        Verdict.UNEXPECTED,
    ),
)
"""From what is known to the verdict: the first line that fits; where none does, the flow is out of scope."""


def decide(facts: Facts, matched: Matched, outcome: NDArray[np.int64], doubts: Doubts) -> Verdicts:
    """The verdict of every flow, waivers aside."""
    inputs = VerdictInputs(facts, matched, outcome, doubts)
    verdict = np.select(
        [fits(inputs) for _, fits, _ in DECISIONS],
        [number(word) for _, _, word in DECISIONS],
        number(Verdict.OUT_OF_SCOPE),
    )
    stopped = np.full(len(OUTCOMES), NO_REASON, dtype=np.int64)
    for result, word in BLOCKED_BY.items():
        stopped[OUTCOMES.index(result)] = REASON_WORDS.index(word)
    unexpected, blocked = verdict == number(Verdict.UNEXPECTED), verdict == number(Verdict.BLOCKED)
    reason = np.where(unexpected, matched.reason, np.where(blocked, stopped[outcome], NO_REASON))
    rule = np.where(inputs.covered, matched.covering, np.where(inputs.in_scope, matched.nearest, -1))
    rule[verdict == number(Verdict.BACKGROUND)] = -1
    return Verdicts(verdict, reason, rule)


def number(word: Verdict) -> int:
    return VERDICTS.index(word)


def is_background(facts: Facts) -> Truths:
    """What a network says to keep itself going: neighbour and listener discovery, IGMP, ICMP errors, and the protocols
    of one link to its groups, which no router forwards."""
    icmp, icmp6 = facts.proto == net.ICMP, facts.proto == net.ICMP6
    link_upkeep: Truths = (icmp6 & np.isin(facts.orig_p, sorted(net.NEIGHBOUR_TYPES | net.ICMP6_ERRORS))) | (
        icmp & np.isin(facts.orig_p, sorted(net.ICMP_ERRORS | {9, 10}))
    )
    return np.asarray(link_upkeep | (facts.proto == net.IGMP) | facts.link_service)
