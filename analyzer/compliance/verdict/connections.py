"""What became of TCP connections, decided from what was acknowledged. docs/verdicts.md is made from the table here.

Sources: RFC 9293 (a segment is sent again until it is acknowledged), RFC 5961 (an ACK in answer to a SYN).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analyzer.columns import Integers, Truths
from analyzer.compliance.exchanges.progress import REPEATED
from analyzer.flows.columns import SideColumns
from analyzer.flows.history import letter_bits
from analyzer.flows.senders import hops_of
from analyzer.flows.table import FlowTable
from analyzer.values import Outcome


@dataclass(frozen=True)
class SideProgress:
    """How far one side of every connection came.

    ``data``: it sent data. ``acknowledged``: octets of it that the peer acknowledged, FIN as one; -1: not even its SYN.
    ``unacknowledged``: it sent data again and again, and none of it was acknowledged; or FIN, and nothing of any side
    was. ``repeated_all``: it sent all its data again and again, although it was acknowledged where it was captured, and
    acknowledged nothing of the peer itself.
    """

    data: Truths
    acknowledged: Integers
    unacknowledged: Truths
    repeated_all: Truths

    @classmethod
    def of(cls, side: SideColumns, peer: SideColumns) -> "SideProgress":
        """The progress of this side."""
        sent, acknowledged, repeats = side.octets_sent, side.octets_acknowledged, side.repeats
        again = (repeats >= REPEATED) & (sent > 0)
        data, peer_unheard = side.payload_bytes > 0, peer.octets_acknowledged <= 0
        return cls(
            data=np.asarray(data),
            acknowledged=acknowledged,
            unacknowledged=np.asarray(again & (acknowledged <= 0) & (data | peer_unheard)),
            repeated_all=np.asarray(
                again
                & data
                & peer_unheard
                & (acknowledged >= sent)
                & (side.payload_bytes >= side.data_octets_sent * (repeats + 1))
            ),
        )


@dataclass(frozen=True)
class Connection:
    """What was seen of every connection. ``asked``: its SYN; ``accepted``: a SYN-ACK that acknowledges it;
    ``answered``: the responder sent SYN-ACK or ACK; ``continued``: the originator sent ACK or data;
    ``asked_again``: a SYN came after the responder's first answer;
    ``accepted_again``: the SYN-ACK was repeated after the originator's ACK, or without one, and the responder sent
    nothing else; ``gave_up`` and ``reset``: a RST of the originator, of the responder; ``reset_between``: a RST in
    the originator's name with a TTL that is not the originator's; ``closed_unused``: the originator closed without
    having sent data; ``silent``: nothing that the responder sent is part of it; ``lost``: what it sent was seen on
    its way and never where the originator is."""

    asked: Truths
    accepted: Truths
    answered: Truths
    continued: Truths
    asked_again: Truths
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
    def no_data(self) -> Truths:
        """Whether no side sent data."""
        return np.asarray(~self.orig_progress.data & ~self.resp_progress.data)

    @property
    def data_not_acknowledged(self) -> Truths:
        """Whether nothing was acknowledged of what a side sent, or nothing was sent."""
        sides = (self.orig_progress, self.resp_progress)
        open_data = [side.data & (side.acknowledged <= 0) for side in sides]
        return np.asarray(self.nothing_acknowledged | open_data[0] | open_data[1])


def accepted_again(orig: SideColumns, resp: SideColumns) -> Truths:
    """The responder sent nothing but SYN-ACKs (and a RST), three or more, and the originator's ACK did not end that:
    two or more came after it, or there was none. One SYN-ACK may have been on its way when the ACK was sent."""
    only_syn_acks = resp.seen_letters & ~letter_bits("HRI") == 0
    again = (resp.late_syns >= REPEATED) | (orig.seen_letters & letter_bits("ADF") == 0)
    return np.asarray((resp.seen_letters & letter_bits("H") != 0) & (resp.syns > REPEATED) & only_syn_acks & again)


def find_connections(table: FlowTable, lost: Truths) -> Connection:
    """What was seen of every flow as though it were a connection."""
    orig, resp = table.orig, table.resp
    asked = (orig.seen_letters & letter_bits("S")) != 0
    synchronised = (resp.seen_letters & letter_bits("H")) != 0
    progress = SideProgress.of(orig, resp), SideProgress.of(resp, orig)
    return Connection(
        asked=asked,
        accepted=asked & synchronised & (progress[0].acknowledged >= 0),
        answered=(resp.seen_letters & letter_bits("HA")) != 0,
        continued=(orig.seen_letters & letter_bits("AD")) != 0,
        asked_again=orig.late_syns > 0,
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
    """Whether a side's RST came from another distance than its first packet. A system may send RST with a TTL of its
    own: then the number of routers on the way is the same."""
    known = (side.ttl >= 0) & (side.rst_ttl >= 0)
    return np.asarray(known & (hops_of(side.ttl) != hops_of(side.rst_ttl)))


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
        "the SYN was repeated after a SYN-ACK was seen, and nothing followed: it did not arrive",
        lambda seen: seen.accepted & ~seen.continued & seen.asked_again & ~seen.gave_up,
        Outcome.NO_REPLY,
    ),
    OutcomeLine(
        "the SYN was answered by a segment that acknowledges something else, as one of an earlier connection does",
        lambda seen: seen.asked & seen.answered & (seen.orig_progress.acknowledged < 0) & ~seen.orig_progress.data,
        Outcome.NO_REPLY,
        "syn-not-acknowledged",
    ),
    OutcomeLine(
        "the responder sent the SYN-ACK three times or more, twice of them after an ACK or always without one, and "
        "nothing else: the handshake was not completed",
        lambda seen: (seen.accepted | ~seen.orig) & seen.accepted_again & seen.nothing_acknowledged,
        Outcome.NO_REPLY,
        "syn-ack-repeated",
    ),
    OutcomeLine(
        "the originator sent the same data three times or more, and nothing of it was acknowledged; or it sent FIN "
        "three times or more, and nothing of either side was acknowledged",
        lambda seen: seen.orig_progress.unacknowledged,
        Outcome.NO_REPLY,
        "data-not-acknowledged",
    ),
    OutcomeLine(
        "the responder sent the same data three times or more, and nothing of it was acknowledged; or it sent FIN "
        "three times or more, and nothing of either side was acknowledged",
        lambda seen: seen.resp_progress.unacknowledged,
        Outcome.NO_REPLY,
        "answer-not-acknowledged",
    ),
    OutcomeLine(
        "the originator sent all its data three times or more although it was acknowledged, and acknowledged nothing: "
        "the acknowledgement did not arrive",
        lambda seen: seen.orig_progress.repeated_all,
        Outcome.NO_REPLY,
        "data-repeated",
    ),
    OutcomeLine(
        "the responder sent all its data three times or more although it was acknowledged, and acknowledged nothing: "
        "the acknowledgement did not arrive",
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
