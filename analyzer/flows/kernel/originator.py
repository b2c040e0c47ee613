"""Kernel: the originator of a flow, by its first frame.

Sources: RFC 9293 (SYN), RFC 951 (BOOTP operation), RFC 1350 (TFTP), RFC 8415 (DHCPv6), RFC 792 and 4443 (ICMP).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import (
    ACK,
    DHCP6_SERVER,
    DHCP_CLIENT,
    DHCP_SERVER,
    ICMP6,
    PXE,
    SYN,
    TCP,
    TFTP,
    UDP,
)
from analyzer.flows.kernel import record as r
from analyzer.kernel.loading import IntRow, inlined


def group_or_broadcast(row: IntRow, at: int) -> bool:
    """Whether the address is multicast or 255.255.255.255."""
    if row[f.VERSION] == 4:
        return row[at + 3] >> 28 == 14 or row[at + 3] == 0xFFFFFFFF
    return row[at] >> 24 == 0xFF


def direction(row: IntRow, reply: int) -> tuple[int, int]:
    """(basis, side of the sender) of a flow's first frame."""
    if row[f.PROTO] == TCP:
        if row[f.FLAGS] & SYN:
            return (r.BASIS_SYN_ACK, 1) if row[f.FLAGS] & ACK else (r.BASIS_SYN, 0)
        return r.BASIS_FIRST, 0
    if row[f.PROTO] == UDP:
        return datagram_direction(row)
    if reply:
        return r.BASIS_PROTOCOL, 1 if reply == 1 else 0
    return r.BASIS_FIRST, 0


def datagram_direction(row: IntRow) -> tuple[int, int]:
    """DHCP by its operation (RFC 951: 1 is a request, 2 a reply), TFTP and DHCPv6 by the server's port.

    A DHCP reply from port 67 to 68 without its request is a flow of the server: the table has a row of its own for it.
    """
    sport, dport = row[f.SPORT], row[f.DPORT]
    if dport == TFTP or dport == DHCP6_SERVER:
        return r.BASIS_PROTOCOL, 0
    if sport == TFTP or sport == DHCP6_SERVER:
        return r.BASIS_PROTOCOL, 1
    if dport == DHCP_SERVER or dport == PXE or sport == DHCP_SERVER or sport == PXE:
        if sport == DHCP_CLIENT or (sport == DHCP_SERVER and dport == DHCP_CLIENT):
            return r.BASIS_PROTOCOL, 0
        operation = row[f.HEAD] >> 24
        if operation == 1:
            return r.BASIS_PROTOCOL, 0
        if operation == 2 or dport == DHCP_CLIENT:
            return r.BASIS_PROTOCOL, 1
    return r.BASIS_FIRST, 0


@inlined
def normalise_icmp(row: IntRow) -> int:
    """Give a reply the type of its request, so that both are one flow; returns what query_part() says of it."""
    proto, kind = row[f.PROTO], row[f.SPORT]
    row[f.SPORT] = request_type(proto, kind)
    return query_part(proto, kind)


@inlined
def query_part(proto: int, kind: int) -> int:
    """1 for an ICMP reply, 2 for a request that has one, 0 for any other type."""
    if request_type(proto, kind) != kind:
        return 1
    if proto == ICMP6:
        return 2 if kind == 128 else 0
    return 2 if kind == 8 or kind == 13 or kind == 15 or kind == 17 else 0


def request_type(proto: int, kind: int) -> int:
    """The ICMP type that a reply of type ``kind`` answers; any other type as it is."""
    if proto == ICMP6:
        return 128 if kind == 129 else kind
    if kind == 0:
        return 8
    return kind - 1 if kind == 14 or kind == 16 or kind == 18 else kind
