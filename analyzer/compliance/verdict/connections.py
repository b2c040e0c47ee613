"""What became of TCP connections, decided from what was acknowledged. docs/verdicts.md is made from the table here.

Sources: RFC 9293 (a segment is sent again until it is acknowledged), RFC 5961 (an ACK in answer to a SYN).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analyzer.columns import Integers, Truths
from analyzer.flows.columns import SideColumns
from analyzer.flows.history import letter_bits
from analyzer.flows.senders import FIRST_TTLS
from analyzer.flows.table import FlowTable
from analyzer.values import Outcome

REPEATED = 2
"""Repetitions that show that an answer did not arrive: the same segment or datagram was sent three times."""


@dataclass(frozen=True)
class SideProgress:
    """How far one side of every connection came.

    ``data``: it sent data. ``acknowledged``: octets of it that the peer acknowledged, FIN as one; -1: not even its SYN.
    ``unacknowledged``: it sent data or FIN again and again, and none of it was acknowledged. ``repeated_all``: it sent
    everything again and again, although it was acknowledged where it was captured.
    """

    data: Truths
    acknowledged: Integers
    unacknowledged: Truths
    repeated_all: Truths

    @classmethod
    def of(cls, side: SideColumns) -> "SideProgress":
        """The progress of this side."""
        sent, acknowledged, repeats = side.octets_sent, side.octets_acknowledged, side.repeats
        again = (repeats >= REPEATED) & (sent > 0)
        closed = (side.seen_letters & letter_bits("F")) != 0
        return cls(
            data=np.asarray(side.payload_bytes > 0),
            acknowledged=acknowledged,
            unacknowledged=np.asarray(again & (acknowledged <= 0)),
            repeated_all=np.asarray(
                again & (acknowledged >= sent) & (side.payload_bytes >= (sent - closed) * (repeats + 1))
            ),
        )


@dataclass(frozen=True)
class Connection:
    """What was seen of every connection. ``asked``: its SYN; ``accepted``: a SYN-ACK that acknowledges it;
    ``answered``: the responder sent SYN-ACK or ACK; ``continued``: the originator sent ACK or data;
    ``repeated``: more than one SYN;
    ``accepted_again``: the SYN-ACK was repeated after the originator's ACK, or without one, and the responder sent
    nothing else; ``gave_up`` and ``reset``: a RST of the originator, of the responder; ``reset_between``: a RST in
    the originator's name with a TTL that is not the originator's; ``closed_unused``: the originator closed without
    having sent data; ``silent``: nothing that the responder sent is part of it; ``lost``: what it sent was seen on
    its way and never where the originator is."""

    asked: Truths
    accepted: Truths
    answered: Truths
    continued: Truths
    repeated: Truths
    accepted_again: Truths
    gave_up: Truths
    reset: Truths
    reset_between: Truths
    closed_unused: Truths
    silent: Truths
    lost: Truths
    orig: Truths
    resp: Truths
    orig_progress: SideProgress
    resp_progress: SideProgress

    @property
    def nothing_acknowledged(self) -> Truths:
        """Whether no octet of any side was acknowledged."""
        return np.asarray((self.orig_progress.acknowledged <= 0) & (self.resp_progress.acknowledged <= 0))

    @property
    def data_not_acknowledged(self) -> Truths:
        """Whether nothing was acknowledged of what a side sent, or nothing was sent."""
        sides = (self.orig_progress, self.resp_progress)
        open_data = [side.data & (side.acknowledged <= 0) for side in sides]
        return np.asarray(self.nothing_acknowledged | open_data[0] | open_data[1])


def accepted_again(orig: SideColumns, resp: SideColumns) -> Truths:
    """The responder sent nothing but SYN-ACKs (and a RST), three or more, and the originator's ACK did not end that:
    none came after the last SYN-ACK, or it was not the first ACK."""
    only_syn_acks = resp.seen_letters & ~letter_bits("HRI") == 0
    acks = orig.pkts - orig.syns
    again = (resp.last_ns > orig.last_ns) | (acks >= 2)
    return np.asarray((resp.seen_letters & letter_bits("H") != 0) & (resp.syns > REPEATED) & only_syn_acks & again)


def find_connections(table: FlowTable, lost: Truths) -> Connection:
    """What was seen of every flow as though it were a connection."""
    orig, resp = table.orig, table.resp
    asked = (orig.seen_letters & letter_bits("S")) != 0
    synchronised = (resp.seen_letters & letter_bits("H")) != 0
    progress = SideProgress.of(orig), SideProgress.of(resp)
    return Connection(
        asked=asked,
        accepted=asked & synchronised & (progress[0].acknowledged >= 0),
        answered=(resp.seen_letters & letter_bits("HA")) != 0,
        continued=(orig.seen_letters & letter_bits("AD")) != 0,
        repeated=orig.syns > 1,
        accepted_again=accepted_again(orig, resp),
        gave_up=orig.was_reset,
        reset=resp.was_reset,
        reset_between=orig.was_reset & other_ttl(orig),
        closed_unused=((orig.seen_letters & letter_bits("F")) != 0) & ~progress[0].data,
        silent=resp.is_inactive,
        lost=lost,
        orig=orig.pkts > 0,
        resp=resp.pkts > 0,
        orig_progress=progress[0],
        resp_progress=progress[1],
    )


def other_ttl(side: SideColumns) -> Truths:
    """Whether a side's RST has another TTL than its first packet, and not only because a system sends RST with a TTL of
    its own."""
    own = np.isin(side.ttl, FIRST_TTLS) & np.isin(side.rst_ttl, FIRST_TTLS)
    return np.asarray((side.ttl >= 0) & (side.rst_ttl >= 0) & (side.rst_ttl != side.ttl) & ~own)


class OutcomeLine(NamedTuple):
    """A line of a table of outcomes. ``cause``: the code of the message that says what stopped a flow; empty where the
    evidence is looked for elsewhere."""

    text: str
    fits: Callable[..., Truths]
    outcome: Outcome
    cause: str = ""


TCP_OUTCOMES: tuple[OutcomeLine, ...] = (
    OutcomeLine(
        "the SYN's answer was seen at one vantage, and never at the one where the originator is, and nothing followed",
        lambda seen: seen.asked & seen.lost & ~seen.continued & ~seen.gave_up,
        Outcome.NO_REPLY,
    ),
    OutcomeLine(
        "the SYN was repeated although a SYN-ACK was seen, and nothing followed: it did not arrive",
        lambda seen: seen.accepted & ~seen.continued & seen.repeated & ~seen.gave_up,
        Outcome.NO_REPLY,
    ),
    OutcomeLine(
        "the SYN was answered by a segment that acknowledges something else, as one of an earlier connection does",
        lambda seen: seen.asked & seen.answered & (seen.orig_progress.acknowledged < 0) & ~seen.orig_progress.data,
        Outcome.NO_REPLY,
        "syn-not-acknowledged",
    ),
    OutcomeLine(
        "the responder sent the SYN-ACK three times or more, the last time after an ACK or without one, and nothing "
        "else: the handshake was not completed",
        lambda seen: seen.accepted & seen.accepted_again & seen.nothing_acknowledged,
        Outcome.NO_REPLY,
        "syn-ack-repeated",
    ),
    OutcomeLine(
        "a side sent the same data three times or more, and nothing of it was ever acknowledged",
        lambda seen: seen.orig_progress.unacknowledged,
        Outcome.NO_REPLY,
        "data-not-acknowledged",
    ),
    OutcomeLine(
        "the same for data of the responder",
        lambda seen: seen.resp_progress.unacknowledged,
        Outcome.NO_REPLY,
        "answer-not-acknowledged",
    ),
    OutcomeLine(
        "a side sent all its data three times or more although it was acknowledged: the acknowledgement did not arrive",
        lambda seen: seen.orig_progress.repeated_all,
        Outcome.NO_REPLY,
        "data-repeated",
    ),
    OutcomeLine(
        "the same for data of the responder",
        lambda seen: seen.resp_progress.repeated_all,
        Outcome.NO_REPLY,
        "answer-repeated",
    ),
    OutcomeLine(
        "after the handshake a RST came from the responder, or with another TTL in the originator's name, and nothing "
        "was acknowledged before",
        lambda seen: (
            seen.accepted & (seen.reset | seen.reset_between) & seen.nothing_acknowledged & ~seen.closed_unused
        ),
        Outcome.REFUSED,
        "reset-after-handshake",
    ),
    OutcomeLine("SYN and SYN-ACK", lambda seen: seen.accepted, Outcome.ESTABLISHED),
    OutcomeLine(
        "the SYN was answered by a RST, and the originator sent nothing more",
        lambda seen: seen.asked & seen.reset & ~seen.continued,
        Outcome.REFUSED,
    ),
    OutcomeLine(
        "the originator sent more packets, as after an answer; no answer was seen",
        lambda seen: seen.asked & seen.silent & seen.continued,
        Outcome.ONE_WAY,
    ),
    OutcomeLine("a SYN without an answer", lambda seen: seen.asked & ~seen.resp, Outcome.NO_REPLY),
    OutcomeLine("both sides, without a handshake", lambda seen: seen.orig & seen.resp, Outcome.PARTIAL),
)
"""What became of a connection: the first line that fits, else one-way."""
