"""Kernel: the headers of one frame, from the link layer to the transport, into a row of integers.

Nothing is read beyond what was captured, whatever the headers claim; lengths are those of the IP header, so that a
snapped capture gives the same figures as a whole one. Sources: IEEE 802.3 and 802.1Q, the tcpdump group's link type
registry (cooked and BSD headers), RFC 791, 8200, 9293, 768, 792, 4443.
"""

from analyzer.capture.frame import (
    ACK, DMAC, DPORT, DST, ETHERNET, FLAGS, HEAD, IPLEN, IPV4, IPV6, LOOP, NULL, PAYLEN, PAYOFF, PROTO, QDPORT, QDST,
    QPROTO, QSPORT, QSRC, QVERSION, RAW, SEQ, SLL, SLL2, SMAC, SNAPPED, SPORT, SRC, TTL, VERSION, VLAN, WIDTH, WINDOW,
)  # fmt: skip

OK, ARP, NOT_IP, ENCAPSULATED, LINK_TYPE, CUT_SHORT, MALFORMED, FRAGMENT = 0, 1, 2, 3, 4, 5, 6, 7


def u16(buf, at):
    return (buf[at] << 8) | buf[at + 1]


def u32(buf, at):
    return (buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]


def u48(buf, at):
    return (u16(buf, at) << 32) | u32(buf, at + 2)


def decode(buf, at, captured, original, link, row):
    """Decode the frame at ``buf[at:at+captured]``, ``original`` octets long on the wire; the reason to set it aside.

    ``row``: WIDTH integers, overwritten. Returns 0 for a frame that belongs to a flow, else a value of Aside.
    """
    end = at + captured
    for slot in range(WIDTH):
        row[slot] = -1
    kind, at = link_layer(buf, at, end, link, row)
    if kind < 0:
        return -kind
    row[SNAPPED] = 1 if captured < original else 0
    wire = original - (at - (end - captured))
    if kind == 4:
        return ipv4(buf, at, end, wire, row)
    return ipv6(buf, at, end, row)


def link_layer(buf, at, end, link, row):
    """(4 or 6, offset of the IP header), or (minus the reason, 0)."""
    if link == ETHERNET:
        if end - at < 14:
            return -CUT_SHORT, 0
        row[DMAC] = u48(buf, at)
        row[SMAC] = u48(buf, at + 6)
        return ether_type(buf, at + 12, end, row)
    if link == SLL:
        if end - at < 16:
            return -CUT_SHORT, 0
        if u16(buf, at + 4) == 6:
            row[SMAC] = u48(buf, at + 6)
        return ether_type(buf, at + 14, end, row)
    if link == SLL2:
        if end - at < 20:
            return -CUT_SHORT, 0
        if buf[at + 11] == 6:
            row[SMAC] = u48(buf, at + 12)
        kind = network(u16(buf, at))
        if kind == -ENCAPSULATED and u16(buf, at) in (0x8100, 0x88A8):
            return tagged(buf, at + 20, end, row)
        return kind, at + 20
    if link == NULL or link == LOOP:
        return family(buf, at, end)
    if link == RAW or link == IPV4 or link == IPV6 or link == 12 or link == 14:
        return bare(buf, at, end)
    return -LINK_TYPE, 0


def family(buf, at, end):
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


def bare(buf, at, end):
    if end - at < 1:
        return -CUT_SHORT, 0
    version = buf[at] >> 4
    if version == 4:
        return 4, at
    if version == 6:
        return 6, at
    return -MALFORMED, 0


def network(kind):
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


def tagged(buf, at, end, row):
    """The rest of a frame behind an 802.1Q type: ``at`` is the tag's first octet."""
    if end - at < 4:
        return -CUT_SHORT, 0
    note_tag(row, u16(buf, at) & 0xFFF)
    return ether_type(buf, at + 2, end, row)


def note_tag(row, tag):
    if row[VLAN] < 0:
        row[VLAN] = tag
    elif row[VLAN] < 0x1000:
        row[VLAN] = row[VLAN] | (tag << 12) | (1 << 24)


def ether_type(buf, at, end, row):
    """(4 or 6, offset of the IP header) from the Ethernet type at ``at``, through up to eight VLAN tags."""
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


def ipv4(buf, at, end, wire, row):
    if end - at < 20:
        return CUT_SHORT
    header = (buf[at] & 15) * 4
    if buf[at] >> 4 != 4 or header < 20:
        return MALFORMED
    total = u16(buf, at + 2)
    if total == 0:
        total = wire  # segmentation offload: the card fills the length in after the capture
    if total < header:
        return MALFORMED
    row[VERSION] = 4
    row[TTL] = buf[at + 8] & 255
    row[PROTO] = buf[at + 9] & 255
    row[IPLEN] = total
    for word in range(3):
        row[SRC + word] = 0
        row[DST + word] = 0
    row[SRC + 3] = u32(buf, at + 12)
    row[DST + 3] = u32(buf, at + 16)
    if u16(buf, at + 6) & 0x1FFF:
        return FRAGMENT
    return transport(buf, at + header, end, total - header, row)


def ipv6(buf, at, end, row):
    if end - at < 40:
        return CUT_SHORT
    if buf[at] >> 4 != 6:
        return MALFORMED
    length = u16(buf, at + 4)
    row[VERSION] = 6
    row[TTL] = buf[at + 7] & 255
    row[IPLEN] = 40 + length
    for word in range(4):
        row[SRC + word] = u32(buf, at + 8 + 4 * word)
        row[DST + word] = u32(buf, at + 24 + 4 * word)
    proto, body, fragment = extension_headers(buf, at + 40, end, buf[at + 6] & 255)
    row[PROTO] = proto
    if proto < 0:
        return CUT_SHORT
    if fragment:
        return FRAGMENT
    left = length - (body - at - 40)
    if left < 0:
        return MALFORMED
    return transport(buf, body, end, left, row)


def extension_headers(buf, at, end, proto):
    """(the upper protocol or -1 where the chain is cut, its offset, whether this is a later fragment)."""
    for _ in range(16):
        if proto == 44:
            if end - at < 8:
                return -1, at, 0
            if u16(buf, at + 2) & 0xFFF8:
                return buf[at] & 255, at, 1
            proto = buf[at] & 255
            at += 8
        elif proto == 0 or proto == 43 or proto == 60 or proto == 135 or proto == 139 or proto == 140:
            if end - at < 2:
                return -1, at, 0
            proto = buf[at] & 255
            at += (buf[at + 1] + 1) * 8
        elif proto == 51:
            if end - at < 2:
                return -1, at, 0
            proto = buf[at] & 255
            at += (buf[at + 1] + 2) * 4
        else:
            break
    return proto, at, 0


def transport(buf, at, end, length, row):
    """The transport header; ``length``: octets of it and its payload, by the IP header."""
    proto = row[PROTO]
    if proto == 6:
        return tcp(buf, at, end, length, row)
    if proto == 17:
        return udp(buf, at, end, length, row)
    if proto == 1 or proto == 58:
        return icmp(buf, at, end, length, row)
    row[SPORT] = 0
    row[DPORT] = 0
    payload(buf, at, end, length, row)
    return OK


def payload(buf, at, end, length, row):
    row[PAYLEN] = length
    row[PAYOFF] = at
    if length >= 4 and end - at >= 4:
        row[HEAD] = u32(buf, at)


def tcp(buf, at, end, length, row):
    if length < 20:
        return MALFORMED
    if end - at < 16:
        return CUT_SHORT
    header = (buf[at + 12] >> 4) * 4
    if header < 20 or header > length:
        return MALFORMED
    row[SPORT] = u16(buf, at)
    row[DPORT] = u16(buf, at + 2)
    row[SEQ] = u32(buf, at + 4)
    row[ACK] = u32(buf, at + 8)
    row[FLAGS] = buf[at + 13] & 255
    row[WINDOW] = u16(buf, at + 14)
    payload(buf, at + header, end, length - header, row)
    return OK


def udp(buf, at, end, length, row):
    if length < 8:
        return MALFORMED
    if end - at < 8:
        return CUT_SHORT
    row[SPORT] = u16(buf, at)
    row[DPORT] = u16(buf, at + 2)
    stated = u16(buf, at + 4)
    if stated >= 8 and stated < length:
        length = stated
    payload(buf, at + 8, end, length - 8, row)
    return OK


def icmp(buf, at, end, length, row):
    if length < 4:
        return MALFORMED
    if end - at < 4:
        return CUT_SHORT
    kind = buf[at] & 255
    row[SPORT] = kind
    row[DPORT] = buf[at + 1] & 255
    payload(buf, at + 8, end, max(length - 8, 0), row)
    error4 = row[PROTO] == 1 and (kind == 3 or kind == 4 or kind == 5 or kind == 11 or kind == 12)
    error6 = row[PROTO] == 58 and kind >= 1 and kind <= 4
    if error4 or error6:
        quoted(buf, at + 8, end, row)
    return OK


def quoted(buf, at, end, row):
    """The tuple of the packet that an ICMP error carries, as far as it was captured."""
    if end - at < 28:
        return
    if buf[at] >> 4 == 4:
        proto = buf[at + 9] & 255
        body = at + (buf[at] & 15) * 4
        if u16(buf, at + 6) & 0x1FFF or end - body < 4:
            return
        row[QVERSION] = 4
        for word in range(3):
            row[QSRC + word] = 0
            row[QDST + word] = 0
        row[QSRC + 3] = u32(buf, at + 12)
        row[QDST + 3] = u32(buf, at + 16)
    elif buf[at] >> 4 == 6 and end - at >= 44:
        proto, body, fragment = extension_headers(buf, at + 40, end, buf[at + 6] & 255)
        if proto < 0 or fragment or end - body < 4:
            return
        row[QVERSION] = 6
        for word in range(4):
            row[QSRC + word] = u32(buf, at + 8 + 4 * word)
            row[QDST + word] = u32(buf, at + 24 + 4 * word)
    else:
        return
    row[QPROTO] = proto
    row[QSPORT] = 0
    row[QDPORT] = 0
    if proto == 6 or proto == 17:
        row[QSPORT] = u16(buf, body)
        row[QDPORT] = u16(buf, body + 2)
    elif proto == 1 or proto == 58:
        row[QSPORT] = buf[body] & 255
        row[QDPORT] = buf[body + 1] & 255
