"""Kernels: the records of a pcap or pcapng stream, found in a buffer without copying them.

Sources: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. Both kernels stop before the first record that is not
whole in the buffer; what the caller has to do is in the status.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.octets import l16, l32, u16, u32
from analyzer.capture.kernel.time_stamps import LATEST, since_start
from analyzer.kernel.loading import IntRow, IntTable, Octets

MORE, FULL, BAD_LENGTH, OTHER_BLOCK, BAD_INTERFACE, ZEROS = range(6)

I_LINK, I_KIND, I_FACTOR, I_OFFSET, I_SNAPLEN, I_DROPPED, I_REPORTED, I_WIDTH = range(8)
"""An interface: link type; how its time stamps become nanoseconds (multiply, divide, binary); by what; offset in
nanoseconds; snaplen; packets that its packet blocks say were lost; that its statistics say were lost."""

(
    P_SWAPPED, P_FACTOR, P_LINK, P_LIMIT, P_EXTRA, P_LENGTHS, P_TIME, P_STEP_BACK, P_UNDATED, P_OVERLONG, P_OLD,
    P_SIMPLE, P_ENHANCED, P_HOLES, P_PAUSE, P_JUMPS, P_FIRST_JUMP,
) = range(17)  # fmt: skip
"""A file: byte order; nanoseconds a fraction unit; link type; the longest record believed; octets of the record header
beyond sixteen; the order of its two lengths. ``P_TIME``: the time stamp of the record read last, for those that have
none; ``P_STEP_BACK``: the most by which it went back, in nanoseconds. ``P_UNDATED``: records without a time;
``P_OVERLONG``: that hold more than they say was there. ``P_OLD``...: packet blocks by kind. ``P_HOLES``: whether a
record of nothing but zeros is a hole in the file; else it is a frame, as for other programs. ``P_PAUSE``: the longest
time from one record to the next, in nanoseconds. ``P_JUMPS``: how many jumps of the clock follow from ``P_FIRST_JUMP``
on, at most MOST_JUMPS: the time before each and the time after it."""
CLOCK_JUMP = 86_400_000_000_000
"""Nanoseconds without a frame, within a file, after which the clock may have been set."""
MOST_JUMPS = 366
P_WIDTH = P_FIRST_JUMP + 2 * MOST_JUMPS
IN_ORDER, EXCHANGED, DOUBTFUL = range(3)
"""Captured length, original length; the other way round; whichever way makes sense."""

B_TYPE, B_COUNT, B_WIDTH = range(3)
"""A line of the table of blocks without a packet: their type, how many were counted. A line of the count 0 is free; the
last line counts all types for which no line is free."""
SECTION, INTERFACE, STATISTICS = 0x0A0D0D0A, 1, 5
MOST_OPTIONS = 1000

LARGEST_BELIEVED = 262_144
UNKNOWN_DROPS = 0xFFFF


def word(buf: Octets, at: int, swapped: int) -> int:
    return l32(buf, at) if swapped else u32(buf, at)


def half(buf: Octets, at: int, swapped: int) -> int:
    return l16(buf, at) if swapped else u16(buf, at)


def scan_pcap(buf: Octets, at: int, end: int, file: IntRow, records: IntTable) -> tuple[int, int, int]:
    """(records found, offset of the first octet not taken, status). ``swapped`` means little-endian."""
    swapped, factor, link, limit = file[P_SWAPPED], file[P_FACTOR], file[P_LINK], file[P_LIMIT]
    order, holes, before, back = file[P_LENGTHS], file[P_HOLES], file[P_TIME], file[P_STEP_BACK]
    header = 16 + file[P_EXTRA]
    count, undated, overlong = 0, 0, 0
    status = FULL
    while count < records.shape[0]:
        if end - at < header:
            status = MORE
            break
        captured = word(buf, at + 8, swapped)
        original = word(buf, at + 12, swapped)
        if order == EXCHANGED or (order == DOUBTFUL and captured > original):
            captured, original = original, captured
        if captured > limit:
            status = BAD_LENGTH
            break
        if end - at < header + captured:
            status = MORE
            break
        time = word(buf, at, swapped) * 1_000_000_000 + word(buf, at + 4, swapped) * factor
        if time == 0:
            if holes and captured == 0 and original == 0:
                status = ZEROS
                break
            undated += 1
        elif time < before:
            back = max(back, before - time)
        elif before > 0 and (time - before > file[P_PAUSE] or time - before >= CLOCK_JUMP):
            paused(file, before, time)
        before = time
        if captured > original:
            overlong += 1
            original = captured
        records[count, f.R_OFFSET] = at + header
        records[count, f.R_CAPTURED] = captured
        records[count, f.R_ORIGINAL] = original
        records[count, f.R_TIME] = time
        records[count, f.R_LINK] = link
        records[count, f.R_INTERFACE] = 0
        at += header + captured
        count += 1
    file[P_TIME] = before
    file[P_STEP_BACK] = back
    file[P_UNDATED] += undated
    file[P_OVERLONG] += overlong
    return count, at, status


def dated(file: IntRow, time: int) -> None:
    """Note the time of a packet."""
    if time == 0:
        file[P_UNDATED] += 1
    elif time < file[P_TIME]:
        file[P_STEP_BACK] = max(file[P_STEP_BACK], file[P_TIME] - time)
    elif file[P_TIME] > 0:
        paused(file, file[P_TIME], time)
    file[P_TIME] = time


def paused(file: IntRow, before: int, time: int) -> None:
    """Note the time from one record to the next."""
    file[P_PAUSE] = max(file[P_PAUSE], time - before)
    if time - before >= CLOCK_JUMP and file[P_JUMPS] < MOST_JUMPS:
        place = P_FIRST_JUMP + 2 * file[P_JUMPS]
        file[place], file[place + 1] = before, time
        file[P_JUMPS] += 1


def scan_pcapng(
    buf: Octets, at: int, end: int, file: IntRow, interfaces: IntTable, records: IntTable, blocks: IntTable
) -> tuple[int, int, int]:
    """(records found, offset of the first octet not taken, status).

    Stops at a section, at an interface, and at a block without a packet that is damaged or not whole. Other blocks
    without a packet are counted in ``blocks`` and passed over: a few compressed octets can be millions of them.
    """
    swapped = file[P_SWAPPED]
    count = 0
    while count < records.shape[0]:
        if end - at < 12:
            return count, at, MORE
        kind = word(buf, at, swapped)
        length = word(buf, at + 4, swapped)
        if kind != 6 and kind != 3 and kind != 2:
            if kind == SECTION or kind == INTERFACE or not whole(buf, at, end, length, file):
                return count, at, OTHER_BLOCK
            if kind == STATISTICS:
                statistics(buf, at, length, swapped, interfaces)
            count_block(blocks, kind)
            at += length
            continue
        if length < 16 or length & 3 or length > file[P_LIMIT]:
            return count, at, BAD_LENGTH
        if end - at < length:
            return count, at, MORE
        if word(buf, at + length - 4, swapped) != length:
            return count, at, BAD_LENGTH
        status = packet_block(buf, at, kind, length, file, interfaces, records, count)
        if status != MORE:
            return count, at, status
        at += length
        count += 1
    return count, at, FULL


def whole(buf: Octets, at: int, end: int, length: int, file: IntRow) -> bool:
    """Whether a block of this length is whole in the buffer, and its two lengths agree."""
    if length < 12 or length & 3 or length > file[P_LIMIT] or end - at < length:
        return False
    return word(buf, at + length - 4, file[P_SWAPPED]) == length


def count_block(blocks: IntTable, kind: int) -> None:
    """Count a block without a packet."""
    others = blocks.shape[0] - 1
    for place in range(others):
        if blocks[place, B_COUNT] == 0:
            blocks[place, B_TYPE] = kind
        if blocks[place, B_TYPE] == kind:
            blocks[place, B_COUNT] += 1
            return
    blocks[others, B_COUNT] += 1


def statistics(buf: Octets, at: int, length: int, swapped: int, interfaces: IntTable) -> None:
    """What an interface counted since its section began; the highest count is the last one."""
    if length < 24:
        return
    number = 0
    number += word(buf, at + 8, swapped)  # a sum is signed
    if number >= interfaces.shape[0]:
        return
    end = at + length - 4
    at += 20
    lost = 0
    for _ in range(MOST_OPTIONS):
        if end - at < 4:
            break
        code, size = half(buf, at, swapped), half(buf, at + 2, swapped)
        if code == 0 or at + 4 + size > end:
            break
        if (code == 5 or code == 7) and size == 8:  # isb_ifdrop, isb_osdrop
            lost += count_of_64_bits(buf, at + 4, swapped)
        at += 4 + ((size + 3) & ~3)
    interfaces[number, I_REPORTED] = max(lost, interfaces[number, I_REPORTED])


def packet_block(
    buf: Octets,
    at: int,
    kind: int,
    length: int,
    file: IntRow,
    interfaces: IntTable,
    records: IntTable,
    count: int,
) -> int:
    """Write the record of an enhanced (6), simple (3) or obsolete (2) packet block; MORE when all is well."""
    swapped = file[P_SWAPPED]
    interface, body = 0, 12
    if kind != 3:
        if length < 32:
            return BAD_LENGTH
        interface += word(buf, at + 8, swapped) if kind == 6 else half(buf, at + 8, swapped)  # a sum is signed
        body = 28
    if interface >= interfaces.shape[0]:
        return BAD_INTERFACE
    original = word(buf, at + (body - 4), swapped)
    if kind == 3:
        captured = min(original, length - 16)
        if interfaces[interface, I_SNAPLEN] > 0:
            captured = min(captured, interfaces[interface, I_SNAPLEN])
        file[P_UNDATED] += 1
        file[P_SIMPLE] += 1
    else:
        captured = word(buf, at + 20, swapped)
        if captured > length - 32:
            return BAD_LENGTH
        dated(file, nanoseconds(word(buf, at + 12, swapped), word(buf, at + 16, swapped), interfaces, interface))
        if kind == 6:
            file[P_ENHANCED] += 1
            interfaces[interface, I_DROPPED] += dropped(
                buf, at + body + ((captured + 3) & ~3), at + length - 4, swapped
            )
        else:
            file[P_OLD] += 1
            drops = half(buf, at + 10, swapped)
            interfaces[interface, I_DROPPED] += 0 if drops == UNKNOWN_DROPS else drops
    file[P_OVERLONG] += captured > original
    records[count, f.R_OFFSET] = at + body
    records[count, f.R_CAPTURED] = captured
    records[count, f.R_ORIGINAL] = max(captured, original)
    records[count, f.R_TIME] = file[P_TIME]
    records[count, f.R_LINK] = interfaces[interface, I_LINK]
    records[count, f.R_INTERFACE] = interface
    return MORE


def dropped(buf: Octets, at: int, end: int, swapped: int) -> int:
    """epb_dropcount among the options of a packet, 0 where it is not; a count beyond 32 bits is not believed."""
    while end - at >= 4:
        code, size = half(buf, at, swapped), half(buf, at + 2, swapped)
        if code == 0 or at + 4 + size > end:
            return 0
        if code == 4 and size == 8:
            return count_of_64_bits(buf, at + 4, swapped)
        at += 4 + ((size + 3) & ~3)
    return 0


def count_of_64_bits(buf: Octets, at: int, swapped: int) -> int:
    """A count of 64 bits; 0 for one beyond 32 bits, which is not believed."""
    high, low = word(buf, at, swapped), word(buf, at + 4, swapped)
    if swapped:
        high, low = low, high
    return low if high == 0 else 0


def nanoseconds(high: int, low: int, interfaces: IntTable, interface: int) -> int:
    """A block's time stamp since the epoch; 0 for one that no date of this age can have."""
    time = since_start(high, low, interfaces[interface, I_KIND], interfaces[interface, I_FACTOR])
    offset = interfaces[interface, I_OFFSET]
    if time < 0 or offset > LATEST - time or time + offset < 0:
        return 0
    return time + offset
