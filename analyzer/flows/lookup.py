"""Kernel: which flow a tuple belongs to - an open-addressing hash table from both directions of a 5-tuple.

``slots`` holds (tag, flow + 1); zero is empty. A slot points to the youngest flow of its key.
"""

from analyzer.capture import frame as f
from analyzer.capture.octets import mix
from analyzer.flows import record as r
from analyzer.kernel import Grid, Line

ICMP, ICMP6 = 1, 58


def hash_key(seed: int, row: Line, src: int, dst: int, sport: int, dport: int, proto: int, mac: int) -> int:
    """31 bits that are the same for both directions of a flow."""
    ports = proto != ICMP and proto != ICMP6
    one = mix(seed, row[sport] + 1) if ports else seed
    two = mix(seed, row[dport] + 1) if ports else seed
    for word in range(4):
        one = mix(one, row[src + word])
        two = mix(two, row[dst + word])
    value = mix((one + two) & 0xFFFFFFFF, proto)
    if not ports:
        value = mix(value, (row[sport] << 8) | row[dport])
    if mac >= 0:
        value = mix(mix(value, mac >> 24), mac & 0xFFFFFF)
    return mix(value, seed) & 0x7FFFFFFF


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
    slot = tag & mask
    while slots[slot] != 0:
        if slots[slot] >> 32 == tag:
            flow = (slots[slot] & 0xFFFFFFFF) - 1
            same = (
                table[flow, r.F_PROTO] == proto and table[flow, r.F_VERSION] == version and table[flow, r.F_MAC] == mac
            )
            if same:
                if ends(table, flow, row, src, dst, sport, dport, proto):
                    return slot, flow, 0
                if ends(table, flow, row, dst, src, dport, sport, proto):
                    return slot, flow, 1
        slot = (slot + 1) & mask
    return slot, -1, 0


def ends(table: Grid, flow: int, row: Line, src: int, dst: int, sport: int, dport: int, proto: int) -> bool:
    """Whether the flow's originator is (src, sport) and its responder (dst, dport); ICMP's type and code have no
    side."""
    if proto == ICMP or proto == ICMP6:
        low, high = min(sport, dport), max(sport, dport)
        if table[flow, r.F_PORT0] != row[low] or table[flow, r.F_PORT1] != row[high]:
            return False
    elif table[flow, r.F_PORT0] != row[sport] or table[flow, r.F_PORT1] != row[dport]:
        return False
    for word in range(3, -1, -1):
        if table[flow, r.F_ADDR0 + word] != row[src + word] or table[flow, r.F_ADDR1 + word] != row[dst + word]:
            return False
    return True


def rehash(table: Grid, flows: int, slots: Line, mask: int, seed: int, row: Line) -> None:
    """Fill the empty ``slots`` with the youngest flow of every key."""
    for flow in range(flows):
        for word in range(4):
            row[f.SRC + word] = table[flow, r.F_ADDR0 + word]
            row[f.DST + word] = table[flow, r.F_ADDR1 + word]
        row[f.SPORT] = table[flow, r.F_PORT0]
        row[f.DPORT] = table[flow, r.F_PORT1]
        proto, mac = table[flow, r.F_PROTO], table[flow, r.F_MAC]
        tag = hash_key(seed, row, f.SRC, f.DST, f.SPORT, f.DPORT, proto, mac)
        slot, _, _ = find(
            table, slots, mask, tag, row, f.SRC, f.DST, f.SPORT, f.DPORT, table[flow, r.F_VERSION], proto, mac
        )
        slots[slot] = (tag << 32) | (flow + 1)
