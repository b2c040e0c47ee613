"""Kernel: Ethernet, its tags, and the next layer that an Ethernet type or an LLC header gives.

A step takes a header and answers (what comes next, where): 4 or 6 for an IP header, minus a reason to set the frame
aside, or one of the kinds below, each another header. Sources: IEEE 802.3, 802.1Q, 802.1ah, 802.1AE, 802.2 with SNAP
(RFC 1042), RFC 2684 and 2427 (bridged frames); IEEE's list of Ethernet types.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.octets import u16, u24, u48
from analyzer.capture.kernel.unread import BY_ETHER_TYPE, BY_ORGANISATION, BY_SERVICE_POINTS, refused
from analyzer.kernel.loading import IntRow, Octets, inlined

(
    FURTHER, ETHER, TAG, LLC, MEASURED, MPLS, PPPOE, PPP, CISCO, BARE, MACSEC, WIFI, WIFI_PADDED, WIFI_SWAPPED,
    BACKBONE, PORT_TAG, E_TAG, REDUNDANCY_TAG, CONGESTION_TAG, HSR, NSH, TRILL, METADATA, TIME_TAG, TIME_STAMP, FABRIC,
) = range(8, 34)  # fmt: skip
"""What may come next beside IP: from FURTHER on, the header of that name. MEASURED: LLC behind its length; BARE: an IP
header of either version; WIFI_PADDED: 802.11 whose payload begins at a multiple of four; WIFI_SWAPPED: with the octets
of its frame control in the other order. From BACKBONE on, short headers of ``shims``; PORT_TAG: a VN-tag."""
MOST_TAGS = 8


@inlined
def ethernet(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """An Ethernet frame. Its addresses and tags replace those of a frame around it."""
    if end - at < 14:
        return -f.CUT_SHORT, 0
    row[f.DMAC] = u48(buf, at)
    row[f.SMAC] = u48(buf, at + 6)
    row[f.VLAN] = -1
    return ether_type(buf, at + 12, end, row)


def ether_type(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """What follows the Ethernet type at ``at``, behind up to eight VLAN tags."""
    for _ in range(MOST_TAGS + 1):
        if end - at < 2:
            return -f.CUT_SHORT, 0
        kind = u16(buf, at)
        if kind != 0x8100 and kind != 0x88A8 and kind != 0x9100 and kind != 0x9200:
            return network(kind), at + 2
        if end - at < 6:
            return -f.CUT_SHORT, 0
        note_tag(row, u16(buf, at + 2) & 0xFFF)
        at += 4
    return -f.DEEP, 0


def tagged(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """The rest of a frame behind an 802.1Q type: ``at`` is the tag's first octet."""
    if end - at < 4:
        return -f.CUT_SHORT, 0
    note_tag(row, u16(buf, at) & 0xFFF)
    return ether_type(buf, at + 2, end, row)


def note_tag(row: IntRow, tag: int) -> None:
    if row[f.VLAN] < 0:
        row[f.VLAN] = tag
    elif row[f.VLAN] < 0x1000:
        row[f.VLAN] = row[f.VLAN] | (tag << 12) | (1 << 24)


def network(kind: int) -> int:
    """The next layer, by an Ethernet type."""
    if kind == 0x0800:
        return 4
    if kind == 0x86DD:
        return 6
    if kind == 0x0806 or kind == 0x8035:
        return -f.ARP
    if kind < 0x600:
        return MEASURED
    if kind == 0x8847 or kind == 0x8848:
        return MPLS
    if kind == 0x8864:
        return PPPOE
    if kind == 0x8100 or kind == 0x88A8 or kind == 0x9100 or kind == 0x9200:
        return TAG
    if kind == 0x0842:
        return -f.WAKE
    if kind == 0x6558:
        return ETHER
    if kind == 0x880B:
        return PPP
    if kind == 0x88E5:
        return MACSEC
    if kind == 0x8870:
        return LLC
    if kind == 0x2452:
        return WIFI
    if kind == 0x88E7:
        return BACKBONE
    return tag_or_shim(kind)


def tag_or_shim(kind: int) -> int:
    if kind == 0x8926:
        return PORT_TAG
    if kind == 0x893F:
        return E_TAG
    if kind == 0xF1C1:
        return REDUNDANCY_TAG
    if kind == 0x22E9:
        return CONGESTION_TAG
    if kind == 0x892F:
        return HSR
    if kind == 0x894F:
        return NSH
    if kind == 0x22F3:
        return TRILL
    return vendor_header(kind)


def vendor_header(kind: int) -> int:
    if kind == 0x8909:
        return METADATA
    if kind == 0x8988:
        return TIME_TAG
    if kind == 0xD28B:
        return TIME_STAMP
    if kind == 0x8903:
        return FABRIC
    if kind == 0x876B or kind == 0xA0ED or kind == 0x4305:
        return refused(f.ENCAPSULATED, BY_ETHER_TYPE, kind)  # compressed TCP/IP, 6LoWPAN, B.A.T.M.A.N.
    return refused(f.NOT_IP, BY_ETHER_TYPE, kind)


def unmeasured(kind: int) -> int:
    """The next layer, by a type that cannot be a length: below 0x600 the type is not known."""
    following = network(kind)
    return refused(f.NOT_IP, BY_ETHER_TYPE, kind) if following == MEASURED else following


def llc(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """An IEEE 802.2 header: SNAP, or the access point of IP."""
    if end - at < 3:
        return -f.CUT_SHORT, 0
    head = u24(buf, at)
    if head == 0xAAAA03:
        return snap(buf, at + 3, end)
    if head == 0x060603:
        return 4, at + 3
    if head == 0xFEFE03 and end - at >= 4:
        return layer_three(buf[at + 3] & 255), at + 4
    return refused(f.NOT_IP, BY_SERVICE_POINTS, head >> 8), at


def snap(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """An organisation and its type: Ethernet types are those of 0 and of 802.1H's tunnel, 80-C2 is a bridged frame."""
    if end - at < 5:
        return -f.CUT_SHORT, 0
    organisation, kind = u24(buf, at), u16(buf, at + 3)
    if organisation == 0 or organisation == 0xF8:
        return unmeasured(kind), at + 5
    if organisation == 0x80C2 and (kind == 1 or kind == 7):
        return ETHER, at + 5
    return refused(f.NOT_IP, BY_ORGANISATION, organisation * 0x10000 + kind), at + 5


def layer_three(kind: int) -> int:
    """The next layer, by ISO/IEC TR 9577's identifier of a network layer protocol."""
    if kind == 0xCC:
        return 4
    if kind == 0x8E:
        return 6
    return PPP if kind == 0xCF else refused(f.NOT_IP, BY_SERVICE_POINTS, kind)


def macsec(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """IEEE 802.1AE: the frame is in the clear where neither the E nor the C bit is set, else it cannot be read."""
    if end - at < 6:
        return -f.CUT_SHORT, 0
    if buf[at] & 0x0C:
        return -f.ENCRYPTED, 0
    return ether_type(buf, at + (14 if buf[at] & 0x20 else 6), end, row)
