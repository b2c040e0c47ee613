"""Why an answer to a flow could not have been captured."""

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths, Words, group_rows
from analyzer.compliance.exchanges.dhcp import Message, may_be_probes, sender_of
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
from analyzer.values import Cast, Role


def find_blind_spots(context: JudgingContext, vantages: tuple[Vantage, ...], messages: tuple[Message, ...]) -> Words:
    """For every flow, why an answer to it could not have been seen; nothing where it could."""
    evidence, hosts, host_facts, facts = context.evidence, context.hosts, context.host_facts, context.facts
    table = evidence.table
    answering = frozenset(
        hosts.names[code][0] for code in np.flatnonzero(host_facts.roles & ROLE_BIT[Role.DHCP_SERVER])
    )
    reasons = np.full(len(table), "", dtype=object)
    flows = np.flatnonzero((table.orig.pkts == 0) | (table.resp.pkts == 0))
    dhcp: Truths = (facts.proto[flows] == net.UDP) & (facts.resp_p[flows] == net.DHCP_SERVER)
    answered_elsewhere = dhcp | ((facts.proto[flows] == net.UDP) & (facts.resp_p[flows] == net.TFTP))
    blind, first = np.ones(len(flows), dtype=bool), np.full(len(flows), "", dtype=object)
    for number in reversed(range(len(vantages))):
        here = np.flatnonzero(table.seen[flows, number])
        why = why_blind(vantages, number, table.first_ns[flows[here]])
        heard = answers_among(context, flows[here], answers_shown(context, number, messages, answering))
        broadcast = facts.cast[flows[here]] == CAST_NUMBER[Cast.LIMITED_BROADCAST]
        why[(why == "") & broadcast & ~heard] = why_blind_to_broadcast(vantages[number], answering)
        blind[here] &= why != ""
        first[here] = why
    reasons[flows[one_sided(evidence, hosts)[flows]]] = (
        "another connection of these two shows one side only, although both spoke"
    )
    reasons[flows[blind]] = first[blind]
    if any(vantage.over_limit for vantage in vantages):
        reasons[flows[answered_elsewhere]] = "its answer is a flow of its own, and flows beyond the limit were not kept"
    legible = np.zeros(len(table), dtype=bool)
    legible[[message.mark.flow for message in messages]] = True
    reasons[flows[dhcp & ~legible[flows]]] = "its messages were captured too short to tell which answers are theirs"
    reasons[flows[may_be_probes(table, hosts, legible)[flows]]] = (
        "its sender answered DHCP then, captured too short to tell whether it made sure that the address is free"
    )
    return reasons


def answers_shown(
    context: JudgingContext, number: int, messages: tuple[Message, ...], answering: frozenset[str]
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


def why_blind(vantages: tuple[Vantage, ...], number: int, begins: NDArray[np.int64]) -> Words:
    """Why a vantage that saw flows begin, with those that show the other direction of what it shows, could not have
    seen answers to them; one value a flow, nothing where it could."""
    vantage = vantages[number]
    why = np.full(len(begins), "", dtype=object)
    answering = [vantage] if vantage.both_ways else [vantages[half] for half in vantage.complements]
    never = np.iinfo(np.int64).max
    cut = np.full(len(begins), never, dtype=np.int64)
    for half in answering:
        there = ~ends_soon(half, begins) & ((half is vantage) | (half.first <= begins) & (begins <= half.last))
        cut[there] = np.minimum(cut[there], half.cut_headers)
    for frames in np.unique(cut).tolist():
        if frames:
            why[cut == frames] = (
                "the capture shows one direction only: no conversation in it has both"
                if frames == never
                else f"{frames} frames of the capture are cut inside their headers; the answer may be among them"
            )
    why[ends_soon(vantage, begins)] = "it begins in the last three seconds of the capture, or of a part of it"
    return why


def ends_soon(vantage: Vantage, begins: NDArray[np.int64]) -> Truths:
    """Whether capturing ended within the last seconds after these times."""
    ends = np.sort(np.array(vantage.ends, dtype=np.int64))
    following = np.searchsorted(ends, begins)
    return (following < len(ends)) & (ends[np.minimum(following, len(ends) - 1)] - begins < LAST_SECONDS)


def why_blind_to_broadcast(vantage: Vantage, answering: frozenset[str]) -> str:
    """A broadcast is answered by unicast, which passes a tap and the answering host itself and perhaps nobody else."""
    if vantage.kind is VantageKind.TAP or vantage.host_addresses & answering:
        return ""
    if vantage.kind is VantageKind.HOST:
        hosts = ", ".join(sorted(vantage.host_addresses))
        return f"this is the view of {hosts}: unicast answers of another server do not pass it"
    return "unicast between others does not demonstrably pass this vantage, and the answer to a broadcast is unicast"


def answers_lost(context: JudgingContext, vantages: tuple[Vantage, ...]) -> Truths:
    """Flows whose answer was seen, and not at a vantage where their originator demonstrably is, nor at the one that
    shows the other direction of that."""
    table, hosts = context.evidence.table, context.hosts
    lost = np.zeros(len(table), dtype=bool)
    answered, begins = (table.sides & FROM_RESP).any(axis=1), table.first_ns
    for vantage in vantages:
        asked = table.sides[:, vantage.number] == FROM_ORIG
        told = (table.sides[:, list(vantage.complements)] & FROM_RESP).any(axis=1)
        flows = np.flatnonzero(answered & asked & ~told)
        first, kind = group_rows([hosts.orig[flows], hosts.resp[flows]])
        ends = [[hosts.names[code][0] for code in hosts.names_of(flow)] for flow in flows[first].tolist()]
        heard = np.array([is_on_path(vantage, orig, resp) for orig, resp in ends], dtype=bool)
        lost[flows] |= heard[kind] & (why_blind(vantages, vantage.number, begins[flows]) == "")
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
