"""Kernel: PPP, PPPoE, Cisco HDLC and Frame Relay.

Sources: RFC 1661 and 1662 (PPP, its compressed fields), 2516 (PPPoE), 1547 (Cisco HDLC), 2427 (Frame Relay); IANA's
list of PPP protocols.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.ether import CISCO, MPLS, PPP, layer_three, snap, unmeasured
from analyzer.capture.kernel.octets import u16
from analyzer.capture.kernel.unread import BY_PPP_PROTOCOL, refused
from analyzer.kernel.loading import Octets

UI = 3
"""Control octet of an unnumbered frame, HDLC's for a datagram."""


def ppp(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """A PPP frame, with or without HDLC's address and control octets."""
    if end - at >= 2 and u16(buf, at) == 0xFF03:
        at += 2
    if end - at < 1:
        return -f.CUT_SHORT, 0
    if buf[at] & 1:
        return ppp_protocol(buf[at] & 255), at + 1
    if end - at < 2:
        return -f.CUT_SHORT, 0
    return ppp_protocol(u16(buf, at)), at + 2


def ppp_protocol(kind: int) -> int:
    if kind == 0x21:
        return 4
    if kind == 0x57:
        return 6
    if kind == 0x281 or kind == 0x283:
        return MPLS
    if kind == 0x53 or kind == 0x55:
        return -f.ENCRYPTED
    # Compressed headers, bridged frames, several links at once, compressed frames.
    if kind in (0x2D, 0x2F, 0x31, 0x3D, 0x61, 0x63, 0x65, 0x67, 0x69, 0xFB, 0xFD):
        return refused(f.ENCAPSULATED, BY_PPP_PROTOCOL, kind)
    return refused(f.NOT_IP, BY_PPP_PROTOCOL, kind)


def serial(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """A frame of a serial line: Cisco's by its address octet, else PPP."""
    if end - at < 1:
        return -f.CUT_SHORT, 0
    return CISCO if buf[at] in (0x0F, 0x8F) else PPP, at


def with_direction(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """PPP whose address octet is the direction of the frame."""
    if end - at < 2:
        return -f.CUT_SHORT, 0
    return PPP, at + (2 if buf[at + 1] == UI else 1)


def pppoe(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """A session's frame: version and type 1, code 0."""
    if end - at < 6:
        return -f.CUT_SHORT, 0
    if u16(buf, at) != 0x1100:
        return -f.MALFORMED, 0
    return PPP, at + 6


def cisco(buf: Octets, at: int, end: int) -> tuple[int, int]:
    if end - at < 4:
        return -f.CUT_SHORT, 0
    return unmeasured(u16(buf, at + 2)), at + 4


def frame_relay(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """RFC 2427's format if the control octet shows it, or Cisco's: an Ethernet type after the address."""
    for _ in range(4):
        if end - at < 3:
            return -f.CUT_SHORT, 0
        at += 1
        if buf[at - 1] & 1:
            break
    if buf[at] != UI:
        return unmeasured(u16(buf, at)), at + 2
    at += 1
    if buf[at] == 0:
        at += 1  # a pad
    if end - at < 1:
        return -f.CUT_SHORT, 0
    if buf[at] == 0x80:
        return snap(buf, at + 1, end)
    return layer_three(buf[at] & 255), at + 1
