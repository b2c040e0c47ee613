"""Kernel: the link layer of a frame, down to where its IP header begins.

Sources: the tcpdump group's link type registry; IEEE 802.5 and ANSI X3.139 (token ring, FDDI), RFC 2684 (ATM).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.ether import (  # fmt: skip
    BACKBONE,
    BARE,
    CISCO,
    ETHER,
    FURTHER,
    LLC,
    MEASURED,
    MPLS,
    PPP,
    PPPOE,
    TAG,
    WIFI,
    WIFI_PADDED,
    WIFI_SWAPPED,
    ether_type,
    ethernet,
    llc,
    macsec,
    network,
    tagged,
    unmeasured,
)
from analyzer.capture.kernel.mpls import mpls
from analyzer.capture.kernel.octets import l16, l32, u16, u32, u48
from analyzer.capture.kernel.serial import cisco, frame_relay, ppp, pppoe, serial, with_direction
from analyzer.capture.kernel.shims import measured, short_header
from analyzer.capture.kernel.undecided import seldom
from analyzer.capture.kernel.unread import BY_ETHER_TYPE, BY_FAMILY, BY_LINK_TYPE, refused
from analyzer.capture.kernel.wireless import prism, radiotap, wifi
from analyzer.kernel.loading import IntRow, Octets, inlined

MOST_STEPS = 8
PACKET_TLV, HARDWARE_TLV, PAYLOAD_TLV = 1, 16, 9
BRIDGE = 7
LLC_PROTOCOL = 4
"""What Linux's cooked headers call a frame of LLC."""


@inlined
def link_layer(buf: Octets, at: int, end: int, stop: int, link: int, row: IntRow) -> tuple[int, int, int]:
    """(4 or 6, offset of the IP header, end of the frame as sent), or (a negative number of ``unread.refused``, the
    first octet that was not read, the same end). ``stop``: where the frame ended as sent."""
    kind, at = ethernet(buf, at, end, row) if link == f.ETHERNET else framed(buf, at, end, link, row)
    if kind < FURTHER:
        return kind, at, stop
    return descend(buf, at, end, stop, kind, row)


@seldom(-f.DEEP, 0, 0)
def descend(buf: Octets, at: int, end: int, stop: int, kind: int, row: IntRow) -> tuple[int, int, int]:
    """Through header after header, from that of ``kind`` down to IP's. A header that states a length ends the frame."""
    for _ in range(MOST_STEPS):
        if kind == MEASURED:
            stop = min(stop, at + u16(buf, at - 2))
        elif kind == PPPOE and end - at >= 6:
            stop = min(stop, at + 6 + u16(buf, at + 4))
        end = min(end, stop)
        kind, at = step(buf, at, end, kind, row)
        if kind < FURTHER:
            return kind, at, stop
    return -f.DEEP, 0, stop


def step(buf: Octets, at: int, end: int, kind: int, row: IntRow) -> tuple[int, int]:
    if kind >= BACKBONE:
        return short_header(buf, at, end, kind, row)
    if kind == MEASURED:
        return measured(buf, at, end, row)
    if kind == MPLS:
        return mpls(buf, at, end)
    if kind == PPPOE:
        return pppoe(buf, at, end)
    if kind == PPP:
        return ppp(buf, at, end)
    if kind == LLC:
        return llc(buf, at, end)
    if kind == ETHER:
        return ethernet(buf, at, end, row)
    return seldom_step(buf, at, end, kind, row)


def seldom_step(buf: Octets, at: int, end: int, kind: int, row: IntRow) -> tuple[int, int]:
    if kind == BARE:
        return bare(buf, at, end)
    if kind == WIFI or kind == WIFI_PADDED or kind == WIFI_SWAPPED:
        return wifi(buf, at, end, kind, row)
    if kind == CISCO:
        return cisco(buf, at, end)
    if kind == TAG:
        return tagged(buf, at, end, row)
    return macsec(buf, at, end, row)


def framed(buf: Octets, at: int, end: int, link: int, row: IntRow) -> tuple[int, int]:
    """What a frame of a link type other than Ethernet begins with."""
    if link == f.SLL or link == f.SLL2:
        return cooked(buf, at, end, link, row)
    if link == f.NULL or link == f.LOOP:
        return family(buf, at, end)
    if link in (f.RAW, f.IPV4, f.IPV6, f.RAW_12, f.RAW_14):
        return bare(buf, at, end)
    return seldom_framed(buf, at, end, link, row)


@seldom(-f.LINK_TYPE, 0)
def seldom_framed(buf: Octets, at: int, end: int, link: int, row: IntRow) -> tuple[int, int]:
    """The same for link types that are seldom captured."""
    if link == f.PPI or link == f.PKTAP:
        link, at = announced(buf, at, end, link)
        if link < 0:
            return link, 0
    if link == f.SLL or link == f.SLL2:
        return cooked(buf, at, end, link, row)
    if link == f.NULL or link == f.LOOP:
        return family(buf, at, end)
    if link in (f.RAW, f.IPV4, f.IPV6, f.RAW_12, f.RAW_14):
        return bare(buf, at, end)
    if link == f.RADIOTAP:
        return radiotap(buf, at, end)
    if link in (f.TOKEN_RING, f.FDDI):
        return ring(buf, at, end, link, row)
    if link == f.NFLOG:
        return nflog(buf, at, end, row)
    if link == f.PFLOG:
        return pflog(buf, at, end)
    if link == f.ETHERNET:
        return ETHER, at
    if link == f.WIFI_LINK:
        return WIFI, at
    if link == f.PRISM or link == f.AVS:
        return prism(buf, at, end)
    if link == f.PPP or link == f.PPP_HDLC:
        return serial(buf, at, end)
    if link == f.PPP_ETHER:
        return PPPOE, at
    if link == f.PPP_PPPD or link == f.PPP_DIRECTION:
        return with_direction(buf, at, end)
    if link == f.CISCO_HDLC:
        return CISCO, at
    if link == f.FRAME_RELAY:
        return frame_relay(buf, at, end)
    if link == f.ATM or link == f.ATM_CLIP:
        return atm(buf, at, end)
    if link == f.SUN_ATM:
        return (LLC, at + 4) if end > at and buf[at] & 15 == 2 else (refused(f.NOT_IP, BY_LINK_TYPE, link), at)
    if link == f.SLIP:
        return bare(buf, at + 16, end)
    if link == f.ENC:
        return bare(buf, at + 12, end)
    return refused(f.LINK_TYPE, BY_LINK_TYPE, link), at


def announced(buf: Octets, at: int, end: int, link: int) -> tuple[int, int]:
    """(link type, offset) of the frame behind a header that names it, or (minus the reason, 0)."""
    if end - at < 12:
        return -f.CUT_SHORT, 0
    length = l16(buf, at + 2) if link == f.PPI else l32(buf, at)
    named = l32(buf, at + (4 if link == f.PPI else 8))
    if length < (8 if link == f.PPI else 12) or named == f.PPI or named == f.PKTAP:
        return -f.MALFORMED, 0
    return (named, at + length) if length <= end - at else (-f.CUT_SHORT, 0)


def cooked(buf: Octets, at: int, end: int, link: int, row: IntRow) -> tuple[int, int]:
    """Linux's cooked headers, which have only the address of the sender."""
    if link == f.SLL:
        if end - at < 16:
            return -f.CUT_SHORT, 0
        if u16(buf, at + 4) == 6:
            row[f.SMAC] = u48(buf, at + 6)
        kind, body = ether_type(buf, at + 14, end, row)
        return cooked_type(buf, kind, body), body
    if end - at < 20:
        return -f.CUT_SHORT, 0
    if buf[at + 11] == 6:
        row[f.SMAC] = u48(buf, at + 12)
    return cooked_type(buf, network(u16(buf, at)), at + 2), at + 20


def cooked_type(buf: Octets, kind: int, behind: int) -> int:
    """What comes next by the protocol of a cooked header, which ends before ``behind`` and is never a length."""
    if kind != MEASURED:
        return kind
    protocol = u16(buf, behind - 2)
    return LLC if protocol == LLC_PROTOCOL else refused(f.NOT_IP, BY_ETHER_TYPE, protocol)


def family(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """The BSD loopback header: an address family or an Ethernet type, in the byte order of the capturing machine."""
    if end - at < 4:
        return -f.CUT_SHORT, 0
    value = u32(buf, at)
    value = l16(buf, at) if value > 0xFFFF else value
    return unmeasured(value) if value >= 0x600 else family_of(value), at + 4


def family_of(value: int) -> int:
    if value == 2:
        return 4
    if value == 10 or value == 23 or value == 24 or value == 28 or value == 30:
        return 6
    return refused(f.NOT_IP, BY_FAMILY, value)


def bare(buf: Octets, at: int, end: int) -> tuple[int, int]:
    if end - at < 1:
        return -f.CUT_SHORT, 0
    version = buf[at] >> 4
    if version == 4:
        return 4, at
    if version == 6:
        return 6, at
    return -f.MALFORMED, 0


def ring(buf: Octets, at: int, end: int, link: int, row: IntRow) -> tuple[int, int]:
    """Token ring, with its source route, or FDDI; a frame of LLC."""
    if link == f.TOKEN_RING:
        at += 1
    if end - at < 13:
        return -f.CUT_SHORT, 0
    if buf[at] & 0xC0 != 0x40:
        return refused(f.NOT_IP, BY_LINK_TYPE, link), at
    row[f.DMAC] = u48(buf, at + 1)
    row[f.SMAC] = u48(buf, at + 7)
    if link == f.TOKEN_RING and buf[at + 7] & 0x80:
        if end - at < 14:
            return -f.CUT_SHORT, 0
        row[f.SMAC] = row[f.SMAC] & 0x7FFFFFFFFFFF
        return LLC, at + 13 + (buf[at + 13] & 31)
    return LLC, at + 13


def atm(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """RFC 2684: behind LLC, or on a circuit of its own. A bridged frame has two octets of padding before it."""
    if end - at < 1:
        return -f.CUT_SHORT, 0
    if buf[at] != 0xAA and buf[at] != 0xFE:
        return bare(buf, at, end)
    kind, body = llc(buf, at, end)
    return kind, body + (2 if kind == ETHER else 0)


def nflog(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """Linux's log of packets: fields in the byte order of the machine that captured, one of them the packet. In the
    family of bridges the first field gives the protocol of the packet, as an Ethernet type."""
    if end - at < 4:
        return -f.CUT_SHORT, 0
    number = buf[at] & 255
    kind = BARE if number == BRIDGE else family_of(number)
    at += 4
    while end - at >= 4:
        length, field = l16(buf, at), l16(buf, at + 2) & 0x7FFF
        if field == PAYLOAD_TLV:
            return kind, at + 4
        if length < 4:
            return -f.MALFORMED, 0
        if number == BRIDGE and field == PACKET_TLV and end - at >= 6:
            kind = unmeasured(u16(buf, at + 4))
        if number == BRIDGE and field == HARDWARE_TLV and length == 18 and end - at >= 18:
            row[f.DMAC] = u48(buf, at + 4)
            row[f.SMAC] = u48(buf, at + 10)
        at += (length + 3) // 4 * 4
    return (kind, at) if kind < 0 else (-f.CUT_SHORT, 0)


def pflog(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """The log of OpenBSD's packet filter: its own length, padded to four octets, and the packet's family."""
    if end - at < 2:
        return -f.CUT_SHORT, 0
    return family_of(buf[at + 1] & 255), at + ((buf[at] & 255) + 3) // 4 * 4
