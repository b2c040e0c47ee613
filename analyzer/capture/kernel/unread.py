"""Kernel: encapsulations that are not read, as numbers, and the search for an IP header behind them.

A step of the link layer that ends a frame returns ``refused(...)``: a negative number with the reason and with what was
not read. ``analyzer.capture.encapsulations`` has the names. Sources of the header checks: RFC 791, RFC 1071 (checksum),
RFC 8200.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.octets import u16
from analyzer.capture.kernel.undecided import seldom
from analyzer.kernel.loading import IntRow, Octets

(
    NOTHING, BY_ETHER_TYPE, BY_LINK_TYPE, BY_IP_PROTOCOL, BY_UDP_PORT, BY_TUNNEL, BY_PPP_PROTOCOL, BY_SERVICE_POINTS,
    BY_ORGANISATION, BY_FAMILY, BY_WIRELESS,
) = range(11)  # fmt: skip
"""By which number an unread encapsulation is known. BY_SERVICE_POINTS: the two octets of IEEE 802.2; BY_ORGANISATION:
the five octets of SNAP; BY_FAMILY: an address family; BY_WIRELESS: one of the two below; BY_TUNNEL: a tunnel's bit."""
WIRELESS_FRAGMENT, WIRELESS_AGGREGATE = 1, 2

KIND = 1 << 40
REASONS = 256
SEARCHED = 64
"""Octets within which an IP header is searched for behind a header of the link layer or in an IP packet."""
SEARCHED_IN_DATAGRAM = 48
LARGEST_TRAILER = 64
NO_FIRST_PIECE = 0x9FFF
"""The bits of IPv4's fragment field that are 0 in a first fragment and in a whole packet: a flag in reserve, and the
offset."""
LAST_OF_ICMP6 = 161
"""The highest type of an ICMPv6 message in use."""


def refused(reason: int, known_by: int, number: int) -> int:
    """What a step returns for a frame that it does not read."""
    return -(reason + REASONS * subject(known_by, number))


def subject(known_by: int, number: int) -> int:
    """What was not read, as the number that is counted."""
    return known_by * KIND + number


def reason_of(code: int) -> int:
    """The reason to set the frame aside, of a negative number that a step returned."""
    return -code % REASONS


def subject_of(code: int) -> int:
    """What was not read, of a negative number that a step returned; NOTHING if the reason alone is enough."""
    return -code // REASONS


def set_aside(buf: Octets, at: int, end: int, stop: int, code: int, row: IntRow) -> int:
    """The reason to set a frame aside, of which ``code`` is what the last step returned, and ``at`` the first octet
    that was not read. Writes what was not read into the row. A frame with an IP header is never ``not IP``.
    ``end``, ``stop``: where the frame ends as captured, and as sent."""
    return reason_of(code) if subject_of(code) == NOTHING else set_unread_aside(buf, at, end, stop, code, row)


@seldom(f.NOT_IP)
def set_unread_aside(buf: Octets, at: int, end: int, stop: int, code: int, row: IntRow) -> int:
    """The same, where the frame has what was not read."""
    reason, subject = reason_of(code), subject_of(code)
    if reason == f.NOT_IP and carries_ip(buf, at, end, stop):
        reason = f.ENCAPSULATED
    if reason != f.NOT_IP:
        row[f.UNREAD] = subject
    return reason


def carries_ip(buf: Octets, at: int, end: int, stop: int) -> bool:
    """Whether a plausible IP header begins in the first octets from ``at``."""
    for place in range(at, min(at + SEARCHED, end)):
        version = (buf[place] & 255) >> 4
        if version == 4 and is_ipv4(buf, place, end, stop):
            return True
        if version == 6 and is_ipv6(buf, place, end, stop):
            return True
    return False


def fills(buf: Octets, at: int, end: int, stop: int) -> bool:
    """Whether the content of a datagram, from ``at`` to ``stop`` and captured up to ``end``, is an IP packet behind
    another header."""
    for place in range(at, min(at + SEARCHED_IN_DATAGRAM, end - 19), 2):
        if (buf[place] == 0x45 or buf[place] == 0x60) and is_inner(buf, place, end, stop):
            return True
    return False


def is_inner(buf: Octets, at: int, end: int, stop: int) -> bool:
    """Whether an IP packet begins there. A datagram can contain anything: the header has no options, a usual protocol,
    and a correct checksum; without a checksum, its length ends with the datagram."""
    if buf[at] != 0x45:
        return is_ipv6(buf, at, end, stop)
    length = u16(buf, at + 2)
    if length < 20 or buf[at + 8] == 0 or not is_usual(buf[at + 9] & 255):
        return False
    return length == stop - at if u16(buf, at + 10) == 0 else is_summed(buf, at, 20)


def is_ipv4(buf: Octets, at: int, end: int, stop: int) -> bool:
    """Whether an IPv4 header with a time to live and a correct checksum begins there, and one thing more: it is no
    later fragment, or it has a usual protocol and its length ends with the frame or shortly before. In random octets,
    the checksum alone is correct in one of fifteen thousand frames. A network card may fill the checksum in after the
    capture: without one, protocol and length have to be right."""
    size = (buf[at] & 15) * 4
    length = u16(buf, at + 2) if end - at >= 20 else 0
    if size < 20 or end - at < size or length < size or buf[at + 8] == 0:
        return False
    fitting = is_usual(buf[at + 9] & 255) and 0 <= stop - at - length <= LARGEST_TRAILER
    if u16(buf, at + 10) == 0 and is_usual(buf[at + 9] & 255):
        return fitting
    return (fitting or u16(buf, at + 6) & NO_FIRST_PIECE == 0) and is_summed(buf, at, size)


def is_summed(buf: Octets, at: int, size: int) -> bool:
    """Whether the checksum of an IPv4 header of ``size`` octets is correct."""
    total = 0
    for word in range(at, at + size, 2):
        total += u16(buf, word)
    total = (total & 0xFFFF) + (total >> 16)
    return (total & 0xFFFF) + (total >> 16) == 0xFFFF


def is_ipv6(buf: Octets, at: int, end: int, stop: int) -> bool:
    """Whether an IPv6 header begins there: a header behind it that makes sense, two addresses of kinds in use, and a
    length that ends with the frame or shortly before."""
    if end - at < 40:
        return False
    length = u16(buf, at + 4)
    rest = stop - at - 40 - length
    if rest < 0 or rest > LARGEST_TRAILER or not follows(buf, at + 40, end, length, buf[at + 6] & 255):
        return False
    return in_use(buf[at + 8] & 255) and buf[at + 8] != 0xFF and in_use(buf[at + 24] & 255)


def follows(buf: Octets, at: int, end: int, length: int, kind: int) -> bool:
    """Whether a header of this kind makes sense in ``length`` octets behind IPv6's, as far as it was captured."""
    if kind == 6:
        return length >= 20 and (end - at < 13 or ((buf[at + 12] & 255) >= 0x50 and buf[at + 12] & 14 == 0))
    if kind == 17:
        return length >= 8 and (end - at < 6 or u16(buf, at + 4) == length)
    if length < 8 or (kind != 58 and kind != 0 and kind != 44):
        return False
    if end - at < 2:
        return True
    first, second = buf[at] & 255, buf[at + 1] & 255
    if kind == 58:
        return (1 <= first <= 4 or 128 <= first <= LAST_OF_ICMP6) and second < 8
    return (first == 6 or first == 17 or first == 58 or first == 44) and second < (1 if kind == 44 else 4)


def is_usual(proto: int) -> bool:
    """Whether it is TCP, UDP, ICMP or IGMP."""
    return proto == 6 or proto == 17 or proto == 1 or proto == 2


def in_use(first: int) -> bool:
    """Whether IPv6 addresses that begin with this octet are in use: global, unique local, link-local and multicast."""
    return first >> 5 == 1 or first >> 1 == 0x7E or first == 0xFE or first == 0xFF
