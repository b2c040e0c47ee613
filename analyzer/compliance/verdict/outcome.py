"""The outcome of every flow. docs/verdicts.md is made from the tables here."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths, group_rows
from analyzer.compliance.exchanges.pairing import Relations
from analyzer.compliance.identity.roles import CAST_NUMBER
from analyzer.compliance.matching.facts import Facts
from analyzer.flows.history import letter_bits
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


@dataclass(frozen=True)
class Sides:
    """Which sides of a flow were seen, and TCP's letters of each."""

    orig: Truths
    resp: Truths
    orig_letters: NDArray[np.int64]
    resp_letters: NDArray[np.int64]


def outcomes(
    table: FlowTable, facts: Facts, relations: Relations, wants_answer: Truths, lost: Truths
) -> NDArray[np.int64]:
    """The outcome of every flow, as a number into OUTCOMES. ``wants_answer``: its row has an answer;
    ``lost``: its answer was captured on its way, but not where the originator is."""
    sides = Sides(table.orig.pkts > 0, table.resp.pkts > 0, table.orig.seen_letters, table.resp.seen_letters)
    tcp = table.proto == net.TCP
    wants_answer = wants_answer & ~relations.no_answer_due
    result = np.where(
        tcp,
        tcp_outcomes(table, sides, lost),
        datagram_outcomes(facts, sides, relations, wants_answer, lost),
    )
    served = result == OUTCOMES.index(Outcome.ESTABLISHED)
    flows = np.flatnonzero((table.icmp_error.count > 0) & ~served & ~sides.resp)
    first, kind = group_rows(
        [column[flows] for column in (table.ip_version, table.icmp_error.type, table.icmp_error.code)]
    )
    by_kind = [icmp_outcome(table, flow) for flow in flows[first].tolist()]
    numbers = np.array([OUTCOMES.index(outcome) if outcome else -1 for outcome in by_kind], dtype=np.int64)[kind]
    result[flows] = np.where(numbers >= 0, numbers, result[flows])
    return result


def tcp_outcomes(table: FlowTable, sides: Sides, lost: Truths) -> NDArray[np.int64]:
    """The outcome of every flow as though it were TCP, by TCP_OUTCOMES."""
    asked = (sides.orig_letters & letter_bits("S")) != 0
    connection = Connection(
        asked=asked,
        accepted=asked & ((sides.resp_letters & letter_bits("H")) != 0),
        continued=(sides.orig_letters & letter_bits("AD")) != 0,
        repeated=table.orig.syns > 1,
        gave_up=table.orig.was_reset,
        reset=table.resp.was_reset,
        silent=table.resp.is_inactive,
        lost=lost,
        orig=sides.orig,
        resp=sides.resp,
    )
    return first_that_fits([(fits(connection), word) for _, fits, word in TCP_OUTCOMES])


@dataclass(frozen=True)
class Connection:
    """What was seen of every connection. ``asked``: its SYN; ``accepted``: the SYN-ACK; ``continued``: the originator
    sent ACK or data; ``repeated``: more than one SYN; ``gave_up`` and ``reset``: a RST of the originator, of the
    responder; ``silent``: nothing that the responder sent is part of it; ``lost``: what it sent was seen on
    its way and never where the originator is. ``orig``, ``resp``: packets of that side were seen."""

    asked: Truths
    accepted: Truths
    continued: Truths
    repeated: Truths
    gave_up: Truths
    reset: Truths
    silent: Truths
    lost: Truths
    orig: Truths
    resp: Truths


TCP_OUTCOMES: tuple[tuple[str, Callable[[Connection], Truths], Outcome], ...] = (
    (
        "the SYN's answer was seen at one vantage, and never at the one where the originator is, and nothing followed",
        lambda seen: seen.asked & seen.lost & ~seen.continued & ~seen.gave_up,
        Outcome.NO_REPLY,
    ),
    (
        "the SYN was repeated although a SYN-ACK was seen, and nothing followed: it did not arrive",
        lambda seen: seen.accepted & ~seen.continued & seen.repeated & ~seen.gave_up,
        Outcome.NO_REPLY,
    ),
    ("SYN and SYN-ACK", lambda seen: seen.accepted, Outcome.ESTABLISHED),
    (
        "the SYN was answered by a RST, and the originator sent nothing more",
        lambda seen: seen.asked & seen.reset & ~seen.continued,
        Outcome.REFUSED,
    ),
    (
        "the originator sent more packets, as after an answer; no answer was seen",
        lambda seen: seen.asked & seen.silent & seen.continued,
        Outcome.ONE_WAY,
    ),
    ("a SYN without an answer", lambda seen: seen.asked & ~seen.resp, Outcome.NO_REPLY),
    ("both sides, without a handshake", lambda seen: seen.orig & seen.resp, Outcome.PARTIAL),
)
"""What became of a connection: the first line that fits, else one-way."""


@dataclass(frozen=True)
class Exchange:
    """What was seen of every flow of datagrams. ``elsewhere``: it was answered in another flow (DHCP, TFTP); ``due``:
    an answer was; ``lost``: it was seen on its way and never where the originator is."""

    orig: Truths
    resp: Truths
    elsewhere: Truths
    due: Truths
    lost: Truths


DATAGRAM_OUTCOMES: tuple[tuple[str, Callable[[Exchange], Truths], Outcome], ...] = (
    (
        "its answer was seen at one vantage, and never at the one where the originator is",
        lambda seen: seen.orig & seen.due & seen.lost & ~seen.elsewhere,
        Outcome.NO_REPLY,
    ),
    ("both sides", lambda seen: seen.orig & seen.resp, Outcome.ESTABLISHED),
    ("its answer came in another flow (DHCP, TFTP)", lambda seen: seen.elsewhere, Outcome.ESTABLISHED),
    ("an answer was due, and none was seen", lambda seen: seen.orig & seen.due, Outcome.NO_REPLY),
)
"""What became of datagrams: the first line that fits, else one-way."""


def first_that_fits(lines: list[tuple[Truths, Outcome]]) -> NDArray[np.int64]:
    """The outcome of the first line that fits each flow, as a number; one-way where none does."""
    return np.select(
        [fits for fits, _ in lines], [OUTCOMES.index(word) for _, word in lines], OUTCOMES.index(Outcome.ONE_WAY)
    )


def datagram_outcomes(
    facts: Facts, sides: Sides, relations: Relations, wants_answer: Truths, lost: Truths
) -> NDArray[np.int64]:
    """The outcome of every flow as though it were of datagrams, by DATAGRAM_OUTCOMES. Silence means something only
    where an answer was due."""
    due = wants_answer.copy()
    for proto, number in sorted(net.ASKS):
        port = facts.resp_p if proto == "udp" else facts.orig_p
        due |= (facts.proto == net.PROTOCOL_NUMBERS[proto]) & (port == number)
    due &= ((facts.cast == CAST_NUMBER[Cast.UNICAST]) & ~relations.no_answer_due) | wants_answer
    elsewhere = relations.answered.copy()
    elsewhere[list(relations.transfers)] = True
    exchange = Exchange(sides.orig, sides.resp, elsewhere, due, lost)
    return first_that_fits([(fits(exchange), word) for _, fits, word in DATAGRAM_OUTCOMES])


def icmp_outcome(table: FlowTable, flow: int) -> Outcome | None:
    """What the ICMP error attached to a flow says of it."""
    error = table.icmp_error
    version, kind, code = int(table.ip_version[flow]), int(error.type[flow]), int(error.code[flow])
    for of, wanted, codes, outcome in ICMP_OUTCOMES:
        if of == version and wanted in (None, kind) and (codes is None or code in codes):
            return outcome
    return None
