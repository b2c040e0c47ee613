"""Why an answer to a flow could not have been captured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Integers, Truths, group_rows
from analyzer.compliance.exchanges.dhcp import DhcpMessage, may_be_probes, sender_of
from analyzer.compliance.identity.roles import CAST_NUMBER, ROLE_BIT
from analyzer.compliance.visibility.vantage import (
    ACKED_OR_SENT,
    LAST_SECONDS,
    JudgingContext,
    Vantage,
    VantageKind,
    is_on_path,
)
from analyzer.flows.evidence import Evidence
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FROM_ORIG, FROM_RESP
from analyzer.messages import Message, Value, message
from analyzer.values import Cast, Role

COULD = -1
"""Instead of a reason: an answer could have been captured."""


@dataclass(frozen=True)
class BlindSpots:
    """Why an answer to a flow could not have been captured. ``messages``: the different reasons; ``code``: (flows,) the
    reason of each flow, -1 where an answer could have been captured."""

    messages: tuple[Message, ...]
    code: Integers

    @property
    def blind(self) -> Truths:
        """Flows whose answer could not have been captured."""
        return np.asarray(self.code >= 0)

    def of(self, flow: int) -> Message | None:
        """The reason of one flow."""
        code = int(self.code[flow])
        return self.messages[code] if code >= 0 else None


class ReasonNumbers:
    """Numbers of reasons, each different one once."""

    def __init__(self) -> None:
        self._numbers: dict[Message, int] = {}

    def number(self, code: str, **values: Value) -> int:
        """The number of the reason with this code and these values."""
        return self._numbers.setdefault(message(code, **values), len(self._numbers))

    @property
    def messages(self) -> tuple[Message, ...]:
        """The reasons in the order of their numbers."""
        return tuple(self._numbers)


def find_blind_spots(
    context: JudgingContext, vantages: tuple[Vantage, ...], messages: tuple[DhcpMessage, ...]
) -> BlindSpots:
    """For every flow, why an answer to it could not have been captured."""
    evidence, hosts, host_facts, facts = context.evidence, context.hosts, context.host_facts, context.facts
    table, reasons = evidence.table, ReasonNumbers()
    answering = frozenset(
        hosts.names[code][0] for code in np.flatnonzero(host_facts.roles & ROLE_BIT[Role.DHCP_SERVER])
    )
    codes = np.full(len(table), COULD, dtype=np.int64)
    flows = np.flatnonzero((table.orig.pkts == 0) | (table.resp.pkts == 0))
    dhcp: Truths = (facts.proto[flows] == net.UDP) & (facts.resp_p[flows] == net.DHCP_SERVER)
    answered_elsewhere = dhcp | ((facts.proto[flows] == net.UDP) & (facts.resp_p[flows] == net.TFTP))
    blind, first = np.ones(len(flows), dtype=bool), np.full(len(flows), COULD, dtype=np.int64)
    for number in reversed(range(len(vantages))):
        here = np.flatnonzero(table.seen[flows, number])
        why = why_blind(vantages, number, table.first_ns[flows[here]], reasons)
        passed = answers_among(context, flows[here], answers_shown(context, number, messages, answering))
        broadcast = facts.cast[flows[here]] == CAST_NUMBER[Cast.LIMITED_BROADCAST]
        why[(why == COULD) & broadcast & ~passed] = why_blind_to_broadcast(vantages[number], answering, reasons)
        blind[here] &= why != COULD
        first[here] = why
    codes[flows[one_sided(evidence, hosts)[flows]]] = reasons.number("blind-other-connection")
    codes[flows[blind]] = first[blind]
    if any(vantage.over_limit for vantage in vantages):
        codes[flows[answered_elsewhere]] = reasons.number("blind-flow-limit")
    legible = np.zeros(len(table), dtype=bool)
    legible[[one.mark.flow for one in messages]] = True
    unread = flows[dhcp & ~legible[flows]]
    codes[unread] = why_unread(evidence, unread, reasons)
    codes[flows[may_be_probes(table, hosts, legible)[flows]]] = reasons.number("blind-check-cut")
    return BlindSpots(reasons.messages, codes)


def why_unread(evidence: Evidence, flows: Integers, reasons: ReasonNumbers) -> Integers:
    """Why no DHCP message was read in these flows: a number of ``reasons`` for each flow."""
    marks, count = evidence.table.marks, len(evidence.table)
    kept = np.bincount(marks.flow, minlength=count)[flows] > 0
    cut = np.bincount(marks.flow[marks.captured < marks.length], minlength=count)[flows] > 0
    cut |= ~kept & (evidence.marks_dropped == 0)
    words = np.where(cut, "blind-dhcp-cut", np.where(kept, "blind-dhcp-unread", "blind-dhcp-limit"))
    found, codes = np.unique(words, return_inverse=True)
    return np.array([reasons.number(str(word)) for word in found], dtype=np.int64)[codes]


def answers_shown(
    context: JudgingContext, number: int, messages: tuple[DhcpMessage, ...], answering: frozenset[str]
) -> frozenset[str]:
    """The clients' MACs of the DHCP answers that passed a vantage; ``*`` among them where one did by unicast, so that
    any may."""
    hosts, shown = context.hosts, set()
    for mark, bootp in messages:
        if (
            not bootp.request
            and context.evidence.captures[mark.capture].vantage - 1 == number
            and hosts.names[sender_of(hosts, mark)][0] in answering
        ):
            unicast = context.facts.cast[mark.flow] == CAST_NUMBER[Cast.UNICAST]
            shown.add("*" if unicast else bootp.client_mac)
    return frozenset(shown)


def answers_among(context: JudgingContext, flows: NDArray[np.int64], shown: frozenset[str]) -> Truths:
    """Whether answers to the originators of these flows are among those shown."""
    if not shown or "*" in shown:
        return np.full(len(flows), bool(shown))
    macs, codes = np.unique(context.evidence.table.orig.mac[flows], return_inverse=True)
    return np.array([net.mac_text(mac) in shown for mac in macs.tolist()], dtype=bool)[codes.reshape(-1)]


def why_blind(
    vantages: tuple[Vantage, ...], number: int, begins: NDArray[np.int64], reasons: ReasonNumbers
) -> Integers:
    """Why a vantage that saw flows begin, with those that show the other direction of what it shows, could not have
    seen answers to them: a number of ``reasons`` for each flow, COULD where it could."""
    vantage = vantages[number]
    why = np.full(len(begins), COULD, dtype=np.int64)
    answering = [vantage] if vantage.bidirectional else [vantages[one] for one in vantage.complements]
    never = np.iinfo(np.int64).max
    cut = np.full(len(begins), never, dtype=np.int64)
    for one in answering:
        there = ~ends_soon(one, begins) & ((one is vantage) | (one.first <= begins) & (begins <= one.last))
        cut[there] = np.minimum(cut[there], one.cut_headers)
    for frames in np.unique(cut).tolist():
        if frames:
            why[cut == frames] = (
                reasons.number("blind-one-direction")
                if frames == never
                else reasons.number("blind-cut-headers", frames=frames)
            )
    late = ends_soon(vantage, begins)
    if late.any():
        why[late] = reasons.number("blind-last-seconds")
    return why


def ends_soon(vantage: Vantage, begins: NDArray[np.int64]) -> Truths:
    """Whether capturing ended within the last seconds after these times."""
    ends = np.sort(np.array(vantage.ends, dtype=np.int64))
    following = np.searchsorted(ends, begins)
    return (following < len(ends)) & (ends[np.minimum(following, len(ends) - 1)] - begins < LAST_SECONDS)


def why_blind_to_broadcast(vantage: Vantage, answering: frozenset[str], reasons: ReasonNumbers) -> int:
    """A broadcast is answered by unicast, which passes a tap and the answering host, and perhaps no other vantage."""
    if vantage.kind is VantageKind.TAP or vantage.host_addresses & answering:
        return COULD
    if vantage.kind is VantageKind.HOST:
        return reasons.number("blind-host-view", hosts=tuple(sorted(vantage.host_addresses)))
    return reasons.number("blind-unicast")


def answers_lost(context: JudgingContext, vantages: tuple[Vantage, ...]) -> Truths:
    """Flows whose answer was seen, and not at a vantage where their originator demonstrably is, nor at the one that
    shows the other direction of that."""
    table, hosts = context.evidence.table, context.hosts
    lost = np.zeros(len(table), dtype=bool)
    answered, begins = (table.sides & FROM_RESP).any(axis=1), table.first_ns
    for vantage in vantages:
        asked = table.sides[:, vantage.number] == FROM_ORIG
        complemented = (table.sides[:, list(vantage.complements)] & FROM_RESP).any(axis=1)
        flows = np.flatnonzero(answered & asked & ~complemented)
        first, kind = group_rows([hosts.orig[flows], hosts.resp[flows]])
        ends = [[hosts.names[code][0] for code in hosts.names_of(flow)] for flow in flows[first].tolist()]
        passed = np.array([is_on_path(vantage, orig, resp) for orig, resp in ends], dtype=bool)
        lost[flows] |= passed[kind] & (why_blind(vantages, vantage.number, begins[flows], ReasonNumbers()) == COULD)
    return lost


def one_sided(evidence: Evidence, hosts: Hosts) -> Truths:
    """Flows between two hosts with a connection in which one side acknowledges what this capture never saw."""
    table = evidence.table
    continued = (table.orig.seen_letters & ACKED_OR_SENT) != 0
    acknowledged = (table.proto == net.TCP) & continued & (table.resp.pkts == 0)
    pairs = group_rows([np.minimum(hosts.orig, hosts.resp), np.maximum(hosts.orig, hosts.resp)])
    found = np.zeros(len(pairs.first), dtype=bool)
    found[pairs.codes[acknowledged & (table.orig.syns > 0)]] = True
    return np.asarray(found[pairs.codes])
