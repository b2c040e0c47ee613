"""Where an exchange broke off: what was sent again and again, and what was never acknowledged."""

from collections.abc import Callable, Iterator

import numpy as np

from analyzer import net
from analyzer.columns import Integers, Truths
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.messages.values import is_verdict
from analyzer.compliance.verdict.connections import other_ttl
from analyzer.compliance.verdict.outcome import CAUSES
from analyzer.flows.columns import SideColumns
from analyzer.flows.history import letter_bits
from analyzer.messages import Value
from analyzer.messages.grouping import CodedValues, MessageColumn
from analyzer.protocols.tftp import DATA
from analyzer.values import Verdict

Columns = dict[str, Value | Integers | CodedValues]

OFTEN = 3
"""Repetitions after which a connection that was served is said to have broken off."""
YES_NO = ("no", "yes")


def break_messages(judgement: Judgement, chosen: Truths) -> Iterator[MessageColumn]:
    """What shows that each chosen flow got no service, by the cause of its outcome."""
    for code, values in VALUES.items():
        flows = np.flatnonzero(chosen & (judgement.ended.cause == CAUSES.index(code)))
        if len(flows):
            yield MessageColumn(code, flows, values(judgement, flows))


def progress_messages(judgement: Judgement) -> Iterator[MessageColumn]:
    """Of expected flows: where a connection broke off after it was served, and where nothing shows that it was."""
    table, expected = judgement.table, is_verdict(judgement, Verdict.EXPECTED)
    tcp = table.proto == net.TCP
    unproven = expected & judgement.ended.unproven
    yield MessageColumn("nothing-acknowledged", unproven & tcp)
    yield MessageColumn("answer-not-confirmed", unproven & ~tcp)
    served = expected & tcp & ~judgement.ended.connection.nothing_acknowledged
    for name, side in (("originator", table.orig), ("responder", table.resp)):
        waiting = side.data_octets_sent - side.octets_acknowledged
        stuck = np.flatnonzero(served & (side.repeats >= OFTEN) & (waiting > 0) & (side.octets_acknowledged >= 0))
        yield MessageColumn("broke-off", stuck, {"side": name, "octets": waiting[stuck], "times": side.repeats[stuck]})
        reset = np.flatnonzero(served & other_ttl(side))
        values: Columns = {"side": name, "ttl": side.rst_ttl[reset], "other": side.ttl[reset]}
        yield MessageColumn("reset-with-other-ttl", reset, values)


def _unanswered_syn(judgement: Judgement, flows: Integers) -> Columns:
    resp = judgement.table.resp
    return {"count": resp.pkts[flows] - resp.copies[flows]}


def _repeated_syn_ack(judgement: Judgement, flows: Integers) -> Columns:
    table = judgement.table
    confirmed = (table.orig.seen_letters[flows] & letter_bits("AD")) != 0
    return {"count": table.resp.syns[flows], "confirmed": CodedValues(YES_NO, confirmed.astype(np.int64))}


def _of_side(name: str) -> Callable[[Judgement, Integers], Columns]:
    """The values of a side's data that was repeated."""

    def values(judgement: Judgement, flows: Integers) -> Columns:
        table = judgement.table
        side: SideColumns = table.orig if name == "originator" else table.resp
        opened = (table.orig.seen_letters[flows] & letter_bits("S") != 0) & (
            table.resp.seen_letters[flows] & letter_bits("H") != 0
        )
        return {
            "side": name,
            "octets": np.minimum(side.data_octets_sent[flows], side.payload_bytes[flows]),
            "times": side.repeats[flows],
            "opened": CodedValues(YES_NO, opened.astype(np.int64)),
        }

    return values


def _reset(judgement: Judgement, flows: Integers) -> Columns:
    """The responder's RST, or the one in the originator's name where the responder sent none."""
    table = judgement.table
    by_resp = table.resp.was_reset[flows]
    ttl, other = (
        np.where(by_resp, resp[flows], orig[flows])
        for resp, orig in ((table.resp.rst_ttl, table.orig.rst_ttl), (table.resp.ttl, table.orig.ttl))
    )
    differs = np.where(by_resp, other_ttl(table.resp)[flows], other_ttl(table.orig)[flows])
    return {
        "side": CodedValues(("originator", "responder"), by_resp.astype(np.int64)),
        "ttl": ttl,
        "other": other,
        "differs": CodedValues(YES_NO, differs.astype(np.int64)),
    }


def _answers(judgement: Judgement, flows: Integers) -> Columns:
    """How often a TFTP request, and all answers to it, were sent."""
    table, relations = judgement.table, judgement.relations
    own = table.orig.pkts - table.orig.copies, table.resp.pkts - table.resp.copies
    asked, answered = [], []
    for flow in flows.tolist():
        request = max(int(relations.request_of[flow]), -1)
        request = request if request >= 0 else flow
        asked.append(int(own[0][request]))
        sent = (
            int(own[0][answer] if table.resp_p[answer] == table.orig_p[request] else own[1][answer])
            for answer in relations.transfers.get(request, [])
        )
        answered.append(sum(sent) + int(own[1][request]))
    return {"count": np.array(asked, dtype=np.int64), "answers": np.array(answered, dtype=np.int64)}


def _block(judgement: Judgement, flows: Integers) -> Columns:
    """The block that was sent again and again, and how often."""
    table, relations = judgement.table, judgement.relations
    blocks, times = [], []
    for flow in flows.tolist():
        request = int(relations.request_of[flow])
        request = request if request >= 0 else flow
        last = max([request, *relations.transfers.get(request, [])], key=lambda one: int(table.last_ns[one]))
        sides = (table.orig, table.resp)
        source = next((side for side in sides if int(side.last_payload[last]) >> 16 == DATA), table.orig)
        blocks.append(int(source.last_payload[last]) & 0xFFFF)
        times.append(max(int(side.repeats[last]) for side in sides) + 1)
    return {"block": np.array(blocks, dtype=np.int64), "times": np.array(times, dtype=np.int64)}


def _nothing(_judgement: Judgement, _flows: Integers) -> Columns:
    return {}


VALUES: dict[str, Callable[[Judgement, Integers], Columns]] = {
    "syn-not-acknowledged": _unanswered_syn,
    "syn-ack-repeated": _repeated_syn_ack,
    "data-not-acknowledged": _of_side("originator"),
    "answer-not-acknowledged": _of_side("responder"),
    "data-repeated": _of_side("originator"),
    "answer-repeated": _of_side("responder"),
    "reset-after-handshake": _reset,
    "tftp-answer-lost": _answers,
    "tftp-no-progress": _block,
    "dhcp-answer-lost": _nothing,
    "transfer-icmp-error": _nothing,
}
"""Cause of an outcome -> the values of its message."""
