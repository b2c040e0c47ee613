"""Kernel: MPLS labels, and what they carry.

A label does not say what follows. IP is recognised by its version, as routers do to share load (RFC 4928);
a control word begins with 0 (RFC 4385); else it is an Ethernet frame without one (RFC 4448).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.ether import BARE, ETHER, network
from analyzer.capture.kernel.octets import u16, u32
from analyzer.capture.kernel.unread import BY_ETHER_TYPE, reason_of, refused
from analyzer.kernel.loading import Octets

MOST_LABELS = 16
BOTTOM = 0x100
MPLS_TYPE = 0x8847


def mpls(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """(what comes next, where) behind the labels at ``at``."""
    for _ in range(MOST_LABELS):
        if end - at < 4:
            return -f.CUT_SHORT, 0
        last = u32(buf, at) & BOTTOM
        at += 4
        if last:
            return below_labels(buf, at, end)
    return -f.DEEP, 0


def below_labels(buf: Octets, at: int, end: int) -> tuple[int, int]:
    if end - at < 1:
        return -f.CUT_SHORT, 0
    first = buf[at] >> 4
    if first == 4 or first == 6:
        # Hardware addresses may begin so, too.
        return (ETHER if is_ethernet(buf, at, end) and not is_ip(buf, at, end) else BARE), at
    if first == 0 and (is_ethernet(buf, at + 4, end) or not is_ethernet(buf, at, end)):
        return ETHER, at + 4
    return (ETHER, at) if is_ethernet(buf, at, end) else (refused(f.NOT_IP, BY_ETHER_TYPE, MPLS_TYPE), at)


def is_ethernet(buf: Octets, at: int, end: int) -> bool:
    """Whether an Ethernet frame of a type that is read seems to begin there."""
    if end - at < 14:
        return False
    kind = network(u16(buf, at + 12))
    return (kind > 0 or reason_of(kind) != f.NOT_IP) and (
        u16(buf, at + 12) >= 0x600 or u16(buf, at + 12) <= end - at - 14
    )


def is_ip(buf: Octets, at: int, end: int) -> bool:
    """Whether the lengths of an IP header fit in what there is."""
    if buf[at] >> 4 == 4:
        return end - at >= 20 and (buf[at] & 15) >= 5 and u16(buf, at + 2) >= 20
    return end - at >= 40 and u16(buf, at + 4) <= end - at - 40
