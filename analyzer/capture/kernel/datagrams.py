"""Kernel: tunnels over UDP, by their ports.

Sources: RFC 8086 (GRE in UDP), 7348 (VXLAN), draft-smith-vxlan-group-policy, draft-ietf-nvo3-vxlan-gpe, 8926 (GENEVE),
7510 (MPLS in UDP), 4380 (Teredo), 3GPP TS 29.281 (GTP-U).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.carriers import (
    CAPWAP_PORT,
    L2TP_PORT,
    LISP_PORT,
    TZSP_PORT,
    capwap,
    is_frame,
    l2tp,
    lisp,
    tzsp,
)
from analyzer.capture.kernel.ether import BARE, ETHER, MPLS, unmeasured
from analyzer.capture.kernel.gre import gre
from analyzer.capture.kernel.octets import u16, u32
from analyzer.capture.kernel.shims import behind_service_header
from analyzer.capture.kernel.undecided import seldom
from analyzer.kernel.loading import IntRow, Octets

VXLAN_PORT, VXLAN_PORT_OF_LINUX, VXLAN_GPE_PORT, GENEVE_PORT = 4789, 8472, 4790, 6081
VXLAN_PORT_OF_AZURE, VXLAN_PORT_OF_ACI = 10800, 48879
TEREDO_PORT, GTP_PORT, GRE_PORT, MPLS_PORT = 3544, 2152, 4754, 6635
TUNNEL_PORTS_OF_BOTH = (TEREDO_PORT, GTP_PORT, CAPWAP_PORT, L2TP_PORT)
"""UDP ports of tunnels whose packets go to the port or come from it."""
TUNNEL_PORTS = (
    VXLAN_PORT, VXLAN_PORT_OF_LINUX, VXLAN_GPE_PORT, VXLAN_PORT_OF_AZURE, VXLAN_PORT_OF_ACI, GENEVE_PORT, GRE_PORT,
    MPLS_PORT, TZSP_PORT, LISP_PORT, TEREDO_PORT, GTP_PORT, CAPWAP_PORT, L2TP_PORT,
)  # fmt: skip
"""UDP ports to which the packets of tunnels go."""


def in_datagram(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int, int]:
    """(what the datagram in ``row`` carries, where, by which tunnel); 0 for what is no tunnel."""
    if end - at >= 8 and (row[f.DPORT] in TUNNEL_PORTS or row[f.SPORT] in TUNNEL_PORTS_OF_BOTH):
        return by_port(buf, at, end, row)
    return 0, 0, 0


@seldom(0, 0, 0)
def by_port(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int, int]:
    """The same by the ports, one of which is a tunnel's."""
    sport, dport = row[f.SPORT], row[f.DPORT]
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
