"""Kernel: tunnels. A packet that carries another one is replaced by the one that it carries.

A tunnel is opened only where the headers inside make sense; otherwise the outer packet counts. Sources: RFC 2003, 4213
and 2473 (IP in IP), 4023 (MPLS in IP), and those of the modules with the tunnels' own headers.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.carriers import L2TP_PROTOCOL, etherip, session
from analyzer.capture.kernel.datagrams import in_datagram
from analyzer.capture.kernel.ether import ETHER, FURTHER, MPLS
from analyzer.capture.kernel.gre import gre
from analyzer.capture.kernel.ip import packet
from analyzer.capture.kernel.link import descend
from analyzer.capture.kernel.octets import u16
from analyzer.capture.kernel.protocol_numbers import ICMP, ICMP6, TCP, UDP
from analyzer.capture.kernel.undecided import seldom
from analyzer.capture.kernel.unread import (
    BY_IP_PROTOCOL,
    BY_TUNNEL,
    BY_UDP_PORT,
    NOTHING,
    carries_ip,
    fills,
    reason_of,
    refused,
    subject,
    subject_of,
)
from analyzer.kernel.loading import IntRow, Octets

MOST_TUNNELS = 8
GRE_PROTOCOL, ESP, SCTP = 47, 50, 132
NONSENSE = -1
WELL_KNOWN_PORTS, LEAST_PACKET = 1024, 20


def open_tunnels(buf: Octets, end: int, row: IntRow) -> int:
    """Follow the packet in ``row`` to the innermost one, and write that instead; the reason to set it aside, or 0.

    What cannot be read inside is written into the row of the packet around it, which then is the packet.
    """
    kind, _, _ = inside(buf, end, row)
    if kind == 0:
        row[f.UNREAD] = concealed(buf, end, 0, row)
        return f.IN_FLOW
    return enter_tunnels(buf, end, row)


@seldom(f.IN_FLOW)
def enter_tunnels(buf: Octets, end: int, row: IntRow) -> int:
    """The same for a packet that is a tunnel's."""
    for depth in range(MOST_TUNNELS + 1):
        kind, at, tunnel = inside(buf, end, row)
        if kind == 0:
            row[f.UNREAD] = concealed(buf, end, 0, row)
            return f.IN_FLOW
        stop = row[f.PAYOFF] + row[f.PAYLEN]
        for slot in range(f.WIDTH):
            row[f.WIDTH + slot] = row[slot]
        status = enter(buf, at, end, stop, kind, tunnel, row)
        if status < 0:
            for slot in range(f.WIDTH):
                row[slot] = row[f.WIDTH + slot]
            row[f.UNREAD] = subject_of(status) if status < NONSENSE else concealed(buf, end, tunnel, row)
            return f.IN_FLOW
        if depth == MOST_TUNNELS:
            return f.DEEP
        row[f.TUNNEL] |= tunnel
        if status != f.IN_FLOW or row[f.PROTO] == TCP:
            return status
    return f.DEEP


def concealed(buf: Octets, end: int, tunnel: int, row: IntRow) -> int:
    """By what the packet in ``row``, which was not opened, carries an IP packet; -1 where it carries none.
    ``tunnel``: what it was taken for. Well-known services are no tunnels: their datagrams are not searched."""
    proto, at = row[f.PROTO], row[f.PAYOFF]
    if proto == UDP:
        port = min(row[f.SPORT], row[f.DPORT])
        if (port < WELL_KNOWN_PORTS and not tunnel) or row[f.PAYLEN] < LEAST_PACKET:
            return -1
        if not fills(buf, at, min(end, at + row[f.PAYLEN]), at - 8 + u16(buf, at - 4)):
            return -1
        return subject(BY_TUNNEL, tunnel) if tunnel else subject(BY_UDP_PORT, port)
    if proto == ICMP or proto == ICMP6 or proto == SCTP or proto == ESP:
        return -1
    return concealed_in_packet(buf, end, tunnel, row)


@seldom(-1)
def concealed_in_packet(buf: Octets, end: int, tunnel: int, row: IntRow) -> int:
    """The same by an IP protocol that is neither UDP's nor one that carries no packet."""
    at = row[f.PAYOFF]
    if not carries_ip(buf, at, min(end, at + row[f.PAYLEN]), at + row[f.PAYLEN]):
        return -1
    return subject(BY_TUNNEL, tunnel) if tunnel else subject(BY_IP_PROTOCOL, row[f.PROTO])


def enter(buf: Octets, at: int, end: int, stop: int, kind: int, tunnel: int, row: IntRow) -> int:
    """Decode what begins at ``at`` with a header of ``kind`` and was sent up to ``stop``; its status, NONSENSE where it
    makes no sense, or a number of ``unread.refused`` where it makes sense and cannot be read.

    A mirror may cut packets before it sends them: then the headers inside are whole and state more than there is.
    """
    for slot in range(f.WIDTH):
        row[slot] = -1
    for slot in (f.SMAC, f.DMAC, f.VLAN, f.SNAPPED, f.TUNNEL):
        row[slot] = row[f.WIDTH + slot]
    whole = row[f.WIDTH + f.PIECE] < 0
    end = min(end, stop)
    if kind >= FURTHER:
        kind, at, stop = descend(buf, at, end, stop, kind, row)
        end = min(end, stop)
    if kind < 0:
        return ended(buf, at, end, stop, kind, tunnel, row)
    status = packet(buf, at, end, max(stop - at, 0), kind, row)
    cut = whole and row[f.IPLEN] > stop - at
    may_be_cut = tunnel & (f.LISP | f.GTP | f.TEREDO | f.MPLS_IN_IP | f.IP_IN_IP) == 0
    if status == f.CUT_SHORT and (row[f.SNAPPED] > 0 or (cut and may_be_cut)):
        return refused(f.ENCAPSULATED, BY_TUNNEL, tunnel)
    if (status != f.IN_FLOW and status != f.FRAGMENT) or (cut and not may_be_cut):
        return NONSENSE
    if cut:
        row[f.SNAPPED] = 1
    if not whole and row[f.PIECE] < 0:
        row[f.PIECE] = f.AROUND
        row[f.DATAGRAM] = row[f.WIDTH + f.DATAGRAM]
    return status


def ended(buf: Octets, at: int, end: int, stop: int, code: int, tunnel: int, row: IntRow) -> int:
    """The same, where no IP header was reached: ARP and magic packets have a status of their own."""
    reason = reason_of(code)
    if reason == f.ARP or reason == f.WAKE:
        return reason
    unread = reason == f.ENCAPSULATED or reason == f.ENCRYPTED or (reason == f.CUT_SHORT and row[f.SNAPPED] > 0)
    if unread or (reason == f.NOT_IP and subject_of(code) != NOTHING and carries_ip(buf, at, end, stop)):
        return code if subject_of(code) != NOTHING else refused(f.ENCAPSULATED, BY_TUNNEL, tunnel)
    return NONSENSE


def inside(buf: Octets, end: int, row: IntRow) -> tuple[int, int, int]:
    """(what the packet in ``row`` carries, where, by which tunnel); 0 for what is no tunnel."""
    proto, at = row[f.PROTO], row[f.PAYOFF]
    end = min(end, at + row[f.PAYLEN])
    if proto == UDP:
        return in_datagram(buf, at, end, row)
    if proto == ICMP or proto == ICMP6:
        return 0, 0, 0
    if proto == 4 or proto == 41:
        return 4 if proto == 4 else 6, at, f.IP_IN_IP
    return in_packet(buf, at, end, row)


@seldom(0, 0, 0)
def in_packet(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int, int]:
    """The same by IP protocols that are seldom used."""
    proto = row[f.PROTO]
    if proto == GRE_PROTOCOL:
        return gre(buf, at, end)
    if proto == 137:
        return MPLS, at, f.MPLS_IN_IP
    if proto == 97:
        return etherip(buf, at, end)
    if proto == L2TP_PROTOCOL:
        return session(buf, at, end)
    if proto == 143:
        return ETHER, at, f.ETHERNET_IN_IP
    return 0, 0, 0
