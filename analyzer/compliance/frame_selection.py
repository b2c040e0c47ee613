"""Which of the kept frames tshark reads: first those that may change a verdict or show a boot."""

import numpy as np

from analyzer import net
from analyzer.compliance.exchanges.dhcp import on_dhcp_ports
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.protocols.wol import SYNC
from analyzer.values import Verdict

FIRST, NAMED, OPEN, DHCP, OTHERS = range(5)
"""Magic packets, TFTP requests and errors; flows on a row whose application has a name; flows that no row covers; DHCP;
the rest."""
TFTP_ERROR = b"\0\5"


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
    flow = table.marks.flow
    ranks = np.where(open_questions[flow], OPEN, np.where(by_row[flow], NAMED, OTHERS))
    udp = (judgement.facts.proto == net.UDP)[flow]
    ranks[udp & on_dhcp_ports(table)[flow]] = DHCP
    tftp = ((judgement.facts.orig_p == net.TFTP) | (judgement.facts.resp_p == net.TFTP))[flow]
    ranks[udp & (tftp | table.marks.begins_with(SYNC) | table.marks.begins_with(TFTP_ERROR))] = FIRST
    order = np.argsort(ranks, kind="stable")
    return sorted(order[:frames].tolist()), len(table.marks) - frames
