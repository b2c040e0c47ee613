"""Exchanges of datagrams that did not get on: a request, an answer or a block that was sent again and again.

A sender repeats what was not answered, so a repetition after an answer shows that the answer did not arrive. Sources:
RFC 1350 and 2347 (TFTP: each side repeats its last datagram), RFC 2131, section 4.1 (DHCP: the client repeats).
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from analyzer import net
from analyzer.columns import Integers
from analyzer.compliance.exchanges.dhcp import ANSWERED_WITHIN, DhcpMessage
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


def requests_after_answer(table: FlowTable, hosts: Hosts, messages: tuple[DhcpMessage, ...]) -> list[int]:
    """Flows in which a DHCP client, or the relay in its place, sent its REQUEST again and again although an ACK
    answered it, and the address that the ACK assigns did not send anything later."""
    acknowledged: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
    discovered: dict[str, list[int]] = defaultdict(list)
    asked: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for mark, bootp in messages:
        if not bootp.request and bootp.kind == ACK:
            acknowledged[bootp.xid, bootp.client_mac].append((mark.time, bootp.your_ip))
        elif bootp.request and bootp.kind == DISCOVER:
            discovered[bootp.client_mac].append(mark.time)
        elif bootp.request and bootp.kind == REQUEST:
            asked[mark.flow, bootp.xid, bootp.client_mac].append(mark.time)
    found = []
    for (flow, xid, mac), every in asked.items():
        begins = max((time for time in discovered[mac] if time < every[-1]), default=-1)
        times = [time for time in every if time > begins]
        answers = [answer for answer in acknowledged[xid, mac] if 0 <= answer[0] - times[0] <= ANSWERED_WITHIN]
        if not answers:
            continue
        first, address = answers[0]
        if sum(time > first for time in times) >= REPEATED and not was_used(table, hosts, address, first):
            found.append(flow)
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
