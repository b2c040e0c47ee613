"""Which flows have the same words: what a sentence rests on, as columns, so that it is made once for all alike.

The addresses of the ends are no part of it where a sentence only names them: it leaves blanks. A column holds -1 for
flows whose sentence does not rest on it. What rests on a message, a frame or a file of one flow has that flow's own
number.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Groups, Integers, Truths, group_rows
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.decision import REASON_WORDS, VERDICTS
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.compliance.wording.block_cause import Stopped
from analyzer.compliance.wording.payload import Contents
from analyzer.values import Outcome, Reason, Verdict

TENTH = 100_000_000
TOLD_WHERE = (Verdict.BLOCKED, Verdict.UNEXPECTED, Verdict.UNDETERMINED)
"""Verdicts of flows of which a reader wants to know where they were lost."""

Column = NDArray[np.integer] | Truths


def likeness(judgement: Judgement, stopped: Stopped, contents: Contents) -> Groups:
    """The flows by what is told of them."""
    return group_rows(
        [
            judgement.verdicts.verdict,
            judgement.verdicts.rule,
            judgement.outcome,
            judgement.relations.probe,
            judgement.matched.covering >= 0,
            *of_reasons(judgement),
            *of_stopping(judgement, stopped),
            *of_doubts(judgement),
            *of_contents(judgement, contents),
            *of_places(judgement),
            where(own_words(judgement, stopped, contents), np.arange(len(judgement.table))),
        ]
    )


def where(rests: Truths, column: Column) -> Integers:
    """A column where sentences rest on it."""
    return np.where(rests, column.astype(np.int64), -1)


def is_verdict(judgement: Judgement, *words: Verdict) -> Truths:
    return np.isin(judgement.verdicts.verdict, [VERDICTS.index(word) for word in words])


def of_reasons(judgement: Judgement) -> Iterable[Column]:
    """What an unexpected flow's reason rests on, and the hint beside it."""
    facts, table = judgement.facts, judgement.table
    uncovered = judgement.matched.covering < 0
    told = is_verdict(judgement, Verdict.UNEXPECTED) | (is_verdict(judgement, Verdict.WAIVED) & uncovered)
    by_row = told & (judgement.verdicts.rule >= 0)
    role, protocol, addressing, client = (
        by_row & (judgement.verdicts.reason == REASON_WORDS.index(word))
        for word in (Reason.ROLE, Reason.PROTOCOL, Reason.BROADCAST_ADDRESS, Reason.CLIENT_PORT)
    )
    service = (told & (judgement.verdicts.rule < 0)) | protocol
    icmp = np.isin(facts.proto, (net.ICMP, net.ICMP6))
    hinted = np.zeros(len(table), dtype=bool)
    for hint in judgement.rules.hints:
        hinted |= (facts.proto == net.PROTOCOL_NUMBERS[hint.protocol]) & (facts.resp_p == hint.port)
    yield where(told, judgement.verdicts.reason)
    yield where(service | hinted, facts.proto)
    yield where(service & np.isin(facts.proto, sorted(net.PROTOCOLS)), np.where(icmp, facts.orig_p, facts.resp_p))
    yield where(hinted, facts.resp_p)
    yield where(client, facts.orig_p)
    yield where(addressing, judgement.hosts.resp)
    yield where(role, facts.orig_roles)
    yield where(role, facts.resp_roles)
    yield where(role | addressing, facts.cast)
    yield where(role, table.orig.pkts > 0)
    yield where(addressing, facts.woken_segment)
    yield where(addressing, facts.broadcast_segment)
    yield where(is_verdict(judgement, Verdict.WAIVED), judgement.waived.by)
    yield where(is_verdict(judgement, Verdict.UNEXPECTED, Verdict.BLOCKED), judgement.waived.lapsed)


def of_stopping(judgement: Judgement, stopped: Stopped) -> Iterable[Column]:
    """What the evidence that a flow got no service rests on, apart from ICMP errors."""
    table = judgement.table
    told = (judgement.matched.covering >= 0) & is_verdict(judgement, Verdict.BLOCKED, Verdict.WAIVED)
    refused, silent = (
        told & (judgement.outcome == OUTCOMES.index(word)) for word in (Outcome.REFUSED, Outcome.NO_REPLY)
    )
    tcp = judgement.facts.proto == net.TCP
    sent = np.where(tcp, table.orig.syns, table.orig.pkts - table.orig.copies)
    lasted = table.last_ns - table.first_ns
    yield where(refused, stopped.vantage)
    yield where(refused, judgement.hosts.resp)
    yield where(refused, table.resp.rst_ttl)
    yield where(silent, tcp)
    yield where(silent, table.resp.pkts > 0)
    yield where(silent, table.orig.syns > 1)
    yield where(silent, sent)
    # Tenths of a second are told; where one of them ends, its rounding is a matter of its own.
    yield where(silent & (sent > 1), lasted // (TENTH // 2))
    yield where(silent & (sent > 1), lasted % (TENTH // 2) == 0)


def of_doubts(judgement: Judgement) -> Iterable[Column]:
    """What an undetermined verdict rests on, and the rest of an expected and an out-of-scope one."""
    open_ = is_verdict(judgement, Verdict.UNDETERMINED)
    number = {why: place for place, why in enumerate(dict.fromkeys(judgement.unseen[open_].tolist()))}
    unseen = np.full(len(judgement.table), -1, dtype=np.int64)
    unseen[open_] = [number[why] for why in judgement.unseen[open_].tolist()]
    yield unseen
    yield where(open_, judgement.relations.under_way)
    yield where(open_, judgement.matched.uncertain)
    yield where(is_verdict(judgement, Verdict.EXPECTED), judgement.table.resp.pkts > 0)
    yield where(is_verdict(judgement, Verdict.OUT_OF_SCOPE), judgement.facts.inside & (judgement.matched.nearest >= 0))


def of_contents(judgement: Judgement, contents: Contents) -> Iterable[Column]:
    """What was seen of a flow's frames, whatever is in them."""
    yield judgement.table.tunnels
    for macs, codes in zip(contents.foreign, (judgement.hosts.orig, judgement.hosts.resp), strict=True):
        yield macs
        yield where(macs >= 0, codes)


def of_places(judgement: Judgement) -> Iterable[Column]:
    """What is told of where a flow was seen rests on, where there are several places."""
    if len(judgement.vantages) < 2:
        return
    told, begins = is_verdict(judgement, *TOLD_WHERE), judgement.table.first_ns
    yield where(told, judgement.hosts.orig)
    yield where(told, judgement.hosts.resp)
    for vantage in judgement.vantages:
        yield where(told, judgement.table.sides[:, vantage.number])
        yield where(told, (vantage.first <= begins) & (begins <= vantage.last))


def own_words(judgement: Judgement, stopped: Stopped, contents: Contents) -> Truths:
    """Flows of which something is told that is theirs alone."""
    relations = judgement.relations
    errors = [OUTCOMES.index(word) for word in (Outcome.ADMIN_PROHIBITED, Outcome.UNREACHABLE)]
    own = (relations.request_of >= 0) | np.isin(judgement.outcome, errors) & is_verdict(
        judgement, Verdict.BLOCKED, Verdict.WAIVED
    )
    for flows in (relations.transfers, stopped.requests, contents.flows):
        own[list(flows)] = True
    return np.asarray(own)
