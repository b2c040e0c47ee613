"""From facts to a verdict: the decision, for every flow at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.facts import DPM_ROLES, Facts, Truths
from analyzer.compliance.match import Matched
from analyzer.compliance.outcome import OUTCOMES
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
    originator hoped for. ``reset_only``: nothing but a reset was seen."""

    unseen: Truths
    quiet: Truths
    reset_only: Truths


def decide(facts: Facts, matched: Matched, outcome: NDArray[np.int64], doubts: Doubts) -> Verdicts:
    """The verdict of every flow, waivers aside."""
    covered = matched.covering >= 0
    in_scope = (((facts.orig_roles | facts.resp_roles) & DPM_ROLES) != 0) | matched.on_table
    verdict = np.where(in_scope, number(Verdict.UNEXPECTED), number(Verdict.OUT_OF_SCOPE))
    reason = np.where(in_scope, matched.reason, NO_REASON)
    verdict[covered], reason[covered] = number(Verdict.EXPECTED), NO_REASON
    for result, word in BLOCKED_BY.items():
        stopped = covered & (outcome == OUTCOMES.index(result)) & ~doubts.quiet
        verdict[stopped], reason[stopped] = number(Verdict.BLOCKED), REASON_WORDS.index(word)
        if result in SILENCE:
            verdict[stopped & doubts.unseen], reason[stopped & doubts.unseen] = number(Verdict.UNDETERMINED), NO_REASON
    doubtful = covered & (matched.uncertain | doubts.reset_only)
    verdict[doubtful], reason[doubtful] = number(Verdict.UNDETERMINED), NO_REASON
    background = is_background(facts)
    verdict[background], reason[background] = number(Verdict.BACKGROUND), NO_REASON
    rule = np.where(covered, matched.covering, np.where(in_scope, matched.nearest, -1))
    rule[background] = -1
    return Verdicts(verdict, reason, rule)


def number(word: Verdict) -> int:
    return VERDICTS.index(word)


def is_background(facts: Facts) -> Truths:
    """What a network says to keep itself going: neighbour and listener discovery, IGMP, ICMP errors, and groups that no
    router forwards - DHCPv6 aside, which may be a boot."""
    icmp, icmp6 = facts.proto == net.ICMP, facts.proto == net.ICMP6
    chatter: Truths = (icmp6 & np.isin(facts.orig_p, sorted(net.NEIGHBOUR_TYPES | net.ICMP6_ERRORS))) | (
        icmp & np.isin(facts.orig_p, sorted(net.ICMP_ERRORS | {9, 10}))
    )
    dhcp6 = (facts.proto == net.UDP) & (facts.resp_p == net.DHCP6_SERVER)
    return np.asarray(chatter | (facts.proto == net.IGMP) | (facts.link_group & ~dhcp6))
