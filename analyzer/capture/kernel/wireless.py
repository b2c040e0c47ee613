"""Kernel: IEEE 802.11 frames, and the headers that capturing puts before them.

Sources: IEEE 802.11 (frame control, addresses, QoS, A-MSDU, mesh control), radiotap.org, the tcpdump group's link type
registry (Prism, AVS).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.ether import ETHER, LLC, WIFI, WIFI_PADDED, WIFI_SWAPPED
from analyzer.capture.kernel.octets import l16, l32, u16, u24, u32, u48
from analyzer.capture.kernel.unread import BY_WIRELESS, WIRELESS_AGGREGATE, WIRELESS_FRAGMENT, refused
from analyzer.kernel.loading import IntRow, Octets

NO_DATA, QOS = 0x40, 0x80
TO_DS, FROM_DS, PROTECTED, ORDER = 1, 2, 0x40, 0x80
AGGREGATED, MESH = 0x80, 1
MESH_RESERVED = 3
"""From here on, a mesh control field's flags are reserved; LLC begins higher."""
SNAP_HEADER = 0xAAAA03


def wifi(buf: Octets, at: int, end: int, form: int, row: IntRow) -> tuple[int, int]:
    """A data frame down to what it carries; ``form``: WIFI, WIFI_PADDED or WIFI_SWAPPED."""
    if end - at < 2:
        return -f.CUT_SHORT, 0
    kind, flags = buf[at] & 255, buf[at + 1] & 255
    if form == WIFI_SWAPPED:
        kind, flags = flags, kind
    if kind & 15 != 8 or kind & NO_DATA:
        return -f.NOT_IP, 0
    both = flags & (TO_DS | FROM_DS) == TO_DS | FROM_DS
    header = 30 if both else 24
    qos = at + header
    if kind & QOS:
        header += 6 if flags & ORDER else 2
    if end - at < header:
        return -f.CUT_SHORT, 0
    if flags & PROTECTED:
        return -f.ENCRYPTED, 0
    if buf[at + 22] & 15:
        return refused(f.ENCAPSULATED, BY_WIRELESS, WIRELESS_FRAGMENT), at
    row[f.DMAC] = u48(buf, at + 16 if flags & TO_DS else at + 4)
    row[f.SMAC] = u48(buf, at + 24 if both else at + 16 if flags & FROM_DS else at + 10)
    body = at + (header + 3) // 4 * 4 if form == WIFI_PADDED else at + header
    if kind & QOS:
        return with_service(buf, body, end, qos, flags & FROM_DS, row)
    return wifi_body(buf, body, end, u16(buf, at + 22), row)


def with_service(buf: Octets, at: int, end: int, qos: int, from_ds: int, row: IntRow) -> tuple[int, int]:
    """The body of a frame with a QoS field at ``qos``: aggregated, behind a mesh control field, or plain."""
    if buf[qos] & AGGREGATED:
        return aggregate(buf, at, end, row)
    if from_ds and buf[qos + 1] & MESH and end - at >= 6 and (buf[at] & 255) < MESH_RESERVED:
        return mesh(buf, at, end, row)
    return wifi_body(buf, at, end, -1, row)


def mesh(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """A mesh control field: flags, time to live, sequence number, and up to two addresses, those of the ends."""
    extension = buf[at] & 3
    body = at + 6 + extension * 6
    if end < body:
        return -f.CUT_SHORT, 0
    if extension == 1:
        row[f.SMAC] = u48(buf, at + 6)
    elif extension == 2:
        row[f.DMAC] = u48(buf, at + 6)
        row[f.SMAC] = u48(buf, at + 12)
    return LLC, body


def wifi_body(buf: Octets, at: int, end: int, sequence: int, row: IntRow) -> tuple[int, int]:
    """LLC, or what drivers put there instead: an Ethernet frame with the addresses of the 802.11 frame, or two octets
    before LLC, zero or the sequence control once more. ``sequence``: that field, -1 where it is not to be compared."""
    if end - at >= 14 and (u48(buf, at) == row[f.DMAC] or u48(buf, at + 6) == row[f.SMAC]):
        return ETHER, at
    if end - at >= 8 and u24(buf, at) != SNAP_HEADER and u24(buf, at + 2) == SNAP_HEADER:
        before = u16(buf, at)
        if before == 0 or before == sequence:
            return LLC, at + 2
    return LLC, at


def aggregate(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """An A-MSDU, where it holds a single frame: a row has room for one packet."""
    if end - at < 14:
        return -f.CUT_SHORT, 0
    check_sequence = 4
    if end - at > 14 + u16(buf, at + 12) + 3 + check_sequence:
        return refused(f.ENCAPSULATED, BY_WIRELESS, WIRELESS_AGGREGATE), at
    row[f.DMAC] = u48(buf, at)
    row[f.SMAC] = u48(buf, at + 6)
    return LLC, at + 14


def radiotap(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """A radiotap header; its flags say whether the frame is padded."""
    if end - at < 8:
        return -f.CUT_SHORT, 0
    length = l16(buf, at + 2)
    if length < 8:
        return -f.MALFORMED, 0
    if length > end - at:
        return -f.CUT_SHORT, 0
    field = 8
    while buf[at + field - 1] & 0x80 and field + 4 <= length:
        field += 4
    if buf[at + 4] & 1:
        field = (field + 7) // 8 * 8 + 8
    is_padded = buf[at + 4] & 2 and field < length and buf[at + field] & 0x20
    return (WIFI_PADDED if is_padded else WIFI), at + length


def prism(buf: Octets, at: int, end: int) -> tuple[int, int]:
    """A Prism header, in the byte order of the machine that captured, or AVS's, which contains its version."""
    if end - at < 8:
        return -f.CUT_SHORT, 0
    length = u32(buf, at + 4)
    if u32(buf, at) >> 12 != 0x80211 and length > 0xFFFF:
        length = l32(buf, at + 4)
    if length < 8:
        return -f.MALFORMED, 0
    return (WIFI, at + length) if length <= end - at else (-f.CUT_SHORT, 0)
