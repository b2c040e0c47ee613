"""Kernel: the headers of one frame, from the link layer to the transport, into a row of integers.

Nothing is read beyond what was captured, whatever the headers claim; lengths are those of the IP header, so that a
snapped capture gives the same figures as a whole one. Sources: RFC 791, 8200, 9293, 768, 792, 4443.
"""

from analyzer.capture import frame as f
from analyzer.capture.link import link_layer, u16, u32
from analyzer.kernel import Line, Octets

OK, CUT_SHORT, MALFORMED, FRAGMENT = 0, 5, 6, 7


def decode(buf: Octets, at: int, captured: int, original: int, link: int, row: Line) -> int:
    """Decode the frame at ``buf[at:at+captured]``, ``original`` octets long on the wire; the reason to set it aside.

    ``row``: f.WIDTH integers, overwritten. Returns 0 for a frame that belongs to a flow, else a value of Aside.
    """
    end = at + captured
    for slot in range(f.WIDTH):
        row[slot] = -1
    status = layers(buf, at, end, original - captured, link, row)
    if status == CUT_SHORT and captured >= original:
        return MALFORMED  # it was that short on the wire
    return status


def layers(buf: Octets, at: int, end: int, missing: int, link: int, row: Line) -> int:
    """Decode layer by layer; ``missing``: octets of the frame that were not captured."""
    kind, at = link_layer(buf, at, end, link, row)
    if kind < 0:
        return -kind
    row[f.SNAPPED] = 1 if missing > 0 else 0
    if kind == 4:
        return ipv4(buf, at, end, end - at + missing, row)
    return ipv6(buf, at, end, row)


def ipv4(buf: Octets, at: int, end: int, wire: int, row: Line) -> int:
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
    row[f.VERSION] = 4
    row[f.TTL] = buf[at + 8] & 255
    row[f.PROTO] = buf[at + 9] & 255
    row[f.IPLEN] = total
    row[f.IPID] = u16(buf, at + 4)
    for word in range(3):
        row[f.SRC + word] = 0
        row[f.DST + word] = 0
    row[f.SRC + 3] = u32(buf, at + 12)
    row[f.DST + 3] = u32(buf, at + 16)
    if u16(buf, at + 6) & 0x1FFF:
        return FRAGMENT
    return transport(buf, at + header, end, total - header, row)


def ipv6(buf: Octets, at: int, end: int, row: Line) -> int:
    if end - at < 40:
        return CUT_SHORT
    if buf[at] >> 4 != 6:
        return MALFORMED
    length = u16(buf, at + 4)
    row[f.VERSION] = 6
    row[f.TTL] = buf[at + 7] & 255
    row[f.IPLEN] = 40 + length
    for word in range(4):
        row[f.SRC + word] = u32(buf, at + 8 + 4 * word)
        row[f.DST + word] = u32(buf, at + 24 + 4 * word)
    proto, body, fragment = extension_headers(buf, at + 40, end, buf[at + 6] & 255)
    row[f.PROTO] = proto
    if proto < 0:
        return CUT_SHORT
    if fragment:
        return FRAGMENT
    left = length - (body - at - 40)
    if left < 0:
        return MALFORMED
    return transport(buf, body, end, left, row)


def extension_headers(buf: Octets, at: int, end: int, proto: int) -> tuple[int, int, int]:
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


def transport(buf: Octets, at: int, end: int, length: int, row: Line) -> int:
    """The transport header; ``length``: octets of it and its payload, by the IP header."""
    proto = row[f.PROTO]
    if proto == 6:
        return tcp(buf, at, end, length, row)
    if proto == 17:
        return udp(buf, at, end, length, row)
    if proto == 1 or proto == 58:
        return icmp(buf, at, end, length, row)
    row[f.SPORT] = 0
    row[f.DPORT] = 0
    payload(buf, at, end, length, row)
    return OK


def payload(buf: Octets, at: int, end: int, length: int, row: Line) -> None:
    row[f.PAYLEN] = length
    row[f.PAYOFF] = at
    if length >= 4 and end - at >= 4:
        row[f.HEAD] = u32(buf, at)


def tcp(buf: Octets, at: int, end: int, length: int, row: Line) -> int:
    if length < 20:
        return MALFORMED
    if end - at < 16:
        return CUT_SHORT
    header = (buf[at + 12] >> 4) * 4
    if header < 20 or header > length:
        return MALFORMED
    row[f.SPORT] = u16(buf, at)
    row[f.DPORT] = u16(buf, at + 2)
    row[f.SEQ] = u32(buf, at + 4)
    row[f.ACK] = u32(buf, at + 8)
    row[f.FLAGS] = buf[at + 13] & 255
    row[f.WINDOW] = u16(buf, at + 14)
    if end - at >= 18:
        row[f.CHECKSUM] = u16(buf, at + 16)
    payload(buf, at + header, end, length - header, row)
    return OK


def udp(buf: Octets, at: int, end: int, length: int, row: Line) -> int:
    if length < 8:
        return MALFORMED
    if end - at < 8:
        return CUT_SHORT
    row[f.SPORT] = u16(buf, at)
    row[f.DPORT] = u16(buf, at + 2)
    row[f.CHECKSUM] = u16(buf, at + 6)
    stated = u16(buf, at + 4)
    if stated >= 8 and stated < length:
        length = stated
    payload(buf, at + 8, end, length - 8, row)
    return OK


def icmp(buf: Octets, at: int, end: int, length: int, row: Line) -> int:
    if length < 4:
        return MALFORMED
    if end - at < 4:
        return CUT_SHORT
    kind = buf[at] & 255
    row[f.SPORT] = kind
    row[f.DPORT] = buf[at + 1] & 255
    row[f.CHECKSUM] = u16(buf, at + 2)
    payload(buf, at + 8, end, max(length - 8, 0), row)
    error4 = row[f.PROTO] == 1 and (kind == 3 or kind == 4 or kind == 5 or kind == 11 or kind == 12)
    error6 = row[f.PROTO] == 58 and kind >= 1 and kind <= 4
    if error4 or error6:
        quoted(buf, at + 8, end, row)
    return OK


def quoted(buf: Octets, at: int, end: int, row: Line) -> None:
    """The tuple of the packet that an ICMP error carries, as far as it was captured."""
    if end - at < 28:
        return
    if buf[at] >> 4 == 4:
        proto = buf[at + 9] & 255
        body = at + (buf[at] & 15) * 4
        if u16(buf, at + 6) & 0x1FFF or end - body < 4:
            return
        row[f.QVERSION] = 4
        for word in range(3):
            row[f.QSRC + word] = 0
            row[f.QDST + word] = 0
        row[f.QSRC + 3] = u32(buf, at + 12)
        row[f.QDST + 3] = u32(buf, at + 16)
    elif buf[at] >> 4 == 6 and end - at >= 44:
        proto, body, fragment = extension_headers(buf, at + 40, end, buf[at + 6] & 255)
        if proto < 0 or fragment or end - body < 4:
            return
        row[f.QVERSION] = 6
        for word in range(4):
            row[f.QSRC + word] = u32(buf, at + 8 + 4 * word)
            row[f.QDST + word] = u32(buf, at + 24 + 4 * word)
    else:
        return
    row[f.QPROTO] = proto
    row[f.QSPORT] = 0
    row[f.QDPORT] = 0
    if proto == 6 or proto == 17:
        row[f.QSPORT] = u16(buf, body)
        row[f.QDPORT] = u16(buf, body + 2)
    elif proto == 1 or proto == 58:
        row[f.QSPORT] = buf[body] & 255
        row[f.QDPORT] = buf[body + 1] & 255
