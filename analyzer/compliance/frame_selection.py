"""Which of the kept frames tshark reads: first those that may change a verdict or show a boot."""

import numpy as np

from analyzer import net
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.flows.table import MarkedFrame
from analyzer.protocols.wol import SYNC
from analyzer.values import Verdict

FIRST, NAMED, OPEN, DHCP, OTHERS = range(5)
"""Magic packets, TFTP requests and errors; flows on a row whose application has a name; flows that no row covers; DHCP;
the rest."""


def choose(judgement: Judgement, frames: int) -> tuple[list[int], int]:
    """(numbers of the chosen frames among the marks, in their order; how many were left out), if there are more than
    ``frames``."""
    table = judgement.table
    # Named applications are few and each is a field of a row.
    named = np.array([rule.application is not None for rule in judgement.rules.rules] + [False])
    by_row = named[judgement.matched.covering]
    open_questions = np.isin(
        judgement.verdicts.verdict, [VERDICTS.index(word) for word in (Verdict.UNEXPECTED, Verdict.UNDETERMINED)]
    )
    ranks = np.array([rank(mark, by_row[mark.flow], open_questions[mark.flow], judgement) for mark in table.marks])
    order = np.argsort(ranks, kind="stable")
    return sorted(order[:frames].tolist()), len(table.marks) - frames


def rank(mark: MarkedFrame, by_row: bool, is_open: bool, judgement: Judgement) -> int:
    """How much a frame matters, smaller first."""
    data = mark.data
    ports = {int(judgement.facts.orig_p[mark.flow]), int(judgement.facts.resp_p[mark.flow])}
    if judgement.facts.proto[mark.flow] == net.UDP:
        if data.startswith(SYNC) or net.TFTP in ports or data[:2] == b"\0\5":
            return FIRST
        if ports & {net.DHCP_SERVER, net.DHCP_CLIENT, net.PXE}:
            return DHCP
    return OPEN if is_open else NAMED if by_row else OTHERS
