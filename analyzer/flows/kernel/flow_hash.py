"""Kernel: which flow a tuple belongs to - an open-addressing hash table from both directions of a 5-tuple.

``slots`` holds (tag, flow + 1); zero is empty. A slot points to the youngest flow of its key.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.octets import fetch, fetch_from, mix
from analyzer.flows.kernel import record as r
from analyzer.kernel.loading import Grid, Line, Rows, inlined

ICMP, ICMP6 = 1, 58


@inlined
def first_word(version: int) -> int:
    """Where the words of an address begin that are not 0 in all addresses of its version."""
    return 3 if version == 4 else 0


@inlined
def kind_of(version: int, proto: int, mac: int) -> int:
    """The part of a flow's key that has no ends, in one number."""
    return ((mac + 1) << 11) | (proto << 3) | version


@inlined
def hash_key(
    seed: int, row: Line, src: int, dst: int, sport: int, dport: int, version: int, proto: int, mac: int
) -> int:
    """31 bits that are the same for both directions of a flow."""
    ports = proto != ICMP and proto != ICMP6
    one = mix(seed, row[sport] + 1) if ports else seed
    two = mix(seed, row[dport] + 1) if ports else seed
    for word in range(first_word(version), 4):
        one = mix(one, row[src + word])
        two = mix(two, row[dst + word])
    value = mix((one + two) & 0xFFFFFFFF, proto)
    if not ports:
        value = mix(value, (row[sport] << 8) | row[dport])
    if mac >= 0:
        value = mix(mix(value, mac >> 24), mac & 0xFFFFFF)
    return mix(value, seed) & 0x7FFFFFFF


@inlined
def unspecified(row: Line, at: int) -> bool:
    return row[at] == 0 and row[at + 1] == 0 and row[at + 2] == 0 and row[at + 3] == 0


@inlined
def find(
    table: Grid,
    slots: Line,
    mask: int,
    tag: int,
    row: Line,
    src: int,
    dst: int,
    sport: int,
    dport: int,
    version: int,
    proto: int,
    mac: int,
) -> tuple[int, int, int]:
    """(slot, flow or -1, side that the frame comes from): the youngest flow of the key, or the slot for a new one."""
    slot, kind = tag & mask, kind_of(version, proto, mac)
    while slots[slot] != 0:
        if slots[slot] >> 32 == tag:
            flow = (slots[slot] & 0xFFFFFFFF) - 1
            if table[flow, r.F_KIND] == kind:
                if ends(table, flow, row, src, dst, sport, dport, version, proto):
                    return slot, flow, 0
                if ends(table, flow, row, dst, src, dport, sport, version, proto):
                    return slot, flow, 1
        slot = (slot + 1) & mask
    return slot, -1, 0


@inlined
def ends(
    table: Grid, flow: int, row: Line, src: int, dst: int, sport: int, dport: int, version: int, proto: int
) -> bool:
    """Whether the flow's originator is (src, sport) and its responder (dst, dport); ICMP's type and code have no
    side."""
    if proto == ICMP or proto == ICMP6:
        sport, dport = min(sport, dport), max(sport, dport)
    if table[flow, r.F_LOWS] != both_lows(row[src + 3], row[dst + 3]):
        return False
    if table[flow, r.F_PORTS] != both_ports(row[sport], row[dport]):
        return False
    for word in range(first_word(version), 3):
        if table[flow, r.F_ADDR0 + word] != row[src + word] or table[flow, r.F_ADDR1 + word] != row[dst + word]:
            return False
    return True


@inlined
def both_lows(one: int, two: int) -> int:
    """The last words of two addresses as one number."""
    return ((one - 0x80000000) << 32) | two


@inlined
def both_ports(one: int, two: int) -> int:
    """Two ports as one number; -1 stands for none."""
    return (one << 17) + two


def write_key(table: Grid, flow: int) -> None:
    """What frames are compared with, from the ends that are in the record."""
    table[flow, r.F_KIND] = kind_of(table[flow, r.F_VERSION], table[flow, r.F_PROTO], table[flow, r.F_MAC])
    table[flow, r.F_LOWS] = both_lows(table[flow, r.F_ADDR0 + 3], table[flow, r.F_ADDR1 + 3])
    table[flow, r.F_PORTS] = both_ports(table[flow, r.F_PORT0], table[flow, r.F_PORT1])


@inlined
def look_ahead(rows: Rows, number: int, stop: int, ahead: int, table: Grid, slots: Line, state: Line) -> None:
    """Fetch what frames before ``stop`` will need, as many as ``ahead`` after ``number`` and, of their slots, twice as
    many: a flow's record is somewhere in memory, and many come as soon as one."""
    far, near = number + 2 * ahead, number + ahead
    if far < stop:
        fetch(slots, rows[far][f.TAG] & state[r.G_MASK])
    if near < stop:
        flow = (slots[rows[near][f.TAG] & state[r.G_MASK]] & 0xFFFFFFFF) - 1
        if 0 <= flow < state[r.G_FLOWS]:
            for slot in r.HOT:
                fetch_from(table, flow, slot)


def rehash(table: Grid, flows: int, slots: Line, mask: int, seed: int, row: Line) -> None:
    """Fill the empty ``slots`` with the youngest flow of every key."""
    for flow in range(flows):
        for word in range(4):
            row[f.SRC + word] = table[flow, r.F_ADDR0 + word]
            row[f.DST + word] = table[flow, r.F_ADDR1 + word]
        row[f.SPORT] = table[flow, r.F_PORT0]
        row[f.DPORT] = table[flow, r.F_PORT1]
        proto, mac = table[flow, r.F_PROTO], table[flow, r.F_MAC]
        version = table[flow, r.F_VERSION]
        tag = hash_key(seed, row, f.SRC, f.DST, f.SPORT, f.DPORT, version, proto, mac)
        slot, _, _ = find(table, slots, mask, tag, row, f.SRC, f.DST, f.SPORT, f.DPORT, version, proto, mac)
        slots[slot] = (tag << 32) | (flow + 1)
