"""DHCP messages, and how they are related: a request and its answer, a ping and the offer after it.

Sources: RFC 951 and 2131 (transaction id, client hardware address, boot server and file), RFC 2132 (the options named
below), RFC 4578 (a PXE client's architecture and UUID), the PXE specification 2.1 (PXEClient).
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths
from analyzer.flows.hosts import Hosts
from analyzer.flows.marked import MarkedFrame
from analyzer.flows.table import FlowTable
from analyzer.protocols.dhcp import (
    ACK,
    GIVE_BACK,
    NO_ADDRESS,
    OFFER,
    OPERATION_NUMBERS,
    SHORTEST,
    Bootp,
    read_bootp,
)

ANSWERED_WITHIN = 60_000_000_000
OFFERED_WITHIN = 10_000_000_000
OPERATIONS = (b"", b"\1", b"\2")
"""The first octet of a request and of an answer, or nothing if it was not captured."""
EARLIER = 1_000_000_000
"""Clocks and captures of several interfaces may show an answer a little before its request."""


class DhcpMessage(NamedTuple):
    """A DHCP message with the frame that carried it."""

    mark: MarkedFrame
    bootp: Bootp


def read_messages(table: FlowTable) -> tuple[DhcpMessage, ...]:
    """Every DHCP message among the marked frames, in time's order."""
    marks = table.marks
    numbers = np.flatnonzero(on_dhcp_ports(table)[marks.flow] & (marks.captured >= SHORTEST))
    numbers = numbers[np.isin(marks.octet(0, numbers), OPERATION_NUMBERS)]
    found = [DhcpMessage(mark, bootp) for mark in marks.frames(numbers) if (bootp := read_bootp(mark.data)) is not None]
    # A server need not repeat the client identifier (RFC 2131): then the transaction shows which client is answered.
    clients = {bootp.xid: bootp.client_mac for _, bootp in found if bootp.request and not bootp.has_mac}
    return tuple(
        DhcpMessage(mark, bootp if bootp.client_mac else bootp._replace(client_mac=clients.get(bootp.xid, "")))
        for mark, bootp in found
    )


def count_cut_messages(table: FlowTable) -> int:
    """The number of marked DHCP messages of which so little was captured (snaplen) that their type is not known."""
    marks = table.marks
    cut = marks.frames(np.flatnonzero(on_dhcp_ports(table)[marks.flow] & (marks.captured < marks.length)))
    return sum(mark.data[:1] in OPERATIONS and not ((bootp := read_bootp(mark.data)) and bootp.kind) for mark in cut)


def on_dhcp_ports(table: FlowTable) -> Truths:
    """Whether a port of each flow is one of DHCP or of PXE."""
    ports = (net.DHCP_SERVER, net.DHCP_CLIENT, net.PXE)
    return np.asarray(np.isin(table.orig_p, ports) | np.isin(table.resp_p, ports))


def sender_of(hosts: Hosts, mark: MarkedFrame) -> int:
    """The number of the host that sent a marked frame."""
    return int(hosts.orig[mark.flow] if mark.from_orig else hosts.resp[mark.flow])


def client_address(bootp: Bootp) -> str:
    """The address that a message assigns to its client, or that the client says it has; NO_ADDRESS for neither."""
    return bootp.client_ip if bootp.request else bootp.your_ip if bootp.kind == ACK else NO_ADDRESS


def answered_flows(table: FlowTable, hosts: Hosts, messages: tuple[DhcpMessage, ...], may_answer: Truths) -> Truths:
    """Flows with a request on port 67 that a host which may answer it did answer, by the same transaction and client.

    ``may_answer``: one value a host. A request on another port is answered within its own flow.
    """
    times: dict[tuple[int, str], list[int]] = defaultdict(list)
    for mark, bootp in messages:
        if not bootp.request and may_answer[sender_of(hosts, mark)] and not proxy_port(table, mark.flow):
            times[bootp.xid, bootp.client_mac].append(mark.time)
    answered = np.zeros(len(table), dtype=bool)
    for mark, bootp in messages:
        if bootp.request and not proxy_port(table, mark.flow):
            later = (time - mark.time for time in times.get((bootp.xid, bootp.client_mac), []))
            answered[mark.flow] |= any(-EARLIER <= delay <= ANSWERED_WITHIN for delay in later)
    return answered


def asks_again(message: DhcpMessage, acknowledged_at: int) -> bool:
    """Whether a client without an address requests one that was acknowledged: that answer did not reach it. By the
    clocks of two vantages a request may come a little after its answer. A client that names its address renews it."""
    mark, bootp = message
    return mark.time - acknowledged_at > EARLIER and bootp.client_ip == NO_ADDRESS


def proxy_port(table: FlowTable, flow: int) -> bool:
    """Whether a flow is on the boot server's port of its own."""
    return net.PXE in (int(table.orig_p[flow]), int(table.resp_p[flow]))


def flows_without_answer_due(
    table: FlowTable, hosts: Hosts, messages: tuple[DhcpMessage, ...], boot_only: Truths
) -> Truths:
    """Flows in which no message needs an answer. ``boot_only``: one value a host: it answers booting clients only,
    since the DHCP server is another machine."""
    due = np.zeros(len(table), dtype=bool)
    quiet = np.zeros(len(table), dtype=bool)
    for mark, bootp in messages:
        owed = bootp.pxe or not boot_only[hosts.resp[mark.flow]] or proxy_port(table, mark.flow)
        (due if owed and bootp.kind not in GIVE_BACK else quiet)[mark.flow] = True
    return quiet & ~due


def find_probes(table: FlowTable, hosts: Hosts, messages: tuple[DhcpMessage, ...]) -> NDArray[np.bool_]:
    """Pings that went unanswered to an address which their sender offered right afterwards (RFC 2131, section 2.2). If
    an answer was captured without its type, only the address is read."""
    probe = np.zeros(len(table), dtype=bool)
    offers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for mark, bootp in messages:
        if bootp.kind == OFFER or (bootp.kind == 0 and not bootp.request):
            offers[hosts.names[sender_of(hosts, mark)][0], bootp.your_ip].append(mark.time)
    if not offers:
        return probe
    echo = (table.proto == net.ICMP) & (table.orig_p == 8) & (table.resp.pkts == 0)
    for flow in np.flatnonzero(echo).tolist():
        times = offers.get((hosts.names[hosts.orig[flow]][0], hosts.names[hosts.resp[flow]][0]), [])
        begins = int(table.first_ns[flow])
        probe[flow] = any(-EARLIER <= time - begins <= OFFERED_WITHIN for time in times)
    return probe


def may_be_probes(table: FlowTable, hosts: Hosts, legible: Truths) -> Truths:
    """Pings of hosts whose DHCP answers were captured too short, right before these answers. ``legible``: (flows,),
    whether a DHCP message was read in it."""
    doubtful = np.zeros(len(table), dtype=bool)
    udp = (table.proto == net.UDP) & ~legible
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    sides = ((table.orig_p, hosts.orig, table.orig.pkts), (table.resp_p, hosts.resp, table.resp.pkts))
    for port, host, packets in sides:
        for flow in np.flatnonzero(udp & (port == net.DHCP_SERVER) & (packets > 0)).tolist():
            spans[int(host[flow])].append((int(table.first_ns[flow]), int(table.last_ns[flow])))
    echo = (table.proto == net.ICMP) & (table.orig_p == 8) & np.isin(hosts.orig, list(spans))
    for flow in np.flatnonzero(echo).tolist():
        begins = int(table.first_ns[flow])
        answered = spans[int(hosts.orig[flow])]
        doubtful[flow] = any(first - OFFERED_WITHIN <= begins <= last + EARLIER for first, last in answered)
    return doubtful
