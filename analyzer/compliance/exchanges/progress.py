"""Exchanges of datagrams that did not get on: a request, an answer or a block that was sent again and again.

A sender repeats what was not answered, so a repetition after an answer shows that the answer did not arrive. Sources:
RFC 1350 and 2347 (TFTP: each side repeats its last datagram), RFC 2131, section 4.1 (DHCP: the client repeats).
"""

from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from analyzer import net
from analyzer.columns import Integers
from analyzer.compliance.exchanges.dhcp import ANSWERED_WITHIN, EARLIER, DhcpMessage, asks_again, proxy_port, sender_of
from analyzer.flows.columns import SideColumns
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FlowTable
from analyzer.protocols.dhcp import ACK, DISCOVER, NO_ADDRESS, REQUEST
from analyzer.protocols.tftp import ACKNOWLEDGE, DATA, DEFAULT_BLOCK, ERROR, HEADER, READ, WRITE

REPEATED = 2
"""Repetitions of one datagram that show that nothing came of it."""

BREAKS = ("", "tftp-answer-lost", "tftp-no-progress", "dhcp-answer-lost")
"""What shows that an exchange did not get on, as codes of messages; nothing where nothing shows it."""
NO_BREAK, ANSWER_LOST, NO_PROGRESS, ACK_LOST = range(4)
ARRIVED, UNPROVEN = -1, -2


class Progress(NamedTuple):
    """One value a flow. ``broken``: a number of BREAKS; ``unproven``: 1 for a request that was answered, of which
    nothing shows that the answer arrived."""

    broken: Integers
    unproven: Integers


def find_progress(
    table: FlowTable, hosts: Hosts, messages: tuple[DhcpMessage, ...], transfers: dict[int, list[int]]
) -> Progress:
    """Which exchanges did not get on. ``transfers``: TFTP request -> its transfers."""
    broken, unproven = np.zeros(len(table), dtype=np.int64), np.zeros(len(table), dtype=np.int64)
    asks = (table.proto == net.UDP) & (table.resp_p == net.TFTP)
    within = np.flatnonzero(asks & (table.resp.pkts > 0)).tolist()
    for request in sorted({*transfers, *within}):
        answers = transfers.get(request, [])
        ends = [end_of_transfer(table, request, answer) for answer in answers]
        if table.resp.pkts[request]:
            ends.append(end_of_transfer(table, request, request))
        if ARRIVED in ends:
            continue
        found = max(ends)
        if found == UNPROVEN and len(answers) and int(table.orig.repeats[request]) >= 1:
            found = ANSWER_LOST if repeated_after(table, request, answers) else UNPROVEN
        if found == UNPROVEN:
            unproven[request] = 1
        else:
            broken[[request, *answers]] = found
    for flow in requests_after_answer(table, hosts, messages):
        broken[flow] = ACK_LOST
    return Progress(broken, unproven)


def end_of_transfer(table: FlowTable, request: int, flow: int) -> int:
    """How a flow that answers a TFTP request ended: ARRIVED, UNPROVEN, or what shows that it did not get on."""
    asked_at = int(table.orig_p[request])
    by_server = flow != request and int(table.resp_p[flow]) == asked_at
    server, client = (table.orig, table.resp) if by_server else (table.resp, table.orig)
    sent, answered = int(server.last_payload[flow]), int(client.last_payload[flow])
    acted = bool(client.pkts[flow]) and answered >> 16 not in (READ, WRITE)
    if not acted:
        if sent >> 16 == ERROR:
            return ARRIVED if int(table.orig.repeats[request]) < REPEATED else UNPROVEN
        return ANSWER_LOST if int(server.repeats[flow]) >= 1 else UNPROVEN
    stuck = max(int(server.repeats[flow]), int(client.repeats[flow])) >= REPEATED
    return NO_PROGRESS if stuck and not is_complete(server, client, flow) else ARRIVED


def is_complete(server: SideColumns, client: SideColumns, flow: int) -> bool:
    """Whether the block that was sent last is shorter than others, and was acknowledged where it was captured. A block
    of its own may be the whole file."""
    for source, target in ((server, client), (client, server)):
        sent, answered = int(source.last_payload[flow]), int(target.last_payload[flow])
        if sent >> 16 == DATA and answered >> 16 == ACKNOWLEDGE and (sent ^ answered) & 0xFFFF == 0:
            length = int(source.last_length[flow])
            return length < int(source.longest[flow]) or (sent & 0xFFFF == 1 and length != HEADER + DEFAULT_BLOCK)
    return False


def repeated_after(table: FlowTable, request: int, answers: list[int]) -> bool:
    """Whether a request was sent again after the first of its answers."""
    first = min(int(table.first_ns[answer]) for answer in answers)
    return int(table.orig.last_ns[request]) > first


def requests_after_answer(table: FlowTable, hosts: Hosts, messages: tuple[DhcpMessage, ...]) -> set[int]:
    """Flows in which every DHCP client that sent a REQUEST sent it again and again although an ACK answered it. A
    relay's flow has the requests of many clients."""
    named = last_named(table, hosts, messages)
    clients: dict[int, set[str]] = defaultdict(set)
    lost: dict[int, set[str]] = defaultdict(set)
    for exchange in read_exchanges(table, messages):
        clients[exchange.flow].add(exchange.client)
        if answer_was_lost(table, hosts, exchange, named):
            lost[exchange.flow].add(exchange.client)
    return {flow for flow, every in clients.items() if lost[flow] == every}


class DhcpExchange(NamedTuple):
    """The REQUESTs that a client sent in one flow with one transaction id since its last DISCOVER, and the ACKs to
    them, in order of time. ``proxy``: they are on the boot server's port; ``client``: its MAC, or the transaction id
    where it has none."""

    flow: int
    client: str
    proxy: bool
    requests: list[DhcpMessage]
    answers: list[DhcpMessage]


def read_exchanges(table: FlowTable, messages: tuple[DhcpMessage, ...]) -> list[DhcpExchange]:
    """Every exchange of REQUESTs and ACKs."""
    acknowledged: dict[tuple[bool, int, str], list[DhcpMessage]] = defaultdict(list)
    discovered: dict[str, list[int]] = defaultdict(list)
    asked: dict[tuple[int, bool, int, str], list[DhcpMessage]] = defaultdict(list)
    for message in messages:
        mark, bootp = message
        proxy = proxy_port(table, mark.flow)
        if not bootp.request and bootp.kind == ACK:
            acknowledged[proxy, bootp.xid, bootp.client_mac].append(message)
        elif bootp.request and bootp.kind == DISCOVER:
            discovered[bootp.client_mac].append(mark.time)
        elif bootp.request and bootp.kind == REQUEST:
            asked[mark.flow, proxy, bootp.xid, bootp.client_mac].append(message)
    found = []
    for (flow, proxy, xid, mac), every in asked.items():
        begins = max((time for time in discovered[mac] if time < every[-1].mark.time), default=-1)
        requests = [message for message in every if message.mark.time > begins]
        first = requests[0].mark.time
        answers = [
            answer for answer in acknowledged[proxy, xid, mac] if 0 <= answer.mark.time - first <= ANSWERED_WITHIN
        ]
        found.append(DhcpExchange(flow, mac or f"{xid:#x}", proxy, requests, answers))
    return found


def answer_was_lost(table: FlowTable, hosts: Hosts, exchange: DhcpExchange, named: dict[tuple[bool, str], int]) -> bool:
    """Whether a client repeated its REQUEST after the ACK, and the address that the ACK assigns was not used then.
    ``named``: as last_named() returns it."""
    if not exchange.answers:
        return False
    mark, bootp = exchange.answers[0]
    repeats = 0
    # A datagram may be captured at several places on its way: these are one.
    for before, message in pairwise(exchange.requests):
        late = message.mark.time - max(mark.time, before.mark.time) > EARLIER
        repeats += late and (exchange.proxy or asks_again(message, mark.time))
    if repeats < REPEATED:
        return False
    address = bootp.your_ip if bootp.your_ip != NO_ADDRESS else exchange.requests[-1].bootp.client_ip
    # On the boot server's port a client names its address before the answer, too.
    uses = [False] if exchange.proxy else [False, True]
    return not was_used(table, hosts, address, mark.time) and all(
        named.get((proxy, address), -1) <= mark.time for proxy in uses
    )


def last_named(table: FlowTable, hosts: Hosts, messages: tuple[DhcpMessage, ...]) -> dict[tuple[bool, str], int]:
    """(whether on the boot server's port, address) -> the last time that a client said that it has the address, or sent
    a DHCP message from it."""
    found: dict[tuple[bool, str], int] = {}
    for mark, bootp in messages:
        if bootp.request:
            for address in {bootp.client_ip, hosts.names[sender_of(hosts, mark)][0]} - {NO_ADDRESS}:
                found[proxy_port(table, mark.flow), address] = mark.time
    return found


def was_used(table: FlowTable, hosts: Hosts, address: str, since: int) -> bool:
    """Whether an address sent anything after that time, other than DHCP."""
    if address == NO_ADDRESS:
        return False
    codes = [code for code, (name, _) in enumerate(hosts.names) if name == address]
    dhcp = (table.orig_p == net.DHCP_CLIENT) | (table.resp_p == net.PXE)
    for ends, side in ((hosts.orig, table.orig), (hosts.resp, table.resp)):
        sent = np.isin(ends, codes) & (side.pkts > 0) & (side.last_ns > since)
        if (sent & ~dhcp).any():
            return True
    return False
