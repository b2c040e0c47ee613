"""Kernels: the place after damage at which records follow one another again.

A place is believed when a chain of plausible records begins there, or a plausible record that ends where the stream
does. A capture that was carried inside another one's frames looks the same: the documentation of --resync says so.
"""

from analyzer.capture.kernel import scan as s
from analyzer.capture.kernel.scan import half, word
from analyzer.kernel.loading import IntRow, IntTable, Octets

CHAIN = 3
DAY = 86_400
LARGEST_ON_THE_WIRE = 1 << 20
SECTION = 0x0A0D0D0A
LITTLE, BIG = 0x4D3C2B1A, 0x1A2B3C4D
"""A section's byte-order magic, its octets read in their order."""


def find_record(buf: Octets, at: int, last: int, end: int, file: IntRow) -> int:
    """The offset of the first pcap record from ``at`` on, before ``last``, that can be believed; -1 where none is."""
    quiet = 11 if file[s.P_SWAPPED] else 8  # the highest octet of a length is never anything but 0
    while at < last:
        if end - at < 16:
            return -1
        if buf[at + quiet] == 0 and word(buf, at + 8, 0) != 0 and records_follow(buf, at, end, file):
            return at
        at += 1
    return -1


def records_follow(buf: Octets, at: int, end: int, file: IntRow) -> bool:
    """Whether plausible pcap records follow one another from here."""
    swapped = file[s.P_SWAPPED]
    header = 16 + file[s.P_EXTRA]
    before = word(buf, at, swapped)
    for link in range(CHAIN):
        if at == end:
            return link > 0
        if end - at < header:
            return False
        seconds, fraction = word(buf, at, swapped), word(buf, at + 4, swapped)
        captured, original = word(buf, at + 8, swapped), word(buf, at + 12, swapped)
        if file[s.P_LENGTHS] == s.EXCHANGED or (file[s.P_LENGTHS] == s.DOUBTFUL and captured > original):
            captured, original = original, captured
        if not 0 < captured <= s.LARGEST_BELIEVED or not captured <= original <= LARGEST_ON_THE_WIRE:
            return False
        if fraction * file[s.P_FACTOR] >= 1_000_000_000 or abs(seconds - before) > DAY:
            return False
        if end - at < header + captured:
            return False
        before = seconds
        at += header + captured
    return True


def find_block(buf: Octets, at: int, last: int, end: int, file: IntRow, interfaces: IntTable) -> int:
    """The offset of the first pcapng block from ``at`` on, before ``last``, that can be believed; -1 where none is."""
    swapped = file[s.P_SWAPPED]
    while at < last:
        if end - at < 12:
            return -1
        length = block_length(buf, at, end, swapped, interfaces)
        if length and (
            at + length == end
            or word(buf, at, 0) == SECTION
            or block_length(buf, at + length, end, swapped, interfaces)
        ):
            return at
        at += 1
    return -1


def block_length(buf: Octets, at: int, end: int, swapped: int, interfaces: IntTable) -> int:
    """The length of the block that begins here; 0 where none does that is of a known kind and agrees with itself."""
    if end - at < 12:
        return 0
    kind = word(buf, at, swapped)
    least = 12
    if kind == SECTION:
        if end - at < 28:
            return 0
        order = word(buf, at + 8, 0)
        if order != LITTLE and order != BIG:
            return 0
        swapped = 1 if order == LITTLE else 0
        least = 28
    elif kind == 6 or kind == 2:
        if end - at < 32:
            return 0
        interface = word(buf, at + 8, swapped) if kind == 6 else half(buf, at + 8, swapped)
        if interface >= interfaces.shape[0]:
            return 0
        least = 32 + word(buf, at + 20, swapped)
    elif kind == 3:
        if interfaces.shape[0] == 0:
            return 0
        least = 16
    elif not (kind == 1 or kind == 4 or kind == 5 or kind == 9 or kind == 10 or kind == 0xBAD or kind == 0x40000BAD):
        return 0
    length = 0
    length += word(buf, at + 4, swapped)  # a sum is signed, and so is every value that is returned
    if length < least or length & 3 or length > 2 * s.LARGEST_BELIEVED or end - at < length:
        return 0
    return length if word(buf, at + length - 4, swapped) == length else 0
