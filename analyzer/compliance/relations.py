"""Flows that belong together although their tuples differ: a TFTP transfer and its request, a DHCP request and its
answer.

Sources: RFC 1350 (the server answers a request from a port of its own), RFC 951 and 2131 (transaction id and client
hardware address tie an answer to its request), RFC 2132 options 53 and 60 (message type, vendor class), the PXE
specification 2.1 (PXEClient).
"""

import struct
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.flows import record as r
from analyzer.flows.table import FlowTable, Hosts, Mark

TRANSFER_BEGINS_WITHIN = 60_000_000_000
OFFERED_WITHIN = 10_000_000_000
EARLIER = 1_000_000_000
"""Clocks and captures of several interfaces may show an answer a little before its request."""

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
MESSAGE_TYPE, VENDOR_CLASS = 53, 60
MAGIC_COOKIE = b"\x63\x82\x53\x63"


class Bootp(NamedTuple):
    """A DHCP message as far as its fixed header, type and vendor class tell. ``kind`` is 0 where no type was read;
    ``pxe`` says whether the vendor class is PXEClient's."""

    request: bool
    kind: int
    xid: int
    client_ip: str
    your_ip: str
    relay_ip: str
    client_mac: str
    pxe: bool


def read_bootp(data: bytes) -> Bootp | None:
    """The message in a UDP payload; None where it is too short or no BOOTP message of an Ethernet client."""
    if len(data) < 44 or data[0] not in (1, 2) or data[1] != 1 or data[2] != 6:
        return None
    xid, client, yours, relay = struct.unpack(">4xI4xII4xI", data[:28])
    texts = [net.address_text(4, (0, 0, 0, word)) for word in (client, yours, relay)]
    options = dict(read_options(data))
    kind = options.get(MESSAGE_TYPE, b"\0")
    return Bootp(
        request=data[0] == 1,
        kind=kind[0] if len(kind) == 1 and kind[0] <= INFORM else 0,
        xid=xid,
        client_ip=texts[0],
        your_ip=texts[1],
        relay_ip=texts[2],
        client_mac=net.mac_text(int.from_bytes(data[28:34])),
        pxe=options.get(VENDOR_CLASS, b"").startswith(b"PXEClient"),
    )


def read_options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(code, value) of the DHCP options that were captured whole."""
    at = 240
    if data[236:240] != MAGIC_COOKIE:
        return
    while at + 1 < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        end = at + 2 + data[at + 1]
        if end > len(data):
            return
        yield data[at], data[at + 2 : end]
        at = end


class Message(NamedTuple):
    """A DHCP message with the frame that carried it."""

    mark: Mark
    bootp: Bootp


@dataclass(frozen=True)
class Relations:
    """``request_of``: (flows,) the TFTP request that a transfer belongs to, -1 for none. ``transfers``: the other way
    round. ``messages``: every DHCP message, in time's order. ``answered``: (flows,) DHCP requests that have an answer.
    ``probe``: (flows,) pings by which a DHCP server made sure that nobody has the address it was about to offer."""

    request_of: NDArray[np.int64]
    transfers: dict[int, list[int]]
    messages: tuple[Message, ...]
    answered: NDArray[np.bool_]
    probe: NDArray[np.bool_]


def relate(table: FlowTable, hosts: Hosts) -> Relations:
    """Find what belongs together."""
    request_of = np.full(len(table), -1, dtype=np.int64)
    transfers: dict[int, list[int]] = defaultdict(list)
    for transfer, request in find_transfers(table, hosts):
        request_of[transfer] = request
        transfers[request].append(transfer)
    messages = tuple(
        Message(mark, bootp)
        for mark in table.marks
        if dhcp_ports(table, mark.flow) and (bootp := read_bootp(mark.data)) is not None
    )
    answered = np.zeros(len(table), dtype=bool)
    answers = {(message.bootp.xid, message.bootp.client_mac) for message in messages if not message.bootp.request}
    for mark, bootp in messages:
        if bootp.request and (bootp.xid, bootp.client_mac) in answers:
            answered[mark.flow] = True
    return Relations(request_of, dict(transfers), messages, answered, find_probes(table, hosts, messages))


def find_probes(table: FlowTable, hosts: Hosts, messages: tuple[Message, ...]) -> NDArray[np.bool_]:
    """Pings that went unanswered to an address which their sender offered right afterwards (RFC 2131, section 2.2)."""
    probe = np.zeros(len(table), dtype=bool)
    offers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for mark, bootp in messages:
        if bootp.kind == OFFER:
            sender = hosts.orig[mark.flow] if mark.from_orig else hosts.resp[mark.flow]
            offers[hosts.names[sender][0], bootp.your_ip].append(mark.time)
    if not offers:
        return probe
    echo = (table.column(r.F_PROTO) == net.ICMP) & (table.column(r.F_PORT0) == 8) & (table.resp(r.PKTS) == 0)
    for flow in np.flatnonzero(echo).tolist():
        times = offers.get((hosts.names[hosts.orig[flow]][0], hosts.names[hosts.resp[flow]][0]), [])
        begins = int(table.raw[flow, r.F_FIRST])
        probe[flow] = any(-EARLIER <= time - begins <= OFFERED_WITHIN for time in times)
    return probe


def dhcp_ports(table: FlowTable, flow: int) -> bool:
    ports = {int(table.raw[flow, r.F_PORT0]), int(table.raw[flow, r.F_PORT1])}
    return bool(ports & {net.DHCP_SERVER, net.DHCP_CLIENT, net.PXE})


def find_transfers(table: FlowTable, hosts: Hosts) -> Iterator[tuple[int, int]]:
    """(transfer, request): a datagram flow between the server, at any port but 69, and the port that asked it."""
    udp = table.column(r.F_PROTO) == net.UDP
    asks = udp & (table.column(r.F_PORT1) == net.TFTP)
    requests: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for flow in np.flatnonzero(asks).tolist():
        requests[int(hosts.resp[flow]), int(hosts.orig[flow]), int(table.raw[flow, r.F_PORT0])].append(flow)
    if not requests:
        return
    clients = np.array(sorted({port for _, _, port in requests}))
    ports = (r.F_PORT1, r.F_PORT0)
    near = udp & ~asks & np.any([np.isin(table.column(port), clients) for port in ports], axis=0)
    for flow in np.flatnonzero(near).tolist():
        orig, resp = int(hosts.orig[flow]), int(hosts.resp[flow])
        for key in ((orig, resp, int(table.raw[flow, r.F_PORT1])), (resp, orig, int(table.raw[flow, r.F_PORT0]))):
            request = latest_before(table, requests.get(key, []), flow)
            if request is not None:
                yield flow, request
                break


def latest_before(table: FlowTable, requests: list[int], flow: int) -> int | None:
    """The last of ``requests`` that began before the flow did, if it is recent."""
    begins = int(table.raw[flow, r.F_FIRST])
    place = bisect_right(requests, begins + EARLIER, key=lambda number: int(table.raw[number, r.F_FIRST]))
    if not place:
        return None
    request = requests[place - 1]
    return request if begins - int(table.raw[request, r.F_LAST]) <= TRANSFER_BEGINS_WITHIN else None
