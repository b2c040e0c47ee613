"""Kernel: IPv4 and IPv6, their fragments, and the transport headers behind them.

Lengths are those of the IP header, so that a snapped capture gives the same figures as a whole one. Sources: RFC 791,
8200, 2675 (jumbograms), 4302 (AH), 9293, 768, 792, 4443.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.octets import mix, u16, u32
from analyzer.capture.kernel.protocol_numbers import TCP
from analyzer.capture.kernel.undecided import seldom
from analyzer.kernel.loading import IntRow, Octets, inlined

LEAST_TCP_HEADER, LEAST_OF_SEGMENT = 20, 8
AUTHENTICATION, NO_NEXT_HEADER, JUMBO, PAD_ONE = 51, 59, 0xC2, 0


@inlined
def packet(buf: Octets, at: int, end: int, wire: int, version: int, row: IntRow) -> int:
    """The IP packet at ``at``, of which ``wire`` octets were sent; the reason to set it aside, or 0."""
    if version == 4:
        return ipv4(buf, at, end, wire, row)
    return ipv6(buf, at, end, wire, row)


@inlined
def ipv4(buf: Octets, at: int, end: int, wire: int, row: IntRow) -> int:
    if end - at < 20:
        return f.CUT_SHORT
    header = (buf[at] & 15) * 4
    if buf[at] >> 4 != 4 or header < 20:
        return f.MALFORMED
    total = u16(buf, at + 2)
    if total == 0:
        total = wire  # segmentation offload: the network card fills the length in after the capture
    if total < header:
        return f.MALFORMED
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
    place = u16(buf, at + 6) & 0x3FFF
    if place:
        return fragment(buf, at + header, end, total - header, place & 0x1FFF, row[f.IPID] << 8 | row[f.PROTO], row)
    if row[f.PROTO] == AUTHENTICATION:
        row[f.PROTO], body, _ = extension_headers(buf, at + header, end, AUTHENTICATION)
        if row[f.PROTO] < 0:
            return f.CUT_SHORT
        header = body - at
        if header > total:
            return f.MALFORMED
    return transport(buf, at + header, end, total - header, row)


def ipv6(buf: Octets, at: int, end: int, wire: int, row: IntRow) -> int:
    if end - at < 40:
        return f.CUT_SHORT
    if buf[at] >> 4 != 6:
        return f.MALFORMED
    length = u16(buf, at + 4)
    if length == 0 and buf[at + 6] != NO_NEXT_HEADER:
        length = jumbo(buf, at + 40, end, row) if buf[at + 6] == 0 else 0
        if length == 0:
            length = max(wire - 40, 0)  # segmentation offload, as in IPv4
    row[f.VERSION] = 6
    row[f.TTL] = buf[at + 7] & 255
    row[f.IPLEN] = 40 + length
    for word in range(4):
        row[f.SRC + word] = u32(buf, at + 8 + 4 * word)
        row[f.DST + word] = u32(buf, at + 24 + 4 * word)
    proto, body, piece = extension_headers(buf, at + 40, end, buf[at + 6] & 255)
    row[f.PROTO] = proto
    if proto < 0:
        return f.CUT_SHORT
    left = length - (body - at - 40)
    if left < 0:
        return f.MALFORMED
    if piece >= 0:
        place = u16(buf, piece + 2)
        row[f.IPID] = u32(buf, piece + 4)
        if place & 0xFFF9:
            return fragment(buf, body, end, left, place >> 3, row[f.IPID], row)
    return transport(buf, body, end, left, row)


@seldom(0)
def jumbo(buf: Octets, at: int, end: int, row: IntRow) -> int:  # noqa: ARG001 - see ``seldom``
    """The length that the jumbo payload option of a hop-by-hop header states; 0 where there is none."""
    if end - at < 8:
        return 0
    end = min(end, at + ((buf[at + 1] & 255) + 1) * 8)
    at += 2
    while end - at >= 6:
        if buf[at] == PAD_ONE:
            at += 1
        elif buf[at] == JUMBO and buf[at + 1] == 4:
            return u32(buf, at + 2)
        else:
            at += 2 + (buf[at + 1] & 255)
    return 0


def extension_headers(buf: Octets, at: int, end: int, proto: int) -> tuple[int, int, int]:
    """(the upper protocol or -1 where the chain is cut, its offset, that of the fragment header or -1).

    A later fragment's chain ends with its fragment header.
    """
    piece = -1
    for _ in range(16):
        if proto == 44:
            if end - at < 8:
                return -1, at, piece
            piece = at
            proto = buf[at] & 255
            at += 8
            if u16(buf, piece + 2) & 0xFFF8:
                break
        elif proto == 0 or proto == 43 or proto == 60 or proto == 135 or proto == 139 or proto == 140:
            if end - at < 2:
                return -1, at, piece
            proto = buf[at] & 255
            at += ((buf[at + 1] & 255) + 1) * 8
        elif proto == AUTHENTICATION:
            if end - at < 2:
                return -1, at, piece
            proto = buf[at] & 255
            at += ((buf[at + 1] & 255) + 2) * 4
        else:
            break
    return proto, at, piece


@seldom(f.FRAGMENT)
def fragment(buf: Octets, at: int, end: int, length: int, offset: int, name: int, row: IntRow) -> int:
    """A piece of a datagram: the first one has the transport header, the others have their datagram's ``name``."""
    one, two = mix(0x2545F491, name & 0xFFFFFFFF), mix(0x5BD1E995, row[f.VERSION])
    for word in range(4):
        one = mix(one, row[f.SRC + word])
        two = mix(two, row[f.DST + word])
    row[f.DATAGRAM] = ((mix(one, two) & 0x7FFFFFFF) << 31) | (mix(two, one) & 0x7FFFFFFF)
    if offset == 0:
        row[f.PIECE] = f.FIRST
        if row[f.PROTO] == TCP and length >= LEAST_OF_SEGMENT:
            return first_of_segment(buf, at, end, length, row)
        return transport(buf, at, end, length, row)
    row[f.PIECE] = f.LATER
    header = max(LEAST_TCP_HEADER - 8 * offset, 0) if row[f.PROTO] == TCP else 0
    row[f.PAYLEN] = max(length - header, 0)
    row[f.PAYOFF] = at
    row[f.CHECKSUM] = offset
    return f.FRAGMENT


def first_of_segment(buf: Octets, at: int, end: int, length: int, row: IntRow) -> int:
    """The first fragment of a TCP segment. It may end inside the header (RFC 3128): the ports are in its first eight
    octets, and the flags in sixteen."""
    if length >= 16 and end - at < 16:
        return f.CUT_SHORT
    header = ((buf[at + 12] & 255) >> 4) * 4 if length >= 16 else LEAST_TCP_HEADER
    if header < LEAST_TCP_HEADER:
        return f.MALFORMED
    if header <= length:
        return tcp(buf, at, end, length, row)
    if end - at < LEAST_OF_SEGMENT:
        return f.CUT_SHORT
    row[f.SNAPPED] = 1
    row[f.SPORT] = u16(buf, at)
    row[f.DPORT] = u16(buf, at + 2)
    row[f.SEQ] = u32(buf, at + 4)
    row[f.ACK] = u32(buf, at + 8) if length >= 16 else 0
    row[f.FLAGS] = buf[at + 13] & 255 if length >= 16 else 0
    if length >= 16:
        row[f.WINDOW] = u16(buf, at + 14)
    payload(buf, at + length, end, 0, row)
    return f.IN_FLOW


@inlined
def transport(buf: Octets, at: int, end: int, length: int, row: IntRow) -> int:
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
    return f.IN_FLOW


@inlined
def payload(buf: Octets, at: int, end: int, length: int, row: IntRow) -> None:
    row[f.PAYLEN] = length
    row[f.PAYOFF] = at
    if length >= 4 and end - at >= 4:
        row[f.HEAD] = u32(buf, at)


@inlined
def tcp(buf: Octets, at: int, end: int, length: int, row: IntRow) -> int:
    if length < 20:
        return f.MALFORMED
    if end - at < 16:
        return f.CUT_SHORT
    header = (buf[at + 12] >> 4) * 4
    if header < 20 or header > length:
        return f.MALFORMED
    row[f.SPORT] = u16(buf, at)
    row[f.DPORT] = u16(buf, at + 2)
    row[f.SEQ] = u32(buf, at + 4)
    row[f.ACK] = u32(buf, at + 8)
    row[f.FLAGS] = buf[at + 13] & 255
    row[f.WINDOW] = u16(buf, at + 14)
    if end - at >= 18:
        row[f.CHECKSUM] = u16(buf, at + 16)
    payload(buf, at + header, end, length - header, row)
    return f.IN_FLOW


@inlined
def udp(buf: Octets, at: int, end: int, length: int, row: IntRow) -> int:
    if length < 8:
        return f.MALFORMED
    if end - at < 8:
        return f.CUT_SHORT
    row[f.SPORT] = u16(buf, at)
    row[f.DPORT] = u16(buf, at + 2)
    row[f.CHECKSUM] = u16(buf, at + 6)
    stated = u16(buf, at + 4)
    if stated >= 8 and stated < length:
        length = stated
    payload(buf, at + 8, end, length - 8, row)
    return f.IN_FLOW


def icmp(buf: Octets, at: int, end: int, length: int, row: IntRow) -> int:
    if length < 4:
        return f.MALFORMED
    if end - at < 4:
        return f.CUT_SHORT
    kind = buf[at] & 255
    row[f.SPORT] = kind
    row[f.DPORT] = buf[at + 1] & 255
    row[f.CHECKSUM] = u16(buf, at + 2)
    payload(buf, at + 8, end, max(length - 8, 0), row)
    error4 = row[f.PROTO] == 1 and (kind == 3 or kind == 4 or kind == 5 or kind == 11 or kind == 12)
    error6 = row[f.PROTO] == 58 and kind >= 1 and kind <= 4
    if error4 or error6:
        quoted(buf, at + 8, end, row)
    return f.IN_FLOW


@seldom(None)
def quoted(buf: Octets, at: int, end: int, row: IntRow) -> None:
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
        proto, body, piece = extension_headers(buf, at + 40, end, buf[at + 6] & 255)
        if proto < 0 or (piece >= 0 and u16(buf, piece + 2) & 0xFFF8) or end - body < 4:
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
