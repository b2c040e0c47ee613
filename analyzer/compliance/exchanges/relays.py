"""DHCP relays: which answers they forwarded to clients, and what their addresses are.

Source: RFC 2131 and RFC 1542 (``giaddr``: the address of the relay on the client's side, to which servers answer).
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.exchanges.dhcp import DhcpMessage, sender_of
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FlowTable
from analyzer.protocols.dhcp import NO_ADDRESS


def forwarded_answers(hosts: Hosts, table: FlowTable, messages: tuple[DhcpMessage, ...]) -> dict[DhcpMessage, str]:
    """The answers that a relay forwarded to its client -> the relay's address. They name the relay (``giaddr``), and go
    to the client's port; or they name another server, which sent an answer of the same transaction itself."""
    own = {
        (bootp.xid, bootp.client_mac, bootp.server_id)
        for mark, bootp in messages
        if not bootp.request and hosts.names[sender_of(hosts, mark)][0] == bootp.server_id
    }
    found = {}
    for one in messages:
        mark, bootp = one
        ends = [(int(code[mark.flow]), int(port[mark.flow])) for code, port in flow_ends(hosts, table, mark.from_orig)]
        sender, receiver = (hosts.names[code][0] for code, _ in ends)
        if bootp.request or receiver == bootp.relay_ip:
            continue
        if bootp.relay_ip != NO_ADDRESS and ends[1][1] == net.DHCP_CLIENT:
            found[one] = bootp.relay_ip
        elif sender != bootp.server_id and (bootp.xid, bootp.client_mac, bootp.server_id) in own:
            found[one] = sender
    return found


def flow_ends(hosts: Hosts, table: FlowTable, from_orig: bool) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(hosts, ports) of the sender and of the receiver of a frame."""
    ends = [(hosts.orig, table.orig_p), (hosts.resp, table.resp_p)]
    return ends if from_orig else ends[::-1]


def relays_seen(hosts: Hosts, table: FlowTable, messages: tuple[DhcpMessage, ...]) -> Mapping[str, int]:
    """The addresses of relays -> how many messages show them: requests that name the relay (giaddr) and were answered,
    and answers that it forwarded."""
    answered = {(bootp.relay_ip, bootp.xid) for _, bootp in messages if not bootp.request}
    found = Counter(
        bootp.relay_ip
        for _, bootp in messages
        if bootp.request and bootp.relay_ip != NO_ADDRESS and (bootp.relay_ip, bootp.xid) in answered
    )
    return found + Counter(forwarded_answers(hosts, table, messages).values())
