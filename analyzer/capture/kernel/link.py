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
    MACSEC,
    MPLS,
    PORT_TAG,
    PPP,
    PPPOE,
    TAG,
    WIFI,
    WIFI_PADDED,
    ether_type,
    ethernet,
    llc,
    macsec,
    network,
    tagged,
)
from analyzer.capture.kernel.mpls import mpls
from analyzer.capture.kernel.octets import l16, l32, u16, u32, u48
from analyzer.capture.kernel.serial import cisco, frame_relay, ppp, pppoe, serial, with_direction
from analyzer.capture.kernel.wireless import prism, radiotap, wifi
from analyzer.kernel.loading import IntRow, Octets, inlined

MOST_STEPS = 8
PAYLOAD_TLV = 9


@inlined
def link_layer(buf: Octets, at: int, end: int, link: int, row: IntRow) -> tuple[int, int]:
    """(4 or 6, offset of the IP header), or (minus the reason, 0)."""
    kind, at = ethernet(buf, at, end, row) if link == f.ETHERNET else framed(buf, at, end, link, row)
    if kind < FURTHER:
        return kind, at
    return descend(buf, at, end, kind, row)


def descend(buf: Octets, at: int, end: int, kind: int, row: IntRow) -> tuple[int, int]:
    """Through header after header, from that of ``kind`` down to IP's."""
    for _ in range(MOST_STEPS):
        kind, at = step(buf, at, end, kind, row)
        if kind < FURTHER:
            return kind, at
    return -f.DEEP, 0


def step(buf: Octets, at: int, end: int, kind: int, row: IntRow) -> tuple[int, int]:
    """Through the header of ``kind``: (what comes next, where)."""
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
    if kind == BARE:
        return bare(buf, at, end)
    if kind == WIFI or kind == WIFI_PADDED:
        return wifi(buf, at, end, 4 if kind == WIFI_PADDED else 1, row)
    if kind == CISCO:
        return cisco(buf, at, end)
    if kind == TAG:
        return tagged(buf, at, end, row)
    if kind == MACSEC:
        return macsec(buf, at, end, row)
    if kind == BACKBONE:
        return ETHER, at + 4
    return ether_type(buf, at + (4 if kind == PORT_TAG else 0), end, row)


def framed(buf: Octets, at: int, end: int, link: int, row: IntRow) -> tuple[int, int]:
    """What a frame of a link type other than Ethernet begins with."""
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
        return nflog(buf, at, end)
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
        return (LLC, at + 4) if end > at and buf[at] & 15 == 2 else (-f.NOT_IP, 0)
    if link == f.SLIP:
        return bare(buf, at + 16, end)
    if link == f.ENC:
        return bare(buf, at + 12, end)
    return -f.LINK_TYPE, 0


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
        return ether_type(buf, at + 14, end, row)
    if end - at < 20:
        return -f.CUT_SHORT, 0
    if buf[at + 11] == 6:
        row[f.SMAC] = u48(buf, at + 12)
    return network(u16(buf, at)), at + 20


def family(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """The BSD loopback header: an address family in the byte order of the machine that captured."""
    if end - at < 4:
        return -f.CUT_SHORT, 0
    value = u32(buf, at)
    return family_of(l16(buf, at) if value > 0xFFFF else value), at + 4


def family_of(value: int) -> int:
    if value == 2:
        return 4
    if value == 10 or value == 23 or value == 24 or value == 28 or value == 30:
        return 6
    return -f.NOT_IP


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
        return -f.NOT_IP, 0
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


def nflog(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """Linux's log of packets: fields in the byte order of the machine that captured, one of them the packet."""
    if end - at < 4:
        return -f.CUT_SHORT, 0
    kind = family_of(buf[at] & 255)
    at += 4
    while kind > 0 and end - at >= 4:
        length = l16(buf, at)
        if l16(buf, at + 2) & 0x7FFF == PAYLOAD_TLV:
            return kind, at + 4
        if length < 4:
            return -f.MALFORMED, 0
        at += (length + 3) // 4 * 4
    return (kind, 0) if kind < 0 else (-f.CUT_SHORT, 0)


def pflog(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """The log of OpenBSD's packet filter: its own length, padded to four octets, and the packet's family."""
    if end - at < 2:
        return -f.CUT_SHORT, 0
    return family_of(buf[at + 1] & 255), at + ((buf[at] & 255) + 3) // 4 * 4
