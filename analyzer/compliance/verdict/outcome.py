"""The outcome of every flow. docs/verdicts.md is made from the tables here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths, group_rows
from analyzer.compliance.exchanges.pairing import Relations
from analyzer.compliance.exchanges.progress import ACK_LOST, ANSWER_LOST, BREAKS, NO_PROGRESS, REPEATED
from analyzer.compliance.identity.roles import CAST_NUMBER
from analyzer.compliance.matching.facts import Facts
from analyzer.compliance.verdict.connections import TCP_OUTCOMES, Connection, OutcomeLine, find_connections
from analyzer.flows.table import FlowTable
from analyzer.values import Cast, Outcome

OUTCOMES = tuple(Outcome)


class IcmpLine(NamedTuple):
    """A line of the table of ICMP errors. ``kind``, ``codes``: None: any. ``outcome``: None: says nothing of the
    service. ``repeated``: the outcome if such errors came again and again, and nothing was acknowledged; None: the same
    one."""

    version: int
    kind: int | None
    codes: tuple[int, ...] | None
    outcome: Outcome | None
    repeated: Outcome | None = None


ICMP_OUTCOMES = (
    IcmpLine(4, 3, (9, 10, 13), Outcome.ADMIN_PROHIBITED),
    IcmpLine(4, 3, (4,), None, repeated=Outcome.UNREACHABLE),
    IcmpLine(4, 3, None, Outcome.UNREACHABLE),
    IcmpLine(4, 11, None, Outcome.UNREACHABLE),
    IcmpLine(4, 12, None, Outcome.UNREACHABLE),
    IcmpLine(4, None, None, None),
    IcmpLine(6, 1, (1,), Outcome.ADMIN_PROHIBITED),
    IcmpLine(6, 2, None, None, repeated=Outcome.UNREACHABLE),
    IcmpLine(6, None, None, Outcome.UNREACHABLE),
)
"""What an ICMP error says of the flow that it quotes: the first line that fits. Codes: RFC 792, 1812, 4443. Errors of
IPv4 type 3 with code 4, and of IPv6 type 2, are about packets that are too big."""

FURTHER = ("transfer-icmp-error",)
"""Codes of messages about causes that are in no line of the tables."""


@dataclass(frozen=True)
class Ended:
    """One value a flow. ``outcome``: a number into OUTCOMES. ``cause``: a number into CAUSES, the message that says
    what shows that a flow got no service; 0 where the evidence is looked for elsewhere. ``unproven``: nothing shows
    that anything was served, and nothing that it was not. ``connection``: what was seen of it as a connection."""

    outcome: NDArray[np.int64]
    cause: NDArray[np.int64]
    unproven: Truths
    connection: Connection


def outcomes(table: FlowTable, facts: Facts, relations: Relations, wants_answer: Truths, lost: Truths) -> Ended:
    """The outcome of every flow. ``wants_answer``: its row has an answer; ``lost``: its answer was captured on its way,
    but not where the originator is."""
    tcp = table.proto == net.TCP
    connection = find_connections(table, lost)
    wants_answer = wants_answer & ~relations.no_answer_due
    by_protocol = (
        first_that_fits(TCP_OUTCOMES, connection),
        first_that_fits(DATAGRAM_OUTCOMES, find_exchanges(table, facts, relations, wants_answer, lost)),
    )
    outcome, cause = (np.where(tcp, *columns) for columns in zip(*by_protocol, strict=True))
    served = np.where(tcp, ~connection.data_not_acknowledged, outcome == OUTCOMES.index(Outcome.ESTABLISHED))
    # An answer that came after the error is service after all.
    after = tcp & connection.accepted & (table.icmp_error.time_ns > table.resp.first_ns)
    flows = np.flatnonzero((table.icmp_error.count > 0) & ~served & (after | (table.resp.pkts == 0)))
    repeated = table.icmp_error.count[flows] >= REPEATED
    columns = (table.ip_version, table.icmp_error.type, table.icmp_error.code)
    first, kind = group_rows([*(column[flows] for column in columns), repeated.astype(np.int64)])
    by_kind = [
        icmp_outcome(table, flow, repeated=again)
        for flow, again in zip(flows[first].tolist(), repeated[first].tolist(), strict=True)
    ]
    numbers = np.array([OUTCOMES.index(word) if word else -1 for word in by_kind], dtype=np.int64)[kind]
    outcome[flows] = np.where(numbers >= 0, numbers, outcome[flows])
    cause[flows[numbers >= 0]] = 0
    pass_on_errors(relations, outcome, cause)
    one_way, partial = (outcome == OUTCOMES.index(word) for word in (Outcome.ONE_WAY, Outcome.PARTIAL))
    unused = (connection.asked & connection.accepted | partial) & connection.nothing_acknowledged
    unproven = np.where(tcp, unused | (one_way & connection.no_data), relations.progress.unproven > 0)
    return Ended(outcome, cause, np.asarray(unproven, dtype=bool), connection)


def pass_on_errors(relations: Relations, outcome: NDArray[np.int64], cause: NDArray[np.int64]) -> None:
    """Give a TFTP request that did not get on the ICMP error that came in answer to its transfer."""
    errors = [OUTCOMES.index(word) for word in (Outcome.ADMIN_PROHIBITED, Outcome.UNREACHABLE)]
    for request, transfers in relations.transfers.items():
        stopped = [flow for flow in transfers if outcome[flow] in errors]
        if stopped and relations.progress.broken[request]:
            outcome[request], cause[request] = outcome[stopped[0]], CAUSES.index("transfer-icmp-error")


@dataclass(frozen=True)
class Exchange:
    """What was seen of every flow of datagrams. ``elsewhere``: it was answered in another flow (DHCP, TFTP); ``due``:
    an answer was; ``lost``: it was seen on its way and never where the originator is; ``broken``: a number of
    BREAKS."""

    orig: Truths
    resp: Truths
    elsewhere: Truths
    due: Truths
    lost: Truths
    broken: NDArray[np.int64]


DATAGRAM_OUTCOMES: tuple[OutcomeLine, ...] = (
    *(
        OutcomeLine(text, lambda seen, number=number: seen.broken == number, Outcome.NO_REPLY, BREAKS[number])
        for number, text in (
            (ANSWER_LOST, "a TFTP request or its answer was repeated, and the client sent nothing after the answer"),
            (NO_PROGRESS, "a TFTP block or its acknowledgement was sent three times or more, and no other followed"),
            (
                ACK_LOST,
                "every DHCP client in it repeated its request twice or more after the ACK, and did not use the address",
            ),
        )
    ),
    OutcomeLine(
        "its answer was seen at one vantage, and never at the one where the originator is",
        lambda seen: seen.orig & seen.due & seen.lost & ~seen.elsewhere,
        Outcome.NO_REPLY,
    ),
    OutcomeLine("both sides", lambda seen: seen.orig & seen.resp, Outcome.ESTABLISHED),
    OutcomeLine("its answer came in another flow (DHCP, TFTP)", lambda seen: seen.elsewhere, Outcome.ESTABLISHED),
    OutcomeLine("an answer was due, and none was seen", lambda seen: seen.orig & seen.due, Outcome.NO_REPLY),
)
"""What became of datagrams: the first line that fits, else one-way."""


CAUSES = ("", *dict.fromkeys(line.cause for line in (*TCP_OUTCOMES, *DATAGRAM_OUTCOMES) if line.cause), *FURTHER)
"""The codes of the messages that say what shows that a flow got no service."""


def first_that_fits(
    lines: Sequence[OutcomeLine], seen: Connection | Exchange
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The outcome and the cause of the first line that fits each flow, as numbers; one-way and 0 where none does."""
    fits = [line.fits(seen) for line in lines]
    return (
        np.select(fits, [OUTCOMES.index(line.outcome) for line in lines], OUTCOMES.index(Outcome.ONE_WAY)),
        np.select(fits, [CAUSES.index(line.cause) for line in lines], 0),
    )


def find_exchanges(
    table: FlowTable, facts: Facts, relations: Relations, wants_answer: Truths, lost: Truths
) -> Exchange:
    """What was seen of every flow as though it were of datagrams. Silence means something only where an answer was
    due."""
    due = wants_answer.copy()
    for proto, number in sorted(net.ASKS):
        port = facts.resp_p if proto == "udp" else facts.orig_p
        due |= (facts.proto == net.PROTOCOL_NUMBERS[proto]) & (port == number)
    due &= ((facts.cast == CAST_NUMBER[Cast.UNICAST]) & ~relations.no_answer_due) | wants_answer
    elsewhere = relations.answered.copy()
    elsewhere[list(relations.transfers)] = True
    return Exchange(
        orig=table.orig.pkts > 0,
        resp=table.resp.pkts > 0,
        elsewhere=elsewhere,
        due=due,
        lost=lost,
        broken=relations.progress.broken,
    )


def icmp_outcome(table: FlowTable, flow: int, *, repeated: bool = False) -> Outcome | None:
    """What the ICMP error attached to a flow says of it. ``repeated``: such errors came again and again, and nothing of
    the flow was acknowledged."""
    error = table.icmp_error
    version, kind, code = int(table.ip_version[flow]), int(error.type[flow]), int(error.code[flow])
    for line in ICMP_OUTCOMES:
        if line.version == version and line.kind in (None, kind) and (line.codes is None or code in line.codes):
            return (line.repeated if repeated else None) or line.outcome
    return None
