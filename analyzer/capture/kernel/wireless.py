"""Kernel: IEEE 802.11 frames, and the headers that capturing puts before them.

Sources: IEEE 802.11 (frame control, addresses, QoS, A-MSDU), radiotap.org, the tcpdump group's link type registry
(Prism, AVS).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.ether import LLC, WIFI, WIFI_PADDED
from analyzer.capture.kernel.octets import l16, l32, u16, u32, u48
from analyzer.kernel.loading import IntRow, Octets

NO_DATA, QOS = 0x40, 0x80
TO_DS, FROM_DS, PROTECTED, ORDER = 1, 2, 0x40, 0x80
AGGREGATED = 0x80


def wifi(buf: Octets, at: int, end: int, padded: int, row: IntRow) -> tuple[int, int]:
    """A data frame down to its LLC header; ``padded``: 4 where that begins at a multiple of four octets, else 1."""
    if end - at < 2:
        return -f.CUT_SHORT, 0
    kind, flags = buf[at] & 255, buf[at + 1] & 255
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
        return -f.ENCAPSULATED, 0  # a later fragment of the air's own
    row[f.DMAC] = u48(buf, at + 16 if flags & TO_DS else at + 4)
    row[f.SMAC] = u48(buf, at + 24 if both else at + 16 if flags & FROM_DS else at + 10)
    body = at + (header + padded - 1) // padded * padded
    if kind & QOS and buf[qos] & AGGREGATED:
        return aggregate(buf, body, end, row)
    return LLC, body


def aggregate(buf: Octets, at: int, end: int, row: IntRow) -> tuple[int, int]:
    """An A-MSDU, where it holds a single frame: a row has room for one packet."""
    if end - at < 14:
        return -f.CUT_SHORT, 0
    check_sequence = 4
    if end - at > 14 + u16(buf, at + 12) + 3 + check_sequence:
        return -f.ENCAPSULATED, 0
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
    """A Prism header, in the byte order of the machine that captured, or AVS's, which says its version."""
    if end - at < 8:
        return -f.CUT_SHORT, 0
    length = u32(buf, at + 4)
    if u32(buf, at) >> 12 != 0x80211 and length > 0xFFFF:
        length = l32(buf, at + 4)
    if length < 8:
        return -f.MALFORMED, 0
    return (WIFI, at + length) if length <= end - at else (-f.CUT_SHORT, 0)
