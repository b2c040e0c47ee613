"""Kernel: short headers between an Ethernet type and what follows: tags, time stamps, and frames inside frames.

Sources: IEEE 802.1BR (E-tag, 0x893F), 802.1CB (R-tag, 0xF1C1), 802.1Q (CN-tag, 0x22E9), 802.1ah (0x88E7), IEC 62439-3
(HSR, 0x892F), RFC 8300 (NSH, 0x894F), RFC 6325 (TRILL, 0x22F3), Cisco's metadata header (0x8909), time stamp (0x8988),
FabricPath (0x8903), VN-tag (0x8926) and Inter-Switch Link, Arista's time stamp (0xD28B); IEEE's list of Ethernet types.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.ether import (
    BACKBONE,
    CONGESTION_TAG,
    E_TAG,
    ETHER,
    FABRIC,
    HSR,
    METADATA,
    MPLS,
    NSH,
    PORT_TAG,
    REDUNDANCY_TAG,
    TIME_STAMP,
    TIME_TAG,
    TRILL,
    ether_type,
    ethernet,
    llc,
)
from analyzer.capture.kernel.octets import u16
from analyzer.capture.kernel.unread import BY_ETHER_TYPE, refused
from analyzer.kernel.loading import IntRow, Octets

NSH_TYPE, TIME_STAMP_TYPE = 0x894F, 0xD28B
SWITCH_LINK, SWITCH_LINK_MULTICAST = 0x01000C0000, 0x03000C0000
"""The first 40 bits of the address to which Cisco's Inter-Switch Link sends."""
SWITCH_LINK_HEADER = 12
"""Octets between its length and the frame inside."""


def short_header(buf: Octets, at: int, end: int, kind: int, row: IntRow) -> tuple[int, int]:
    """(what comes next, where) behind a header of ``kind`` that begins at ``at``, behind its Ethernet type."""
    if kind == PORT_TAG or kind == HSR or kind == REDUNDANCY_TAG:
        return ether_type(buf, at + 4, end, row)
    if kind == E_TAG or kind == TIME_TAG:
        return ether_type(buf, at + 6, end, row)
    if kind == CONGESTION_TAG:
        return ether_type(buf, at + 2, end, row)
    if kind == BACKBONE:
        return ETHER, at + 4
    if kind == FABRIC:
        return ETHER, at + 2
    if kind == METADATA:
        return metadata(buf, at, end, row)
    if kind == TIME_STAMP:
        return time_stamp(buf, at, end, row)
    if kind == NSH:
        return service_header(buf, at, end)
    if kind == TRILL:
        return trill(buf, at, end)
    return ether_type(buf, at, end, row)


def metadata(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """Cisco's metadata: a version, the number of options, and options of four octets."""
    if end - at < 2:
        return -f.CUT_SHORT, 0
    return ether_type(buf, at + 2 + (buf[at + 1] & 255) * 4, end, row)


def time_stamp(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """Arista's time stamp: subtype 1, a version, and a time of 64 (0x10, 0x11) or 48 bits (0x20, 0x21)."""
    if end - at < 4:
        return -f.CUT_SHORT, 0
    form = buf[at + 3] & 0xFE
    if u16(buf, at) != 1 or (form != 0x10 and form != 0x20):
        return refused(f.ENCAPSULATED, BY_ETHER_TYPE, TIME_STAMP_TYPE), at
    return ether_type(buf, at + (12 if form == 0x10 else 10), end, row)


def service_header(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """NSH: its length in words of four octets, and the protocol that follows."""
    if end - at < 8:
        return -f.CUT_SHORT, 0
    length, following = (buf[at + 1] & 63) * 4, buf[at + 3] & 255
    if buf[at] & 0xC0 or length < 8:
        return refused(f.ENCAPSULATED, BY_ETHER_TYPE, NSH_TYPE), at
    return behind_service_header(following), at + length


def behind_service_header(protocol: int) -> int:
    """The next layer, by the next protocol of NSH, VXLAN-GPE or LISP-GPE."""
    if protocol == 1:
        return 4
    if protocol == 2:
        return 6
    if protocol == 3:
        return ETHER
    if protocol == 4:
        return NSH
    if protocol == 5:
        return MPLS
    return refused(f.NOT_IP, BY_ETHER_TYPE, NSH_TYPE)


def trill(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """TRILL: the length of its options in words of four octets, in five bits; then an Ethernet frame."""
    if end - at < 6:
        return -f.CUT_SHORT, 0
    return ETHER, at + 6 + ((u16(buf, at) >> 6) & 31) * 4


def measured(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """What follows a length in the place of an Ethernet type: LLC, or the frame inside Inter-Switch Link, which has the
    VLAN in 15 bits, three of them unused."""
    target = row[f.DMAC] >> 8
    if target != SWITCH_LINK and target != SWITCH_LINK_MULTICAST:
        if u16(buf, at - 2) < 3:
            return refused(f.NOT_IP, BY_ETHER_TYPE, u16(buf, at - 2)), at
        return llc(buf, at, end)
    if end - at < SWITCH_LINK_HEADER:
        return -f.CUT_SHORT, 0
    tag = (u16(buf, at + 6) >> 1) & 0xFFF
    kind, at = ethernet(buf, at + SWITCH_LINK_HEADER, end, row)
    if row[f.VLAN] < 0:
        row[f.VLAN] = tag
    return kind, at
