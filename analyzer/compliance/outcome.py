"""What became of every flow, whoever wanted it. ``docs`` are made from the two tables here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.facts import CAST_NUMBER, Facts, Truths
from analyzer.compliance.relations import Relations
from analyzer.flows import record as r
from analyzer.flows.state import INACTIVE, RESET
from analyzer.flows.table import FlowTable
from analyzer.values import Cast, Outcome

OUTCOMES = tuple(Outcome)

ICMP_OUTCOMES: tuple[tuple[int, int | None, tuple[int, ...] | None, Outcome | None], ...] = (
    # IP version, type, codes (None: any), outcome (None: says nothing of the service)
    (4, 3, (9, 10, 13), Outcome.ADMIN_PROHIBITED),
    (4, 3, (4,), None),
    (4, 3, None, Outcome.UNREACHABLE),
    (4, 11, None, Outcome.UNREACHABLE),
    (4, 12, None, Outcome.UNREACHABLE),
    (4, None, None, None),
    (6, 1, (1,), Outcome.ADMIN_PROHIBITED),
    (6, 2, None, None),
    (6, None, None, Outcome.UNREACHABLE),
)
"""What an ICMP error says of the flow that it quotes: the first line that fits. Codes: RFC 792, 1812, 4443."""

L_SYN, L_SYN_ACK, L_ACK, L_DATA, L_RST = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 5


@dataclass(frozen=True)
class Sides:
    """Which sides of a flow were seen, and TCP's letters of each."""

    orig: Truths
    resp: Truths
    orig_letters: NDArray[np.int64]
    resp_letters: NDArray[np.int64]


def outcomes(table: FlowTable, facts: Facts, relations: Relations, wants_answer: Truths) -> NDArray[np.int64]:
    """The outcome of every flow, as a number into OUTCOMES. ``wants_answer``: the row that speaks of it expects a
    reply."""
    sides = Sides(table.orig(r.PKTS) > 0, table.resp(r.PKTS) > 0, table.orig(r.SEEN), table.resp(r.SEEN))
    tcp = table.column(r.F_PROTO) == net.TCP
    elsewhere = relations.answered.copy()
    elsewhere[list(relations.transfers)] = True
    wants_answer = wants_answer & ~relations.no_answer_due
    result = np.where(
        tcp,
        tcp_outcomes(table, sides),
        datagram_outcomes(facts, sides, elsewhere, wants_answer, relations.no_answer_due),
    )
    served = result == OUTCOMES.index(Outcome.ESTABLISHED)
    for flow in np.flatnonzero((table.column(r.F_ERR_COUNT) > 0) & ~served & ~sides.resp).tolist():
        told = icmp_outcome(table, flow)
        if told is not None:
            result[flow] = OUTCOMES.index(told)
    return result


def tcp_outcomes(table: FlowTable, sides: Sides) -> NDArray[np.int64]:
    """A SYN-ACK is service; a RST in answer to a SYN alone is a refusal; without a handshake only what was seen is
    told."""
    asked = (sides.orig_letters & L_SYN) != 0
    accepted = (sides.resp_letters & L_SYN_ACK) != 0
    spoke_on = (sides.orig_letters & (L_ACK | L_DATA)) != 0
    refused = asked & ~accepted & (table.resp(r.STATE) >= RESET) & ~spoke_on
    silent = asked & (table.resp(r.STATE) == INACTIVE)
    # The SYN-ACK was seen where it was sent and never arrived: its SYN was repeated and nothing else followed.
    lost = asked & accepted & ~spoke_on & (table.orig(r.SYNS) > 1) & (table.orig(r.STATE) < RESET)
    heard = table.resp(r.PKTS) > 0
    return np.select(
        [lost, refused, asked & accepted & sides.resp, silent & spoke_on, silent & ~heard, sides.orig & sides.resp],
        [
            OUTCOMES.index(word)
            for word in (
                Outcome.NO_REPLY,
                Outcome.REFUSED,
                Outcome.ESTABLISHED,
                Outcome.ONE_WAY,
                Outcome.NO_REPLY,
                Outcome.PARTIAL,
            )
        ],
        OUTCOMES.index(Outcome.ONE_WAY),
    )


def datagram_outcomes(
    facts: Facts, sides: Sides, elsewhere: Truths, wants_answer: Truths, quiet: Truths
) -> NDArray[np.int64]:
    """Datagrams without an answer are a silence only where an answer was due."""
    due = wants_answer.copy()
    for proto, number in sorted(net.ASKS):
        port = facts.resp_p if proto == "udp" else facts.orig_p
        due |= (facts.proto == net.PROTOCOL_NUMBERS[proto]) & (port == number)
    due &= ((facts.cast == CAST_NUMBER[Cast.UNICAST]) & ~quiet) | wants_answer
    return np.select(
        [(sides.orig & sides.resp) | elsewhere, sides.orig & due],
        [OUTCOMES.index(Outcome.ESTABLISHED), OUTCOMES.index(Outcome.NO_REPLY)],
        OUTCOMES.index(Outcome.ONE_WAY),
    )


def icmp_outcome(table: FlowTable, flow: int) -> Outcome | None:
    """What the ICMP error attached to a flow says of it."""
    version, kind, code = (int(table.raw[flow, slot]) for slot in (r.F_VERSION, r.F_ERR_TYPE, r.F_ERR_CODE))
    for of, wanted, codes, outcome in ICMP_OUTCOMES:
        if of == version and wanted in (None, kind) and (codes is None or code in codes):
            return outcome
    return None
