"""Kernel: the link layer of a frame, down to where its IP header begins.

Sources: IEEE 802.3 and 802.1Q, and the tcpdump group's link type registry for cooked, BSD and raw IP headers.
"""

from analyzer.capture import frame as f
from analyzer.kernel import Line, Octets

ARP, NOT_IP, ENCAPSULATED, LINK_TYPE, CUT_SHORT, MALFORMED = 1, 2, 3, 4, 5, 6


def u16(buf: Octets, at: int) -> int:
    return (buf[at] << 8) | buf[at + 1]


def u32(buf: Octets, at: int) -> int:
    return (buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]


def u48(buf: Octets, at: int) -> int:
    return (u16(buf, at) << 32) | u32(buf, at + 2)


def link_layer(buf: Octets, at: int, end: int, link: int, row: Line) -> tuple[int, int]:
    """(4 or 6, offset of the IP header), or (minus the reason, 0)."""
    if link == f.ETHERNET:
        if end - at < 14:
            return -CUT_SHORT, 0
        row[f.DMAC] = u48(buf, at)
        row[f.SMAC] = u48(buf, at + 6)
        return ether_type(buf, at + 12, end, row)
    if link == f.SLL:
        if end - at < 16:
            return -CUT_SHORT, 0
        if u16(buf, at + 4) == 6:
            row[f.SMAC] = u48(buf, at + 6)
        return ether_type(buf, at + 14, end, row)
    if link == f.SLL2:
        if end - at < 20:
            return -CUT_SHORT, 0
        if buf[at + 11] == 6:
            row[f.SMAC] = u48(buf, at + 12)
        kind = network(u16(buf, at))
        if kind == -ENCAPSULATED and u16(buf, at) in (0x8100, 0x88A8):
            return tagged(buf, at + 20, end, row)
        return kind, at + 20
    if link == f.NULL or link == f.LOOP:
        return family(buf, at, end)
    if link == f.RAW or link == f.IPV4 or link == f.IPV6 or link == 12 or link == 14:
        return bare(buf, at, end)
    return -LINK_TYPE, 0


def family(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """The BSD loopback header: an address family in the byte order of the machine that captured."""
    if end - at < 4:
        return -CUT_SHORT, 0
    value = u32(buf, at)
    if value > 0xFFFF:
        value = buf[at] | (buf[at + 1] << 8)
    if value == 2:
        return 4, at + 4
    if value == 10 or value == 23 or value == 24 or value == 28 or value == 30:
        return 6, at + 4
    return -NOT_IP, 0


def bare(buf: Octets, at: int, end: int) -> tuple[int, int]:
    if end - at < 1:
        return -CUT_SHORT, 0
    version = buf[at] >> 4
    if version == 4:
        return 4, at
    if version == 6:
        return 6, at
    return -MALFORMED, 0


def network(kind: int) -> int:
    """4 or 6 for an Ethernet type that is IP, else minus the reason."""
    if kind == 0x0800:
        return 4
    if kind == 0x86DD:
        return 6
    if kind == 0x0806 or kind == 0x8035:
        return -ARP
    if kind in (0x8100, 0x88A8, 0x9100, 0x9200, 0x8847, 0x8848, 0x8863, 0x8864):
        return -ENCAPSULATED
    return -NOT_IP


def tagged(buf: Octets, at: int, end: int, row: Line) -> tuple[int, int]:
    """The rest of a frame behind an 802.1Q type: ``at`` is the tag's first octet."""
    if end - at < 4:
        return -CUT_SHORT, 0
    note_tag(row, u16(buf, at) & 0xFFF)
    return ether_type(buf, at + 2, end, row)


def note_tag(row: Line, tag: int) -> None:
    if row[f.VLAN] < 0:
        row[f.VLAN] = tag
    elif row[f.VLAN] < 0x1000:
        row[f.VLAN] = row[f.VLAN] | (tag << 12) | (1 << 24)


def ether_type(buf: Octets, at: int, end: int, row: Line) -> tuple[int, int]:
    """(4 or 6, offset of the IP header) from the Ethernet type at ``at``, through up to eight f.VLAN tags."""
    for _ in range(9):
        if end - at < 2:
            return -CUT_SHORT, 0
        kind = u16(buf, at)
        if kind != 0x8100 and kind != 0x88A8 and kind != 0x9100 and kind != 0x9200:
            break
        if end - at < 6:
            return -CUT_SHORT, 0
        note_tag(row, u16(buf, at + 2) & 0xFFF)
        at += 4
    if kind < 0x600 and end - at >= 10 and u16(buf, at + 2) == 0xAAAA and u32(buf, at + 4) == 0x03000000:
        at += 8
        kind = u16(buf, at)
    return network(kind), at + 2
