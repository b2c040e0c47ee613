"""Related flows with different 5-tuples: a TFTP transfer and its request, a DHCP request and its
answer. Source for TFTP: RFC 1350 (the server answers a request from a port of its own).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths
from analyzer.compliance.exchanges import dhcp
from analyzer.compliance.exchanges.dhcp import EARLIER, DhcpMessage
from analyzer.compliance.exchanges.elsewhere import find_answers_elsewhere
from analyzer.compliance.exchanges.progress import Progress, find_progress
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FlowTable
from analyzer.protocols.tftp import ACKNOWLEDGE, DATA, ERROR, OPTIONS

TRANSFER_BEGINS_WITHIN = 60_000_000_000
LONGEST_PAUSE = 600_000_000_000
"""A transfer that was silent for longer than a datagram flow lasts goes on in another flow of the same tuple; after ten
minutes every implementation has given up."""

FIRST_FREE_PORT = 1024
"""The first port that needs no privilege; the ones below belong to services."""
TRANSFER_OPERATIONS = (((DATA, ERROR, OPTIONS), (ACKNOWLEDGE, ERROR)), ((ACKNOWLEDGE, ERROR, OPTIONS), (DATA, ERROR)))
"""What the server's and the client's first datagrams may be, for a file that is read, and for one that is written."""


@dataclass(frozen=True)
class Relations:
    """``request_of``: (flows,) the TFTP request of a transfer, -1 for none. ``transfers``: request -> its transfers.
    ``under_way``: (flows,) probably a transfer with a request before the capture. ``messages``: every DHCP message, in
    order of time. ``answered``: (flows,) DHCP requests that have an answer. ``no_answer_due``:
    (flows,) DHCP messages that need no answer. ``probe``: (flows,) pings by which a DHCP server probably checked that
    the address of its offer was free. ``progress``: which exchanges did not get on.
    ``answer_of``: (flows,) the request that a flow answers from elsewhere than it went to, -1 for none; TFTP transfers
    from an address of the DPM Server are in ``request_of`` instead."""

    request_of: NDArray[np.int64]
    transfers: dict[int, list[int]]
    under_way: Truths
    messages: tuple[DhcpMessage, ...]
    answered: Truths
    no_answer_due: Truths
    probe: Truths
    progress: Progress
    answer_of: NDArray[np.int64]

    @cached_property
    def answers_elsewhere(self) -> dict[int, int]:
        """Request -> the first flow that answers it from elsewhere."""
        answers = np.flatnonzero(self.answer_of >= 0).tolist()
        return {int(self.answer_of[answer]): answer for answer in reversed(answers)}


@dataclass(frozen=True)
class Answerers:
    """One value a host. ``may``: it may answer DHCP; ``boot_only``: it answers booting clients only; ``server``: it is
    an address of the DPM Server."""

    may: Truths
    boot_only: Truths
    server: Truths


def find_relations(
    table: FlowTable,
    hosts: Hosts,
    messages: tuple[DhcpMessage, ...],
    answerers: Answerers | None = None,
    starts: NDArray[np.int64] | None = None,
) -> Relations:
    """Find the related flows.

    ``answerers``: None: any host may answer any request. ``starts``: (flows,) when the captures
    that saw each flow began, in nanoseconds; None: long before.
    """
    request_of = np.full(len(table), -1, dtype=np.int64)
    transfers: dict[int, list[int]] = defaultdict(list)
    answer_of = find_answers_elsewhere(table, messages)
    everybody, nobody = np.ones(len(hosts.names), dtype=bool), np.zeros(len(hosts.names), dtype=bool)
    answerers = answerers or Answerers(everybody, nobody, nobody)
    for transfer, request, by_server in find_transfers(table, hosts, answerers.server):
        if by_server:
            request_of[transfer] = request
            transfers[request].append(transfer)
        else:
            answer_of[transfer] = request
    answered = dhcp.answered_flows(table, hosts, messages, answerers.may)
    answered[answer_of[answer_of >= 0]] = True
    no_answer_due = dhcp.flows_without_answer_due(table, hosts, messages, answerers.boot_only)
    return Relations(
        request_of=request_of,
        transfers=dict(transfers),
        under_way=find_under_way(table, starts) & (request_of < 0),
        messages=messages,
        answered=answered,
        no_answer_due=no_answer_due | (answer_of >= 0),
        probe=dhcp.find_probes(table, hosts, messages),
        progress=find_progress(table, hosts, messages, dict(transfers)),
        answer_of=answer_of,
    )


def find_under_way(table: FlowTable, starts: NDArray[np.int64] | None) -> Truths:
    """Datagram flows between ports of no service, there from a capture's beginning, in which one side sends blocks of a
    file and the other acknowledges them."""
    if starts is None:
        return np.zeros(len(table), dtype=bool)
    early = table.first_ns - starts <= TRANSFER_BEGINS_WITHIN
    ports = (table.orig_p >= FIRST_FREE_PORT) & (table.resp_p >= FIRST_FREE_PORT)
    one, two = table.orig.first_payload, table.resp.first_payload
    kinds = ((one >> 16 == DATA) & (two >> 16 == ACKNOWLEDGE)) | ((one >> 16 == ACKNOWLEDGE) & (two >> 16 == DATA))
    in_step = np.abs((one & 0xFFFF) - (two & 0xFFFF)) <= 1
    return np.asarray((table.proto == net.UDP) & early & ports & kinds & in_step & (one >= 0) & (two >= 0))


def find_transfers(table: FlowTable, hosts: Hosts, server: Truths) -> Iterator[tuple[int, int, bool]]:
    """(transfer, request, whether the host that was asked sent it): a datagram flow between a server, at a port of its
    own, and the port that asked, whose datagrams begin as TFTP's do.

    ``server``: the hosts that are addresses of the DPM Server: they are one host that may answer from any of them.
    """
    udp = table.proto == net.UDP
    asks = udp & (table.resp_p == net.TFTP)
    if not asks.any():
        return
    asker, asked_from = (hosts.orig << 16 | table.orig_p), (hosts.resp << 16 | table.resp_p)
    askers = np.unique(asker[asks])
    near = udp & ~asks & (np.isin(asker, askers) | np.isin(asked_from, askers))
    if not near.any():
        return
    requests = RequestIndex(table, hosts, np.flatnonzero(asks).tolist(), server)
    fits = {by_server: begin_as_tftp(table, by_server=by_server) for by_server in (True, False)}
    begun: dict[tuple[int, int, int, int], tuple[int, int]] = {}
    for flow in np.flatnonzero(near & (fits[True] | fits[False])).tolist():
        orig, resp = hosts.names_of(flow)
        ports = int(table.orig_p[flow]), int(table.resp_p[flow])
        for sender, client, (own, asked), by_server in (
            (orig, resp, ports, True),
            (resp, orig, ports[::-1], False),
        ):
            if not fits[by_server][flow]:
                continue
            request = requests.before(flow, sender, client, asked)
            earlier = begun.get((sender, own, client, asked))
            if request is None and earlier and table.first_ns[flow] - earlier[1] <= LONGEST_PAUSE:
                request = earlier[0]
            if request is not None:
                begun[sender, own, client, asked] = request, int(table.last_ns[flow])
                yield flow, request, requests.is_from(request, sender)
                break


class RequestIndex:
    """Finds the TFTP request that a flow to or from its client's port may answer."""

    def __init__(self, table: FlowTable, hosts: Hosts, requests: list[int], server: Truths) -> None:
        self.table, self.hosts, self.server = table, hosts, server
        self.by_client: dict[tuple[int, int], list[int]] = defaultdict(list)
        for flow in requests:
            self.by_client[int(hosts.orig[flow]), int(table.orig_p[flow])].append(flow)

    def is_from(self, request: int, sender: int) -> bool:
        """Whether the host that was asked sends: the very address, or two addresses of the DPM Server."""
        asked = int(self.hosts.resp[request])
        return asked == sender or bool(self.server[asked] and self.server[sender])

    def before(self, flow: int, sender: int, client: int, port: int) -> int | None:
        """The latest request of that client's port before the flow: to the sender, else to any host that nothing
        answered from its own address."""
        requests = self.by_client.get((client, port), [])
        if not requests:
            return None
        own = [request for request in requests if self.is_from(request, sender)]
        found = latest_before(self.table, own, flow)
        if found is not None or own:
            return found
        return latest_before(self.table, requests, flow) if self.may_send(flow, sender) else None

    def may_send(self, flow: int, sender: int) -> bool:
        """Whether the server of a transfer can be the sender: at a free port, or at TFTP's own."""
        at_orig = int(self.hosts.orig[flow]) == sender
        port = int((self.table.orig_p if at_orig else self.table.resp_p)[flow])
        return port >= FIRST_FREE_PORT


def tftp_ports(table: FlowTable) -> frozenset[int]:
    """The clients' ports of TFTP requests: a transfer is between one of them and a free port of the server."""
    asks = (table.proto == net.UDP) & (table.resp_p == net.TFTP)
    return frozenset(np.unique(table.orig_p[asks]).tolist())


def begin_as_tftp(table: FlowTable, *, by_server: bool) -> Truths:
    """The flows of which each side's first datagram has an operation that this side of a transfer sends."""
    sides = (table.orig, table.resp) if by_server else (table.resp, table.orig)
    fits = np.zeros(len(table), dtype=bool)
    for operations in TRANSFER_OPERATIONS:
        each = [
            (side.pkts == 0) | np.isin(side.first_payload >> 16, known)
            for side, known in zip(sides, operations, strict=True)
        ]
        fits |= each[0] & each[1]
    return fits


def latest_before(table: FlowTable, requests: list[int], flow: int) -> int | None:
    """The last of ``requests`` that began before the flow did, if it is recent."""
    begins = int(table.first_ns[flow])
    place = bisect_right(requests, begins + EARLIER, key=lambda number: int(table.first_ns[number]))
    if not place:
        return None
    request = requests[place - 1]
    return request if begins - int(table.last_ns[request]) <= TRANSFER_BEGINS_WITHIN else None
