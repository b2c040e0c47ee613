"""Kernel: tunnels. A packet that carries another one is replaced by the one that it carries.

A tunnel is opened only where the headers inside make sense; otherwise the outer packet counts. Sources: RFC 2784 and
2890 (GRE), 2637 (its PPTP form), 7637 (NVGRE), 8086 (GRE in UDP), 7348 (VXLAN),
draft-smith-vxlan-group-policy, draft-ietf-nvo3-vxlan-gpe, 8926 (GENEVE), 2003, 4213 and 2473 (IP in IP), 4023 and 7510
(MPLS in IP and UDP), 4380 (Teredo), draft-foschiano-erspan, 3GPP TS 29.281 (GTP-U).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.carriers import (
    CAPWAP_PORT,
    L2TP_PORT,
    L2TP_PROTOCOL,
    LISP_PORT,
    TZSP_PORT,
    capwap,
    eoip,
    etherip,
    is_frame,
    l2tp,
    lisp,
    session,
    tzsp,
)
from analyzer.capture.kernel.ether import BARE, ETHER, FURTHER, MPLS, network, unmeasured
from analyzer.capture.kernel.ip import packet
from analyzer.capture.kernel.link import descend
from analyzer.capture.kernel.octets import u16, u32
from analyzer.capture.kernel.protocol_numbers import ICMP, ICMP6, TCP, UDP
from analyzer.capture.kernel.shims import behind_service_header
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
CHECKSUM, ROUTING, KEY, SEQUENCE, ACKNOWLEDGEMENT = 0x8000, 0x4000, 0x2000, 0x1000, 0x80
VXLAN_PORT, VXLAN_PORT_OF_LINUX, VXLAN_GPE_PORT, GENEVE_PORT = 4789, 8472, 4790, 6081
VXLAN_PORT_OF_AZURE, VXLAN_PORT_OF_ACI = 10800, 48879
TEREDO_PORT, GTP_PORT, GRE_PORT, MPLS_PORT = 3544, 2152, 4754, 6635


def open_tunnels(buf: Octets, end: int, row: IntRow) -> int:
    """Follow the packet in ``row`` to the innermost one, and write that instead; the reason to set it aside, or 0.

    What cannot be read inside is written into the row of the packet around it, which then is the packet.
    """
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
    if not carries_ip(buf, at, min(end, at + row[f.PAYLEN]), at + row[f.PAYLEN]):
        return -1
    return subject(BY_TUNNEL, tunnel) if tunnel else subject(BY_IP_PROTOCOL, proto)


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
        return in_datagram(buf, at, end, row[f.SPORT], row[f.DPORT])
    if proto == ICMP or proto == ICMP6:
        return 0, 0, 0
    if proto == 4 or proto == 41:
        return 4 if proto == 4 else 6, at, f.IP_IN_IP
    if proto == GRE_PROTOCOL:
        return gre(buf, at, end)
    return in_packet(buf, at, end, proto)


def in_packet(buf: Octets, at: int, end: int, proto: int) -> tuple[int, int, int]:
    """The same by IP protocols that are seldom tunnels."""
    if proto == 137:
        return MPLS, at, f.MPLS_IN_IP
    if proto == 97:
        return etherip(buf, at, end)
    if proto == L2TP_PROTOCOL:
        return session(buf, at, end)
    if proto == 143:
        return ETHER, at, f.ETHERNET_IN_IP
    return 0, 0, 0


def in_datagram(buf: Octets, at: int, end: int, sport: int, dport: int) -> tuple[int, int, int]:
    if end - at < 8:
        return 0, 0, 0
    if dport == VXLAN_PORT or dport == VXLAN_PORT_OF_LINUX or dport == VXLAN_GPE_PORT:
        return vxlan(buf, at)
    if dport == GENEVE_PORT:
        return geneve(buf, at)
    if dport == GRE_PORT:
        return gre(buf, at, end)
    if dport == MPLS_PORT:
        return MPLS, at, f.MPLS_IN_IP
    stop = at - 8 + u16(buf, at - 4)  # by the datagram's own length, since it may be in fragments
    if dport == TEREDO_PORT or sport == TEREDO_PORT:
        return teredo(buf, at, end, stop)
    if dport == GTP_PORT or sport == GTP_PORT:
        return gtp(buf, at, end, stop)
    return in_frames_datagram(buf, at, end, sport, dport)


def in_frames_datagram(buf: Octets, at: int, end: int, sport: int, dport: int) -> tuple[int, int, int]:
    """The same of datagrams that carry frames of an access point, a sniffer, a provider or a vendor."""
    if dport == CAPWAP_PORT or sport == CAPWAP_PORT:
        return capwap(buf, at, end)
    if dport == TZSP_PORT:
        return tzsp(buf, at, end)
    if dport == LISP_PORT:
        return lisp(buf, at)
    if dport == L2TP_PORT or sport == L2TP_PORT:
        return l2tp(buf, at, end)
    if dport == VXLAN_PORT_OF_AZURE:
        return vxlan(buf, at)
    if dport == VXLAN_PORT_OF_ACI and buf[at] & 0x08 and is_frame(buf, at + 8, end):
        return ETHER, at + 8, f.VXLAN
    return 0, 0, 0


def vxlan(buf: Octets, at: int) -> tuple[int, int, int]:
    """As in RFC 7348, or with a group policy (0x88), an Ethernet frame; with 0x0C, what its header names."""
    if buf[at + 7]:
        return 0, 0, 0
    following = buf[at + 3]
    if u32(buf, at) == 0x08000000 or buf[at] == 0x88 or (buf[at] == 0x0C and following == 3):
        return ETHER, at + 8, f.VXLAN
    if buf[at] == 0x0C and following >= 1 and following <= 4:
        return behind_service_header(following), at + 8, f.VXLAN
    return 0, 0, 0


def geneve(buf: Octets, at: int) -> tuple[int, int, int]:
    """Version 0, the reserved bits unset."""
    if buf[at] >> 6 or buf[at + 1] & 0x3F or buf[at + 7]:
        return 0, 0, 0
    return unmeasured(u16(buf, at + 2)), at + 8 + (buf[at] & 63) * 4, f.GENEVE


def teredo(buf: Octets, at: int, end: int, stop: int) -> tuple[int, int, int]:
    """Behind an authentication (its two lengths) and an origin, where they are there, an IPv6 packet that fills the
    datagram; a bubble, which keeps the tunnel alive and carries nothing, may have a trailer (RFC 6081)."""
    if u16(buf, at) == 1:
        at += 13 + (buf[at + 2] & 255) + (buf[at + 3] & 255)
    if end - at >= 8 and u16(buf, at) == 0:
        at += 8
    if end - at < 40 or buf[at] >> 4 != 6 or (u16(buf, at + 4) != stop - at - 40 and buf[at + 6] != 59):
        return 0, 0, 0
    return 6, at, f.TEREDO


def gtp(buf: Octets, at: int, end: int, stop: int) -> tuple[int, int, int]:
    """Version 1, a user's packet (message type 255), with the optional fields and extension headers."""
    if buf[at] & 0xF0 != 0x30 or buf[at + 1] != 255 or u16(buf, at + 2) != stop - at - 8:
        return 0, 0, 0
    flags = buf[at] & 7
    at += 8
    if flags:
        at += 4
        following = buf[at - 1] if end >= at else 0
        while flags & 4 and following:
            if end - at < 4 or buf[at] == 0:
                return 0, 0, 0
            at += (buf[at] & 255) * 4
            following = buf[at - 1] if end >= at else 0
    return (BARE, at, f.GTP) if end > at else (0, 0, 0)


def gre(buf: Octets, at: int, end: int) -> tuple[int, int, int]:
    """GRE's optional fields by its flags; version 1 is PPTP's, which carries PPP."""
    if end - at < 4:
        return 0, 0, 0
    flags, kind = u16(buf, at), u16(buf, at + 2)
    version = flags & 7
    if flags & ROUTING or version > 1:
        return 0, 0, 0
    at += 4
    for bit in (CHECKSUM, KEY, SEQUENCE):
        if flags & bit:
            at += 4
    if version == 1 and flags & ACKNOWLEDGEMENT:
        at += 4
    if kind == 0x6400 and version == 1:
        return eoip(buf, at, end)
    if kind == 0x88BE or kind == 0x22EB:
        return erspan(buf, at, end, kind, flags)
    if kind == 0x8909 and end - at >= 4:
        return unmeasured(u16(buf, at)), at + 4 + (buf[at + 3] & 255) * 4, f.GRE  # metadata, its type first
    if kind == 0x883E and end > at:
        return BARE, at if buf[at] >> 4 == 4 else at + 4, f.GRE  # WCCP's, whose second version has a header
    return (network(kind), at, f.GRE) if kind >= 0x600 else (0, 0, 0)


def erspan(buf: Octets, at: int, end: int, kind: int, flags: int) -> tuple[int, int, int]:
    """Type I has no header of its own and no sequence number, II has eight octets, III twelve and maybe eight more."""
    if kind == 0x88BE:
        return ETHER, at + (8 if flags & SEQUENCE else 0), f.ERSPAN
    if end - at < 12:
        return 0, 0, 0
    form = (buf[at + 10] >> 2) & 31
    at += 20 if buf[at + 11] & 1 else 12
    return (ETHER if form == 0 else BARE), at, f.ERSPAN
