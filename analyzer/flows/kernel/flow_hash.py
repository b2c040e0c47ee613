"""Kernel: the flow of a 5-tuple, by an open-addressing hash table that finds both directions.

``slots`` contains (tag, flow + 1); 0 is empty. A slot points to the youngest flow of its key. The bit SEVERAL is set
where another flow of the key is under way beside it.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.octets import fetch, fetch_from, mix
from analyzer.capture.kernel.protocol_numbers import ICMP, ICMP6
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.bundles import KeySlots
from analyzer.kernel.loading import IntRow, IntRows, IntTable, inlined

FRAME_KEY = KeySlots(f.SRC, f.DST, f.SPORT, f.DPORT, f.VERSION, f.PROTO)
"""The frame's own 5-tuple."""
QUOTED_KEY = KeySlots(f.QSRC, f.QDST, f.QSPORT, f.QDPORT, f.QVERSION, f.QPROTO)
"""The 5-tuple that an ICMP error quotes."""


ASKED_BY_HIGHER = -2
"""In the place of a MAC: an ICMP request that the higher of two addresses sent, or its reply. Both hosts may ask each
other; these are two flows."""

SEVERAL = 1 << 31
FLOW_BITS = SEVERAL - 1


@inlined
def first_word(version: int) -> int:
    """Where the words of an address begin that are not 0 in all addresses of its version."""
    return 3 if version == 4 else 0


@inlined
def kind_of(version: int, proto: int, mac: int) -> int:
    """The part of a flow's key that has no ends, in one number."""
    return ((mac + 1) << 11) | (proto << 3) | version


@inlined
def hash_key(seed: int, row: IntRow, key: KeySlots, mac: int) -> int:
    """31 bits that are the same for both directions of a flow. ``mac``: part of the key, or negative."""
    proto, sport, dport = row[key.proto], row[key.sport], row[key.dport]
    ports = proto != ICMP and proto != ICMP6
    one = mix(seed, sport + 1) if ports else seed
    two = mix(seed, dport + 1) if ports else seed
    src, dst = key.src, key.dst
    for word in range(first_word(row[key.version]), 4):
        one = mix(one, row[src + word])
        two = mix(two, row[dst + word])
    value = mix((one + two) & 0xFFFFFFFF, proto)
    if not ports:
        value = mix(value, (sport << 8) | dport)
    if mac >= 0:
        value = mix(mix(value, mac >> 24), mac & 0xFFFFFF)
    return mix(value, seed) & 0x7FFFFFFF


@inlined
def unspecified(row: IntRow, at: int) -> bool:
    """Whether the address at ``at`` is 0.0.0.0 or ::."""
    return row[at] == 0 and row[at + 1] == 0 and row[at + 2] == 0 and row[at + 3] == 0


@inlined
def further_key(row: IntRow) -> int:
    """What is part of a frame's key besides its 5-tuple: F_MAC of its flow."""
    if unspecified(row, f.SRC):
        return row[f.SMAC]
    return asked_by(row, FRAME_KEY, row[f.REPLY])


@inlined
def asked_by(row: IntRow, key: KeySlots, part: int) -> int:
    """ASKED_BY_HIGHER, or -1. ``part``: what query_part() says of the packet."""
    if part == 0:
        return -1
    for word in range(4):
        source, target = row[key.src + word], row[key.dst + word]
        if source != target:
            return ASKED_BY_HIGHER if (source > target) == (part == 2) else -1
    return -1


@inlined
def find(
    table: IntTable, slots: IntRow, mask: int, tag: int, row: IntRow, key: KeySlots, mac: int
) -> tuple[int, int, int]:
    """(slot, flow or -1, side that the frame comes from): the youngest flow of the key, or the slot for a new one.

    ``tag``: the hash of the key; ``mask``: one less than there are slots.
    """
    version, proto = row[key.version], row[key.proto]
    slot, kind = tag & mask, kind_of(version, proto, mac)
    while slots[slot] != 0:
        if slots[slot] >> 32 == tag:
            flow = (slots[slot] & FLOW_BITS) - 1
            if table[flow, r.F_KIND] == kind:
                sport, dport = row[key.sport], row[key.dport]
                if ends(table, flow, row, key.src, key.dst, both_ports(sport, dport), version):
                    return slot, flow, 0
                if proto != ICMP and proto != ICMP6:  # ICMP's type and code have no side
                    sport, dport = dport, sport
                if ends(table, flow, row, key.dst, key.src, both_ports(sport, dport), version):
                    return slot, flow, 1
        slot = (slot + 1) & mask
    return slot, -1, 0


@inlined
def ends(table: IntTable, flow: int, row: IntRow, src: int, dst: int, ports: int, version: int) -> bool:
    """Whether the flow's originator is at the address in slot ``src``, its responder at that in slot ``dst``, and
    ``ports`` are theirs."""
    if table[flow, r.F_LOWS] != both_lows(row[src + 3], row[dst + 3]) or table[flow, r.F_PORTS] != ports:
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


def write_key(table: IntTable, flow: int) -> None:
    """Write the slots that frames are compared with, from the ends in the record."""
    table[flow, r.F_KIND] = kind_of(table[flow, r.F_VERSION], table[flow, r.F_PROTO], table[flow, r.F_MAC])
    table[flow, r.F_LOWS] = both_lows(table[flow, r.F_ADDR0 + 3], table[flow, r.F_ADDR1 + 3])
    table[flow, r.F_PORTS] = both_ports(table[flow, r.F_PORT0], table[flow, r.F_PORT1])


@inlined
def look_ahead(
    rows: IntRows, number: int, stop: int, ahead: int, table: IntTable, slots: IntRow, state: IntRow
) -> None:
    """Fetch from memory what later frames before ``stop`` need: the record of the flow ``ahead`` frames after
    ``number``, and the slot of the frame twice as far. So many are fetched at the same time."""
    far, near = number + 2 * ahead, number + ahead
    if far < stop:
        fetch(slots, rows[far][f.TAG] & state[r.G_MASK])
    if near < stop:
        flow = (slots[rows[near][f.TAG] & state[r.G_MASK]] & FLOW_BITS) - 1
        if 0 <= flow < state[r.G_FLOWS]:
            for slot in r.HOT:
                fetch_from(table, flow, slot)


def rehash(table: IntTable, lines: IntRow, flows: int, slots: IntRow, mask: int, seed: int, row: IntRow) -> None:
    """Put the youngest flow of every key into ``slots``, of the first ``flows`` flows of ``lines``, which increase."""
    for number in range(flows):
        flow = lines[number]
        for word in range(4):
            row[f.SRC + word] = table[flow, r.F_ADDR0 + word]
            row[f.DST + word] = table[flow, r.F_ADDR1 + word]
        row[f.SPORT] = table[flow, r.F_PORT0]
        row[f.DPORT] = table[flow, r.F_PORT1]
        row[f.VERSION] = table[flow, r.F_VERSION]
        row[f.PROTO] = table[flow, r.F_PROTO]
        mac = table[flow, r.F_MAC]
        tag = hash_key(seed, row, FRAME_KEY, mac)
        slot, _, _ = find(table, slots, mask, tag, row, FRAME_KEY, mac)
        several = SEVERAL if table[flow, r.F_SIDE + r.S_CHAIN] > 0 else 0
        slots[slot] = (tag << 32) | several | (flow + 1)
