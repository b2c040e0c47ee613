"""Kernel: puts prepared frames into flows.

One pass over a chunk of frames. What has to outlive the chunk is in arrays that the caller owns and makes larger.
``table`` has a record for each flow, in order of appearance; ``slots`` is an open-addressing hash table of (tag, flow +
1) that points to the youngest flow of each key.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import DHCP_CLIENT, DHCP_SERVER, ICMP, ICMP6, TCP, UDP
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.beside import FLOW_TIMEOUT, choose, is_beside, last_of_chain, link
from analyzer.flows.kernel.bundles import FlowArrays
from analyzer.flows.kernel.duplicates import COPY, OWN, PASSED_ON, classify
from analyzer.flows.kernel.flow_hash import (
    FRAME_KEY,
    SEVERAL,
    find,
    further_key,
    look_ahead,
    write_key,
)
from analyzer.flows.kernel.fragments import first_piece, later_piece
from analyzer.flows.kernel.icmp_errors import attach_error
from analyzer.flows.kernel.marks import mark
from analyzer.flows.kernel.originator import direction, group_or_broadcast
from analyzer.flows.kernel.tcp import L_DATA, add_flip, add_letter, flip, new_connection, segment
from analyzer.kernel.loading import IntCube, IntRow, IntRows, IntTable, inlined

FORGOTTEN = -1
"""A slot that is in use and matches no key."""


def assemble(
    records: IntTable,
    rows: IntRows,
    span: tuple[int, int],
    arrays: FlowArrays,
) -> int:
    """Put the frames ``span[0]`` to ``span[1]`` into flows; returns the first frame that was not.

    Frame ``n`` is record ``n`` and row ``n``. The kernel returns early when an array has to grow first:
    ``state[r.G_NEED]`` is its number.
    """
    watch, transitions, table, slots = arrays.watch, arrays.transitions, arrays.table, arrays.slots
    marks, recent, pieces, state = arrays.marks, arrays.recent, arrays.pieces, arrays.state
    ahead = state[r.G_AHEAD]
    for number in range(span[0], span[1]):
        if ahead:
            look_ahead(rows, number, span[1], ahead, table, slots, state)
        if state[r.G_FLOWS] >= table.shape[0]:
            state[r.G_NEED] = r.NEED_FLOWS
            return number
        if state[r.G_FLOWS] * 2 > state[r.G_MASK]:
            state[r.G_NEED] = r.NEED_SLOTS
            return number
        if state[r.G_MARKS] >= marks.shape[0]:
            state[r.G_NEED] = r.NEED_MARKS
            return number
        time = records[number, f.R_TIME]
        note_time(state, time)
        row = rows[number]
        if records[number, f.R_CAPTURED] < records[number, f.R_ORIGINAL] or row[f.SNAPPED] > 0:
            state[r.G_SNAPPED] += 1
        if row[f.UNREAD] >= 0:
            note_unread(state, row[f.UNREAD])
        aside = row[f.STATUS]
        if aside == 0 or aside == f.FRAGMENT:
            kind = classify(time, row, recent, state)
            if kind == COPY:
                state[r.G_DUPLICATES] += 1
            if aside == f.FRAGMENT:
                aside = later_piece(time, pieces, table, state, row)
            else:
                aside = put_into_flow(time, kind, transitions, table, slots, state, row)
                if aside == 0 and row[f.PIECE] >= 0:
                    first_piece(time, pieces, table, state, row)
                if aside == 0 and kind != COPY:
                    mark(records, number, watch, table, marks, state, row)
        state[r.G_ASIDE + aside] += 1
    state[r.G_NEED] = r.NEED_NOTHING
    return span[1]


@inlined
def note_time(state: IntRow, time: int) -> None:
    """Count the frame; update the capture's first and last time and its backward steps."""
    state[r.G_FRAME] += 1
    if state[r.G_FRAME] == 1:
        state[r.G_FIRST] = time
        state[r.G_LAST] = time
    elif time < state[r.G_LAST_TIME]:
        state[r.G_BACKWARDS] += 1
    state[r.G_FIRST] = min(state[r.G_FIRST], time)
    state[r.G_LAST] = max(state[r.G_LAST], time)
    state[r.G_LAST_TIME] = time


def note_unread(state: IntRow, kind: int) -> None:
    """Count a frame with an encapsulation that was not read. The last place counts those of further kinds."""
    place = r.G_UNREAD
    last = r.G_UNREAD + 2 * (r.MOST_UNREAD - 1)
    while place < last and state[place + 1] > 0 and state[place] != kind:
        place += 2
    if state[place + 1] == 0:
        state[place] = kind if place < last else 0
    state[place + 1] += 1


@inlined
def put_into_flow(
    time: int,
    kind: int,
    transitions: IntCube,
    table: IntTable,
    slots: IntRow,
    state: IntRow,
    row: IntRow,
) -> int:
    """Put a frame into its flow, or into a new one; returns 0, or the reason why it is in none."""
    if row[f.QPROTO] >= 0 and attach_error(time, table, slots, state, row):
        return f.ICMP_ERROR
    reply, tag = row[f.REPLY], row[f.TAG]
    mac = further_key(row)
    slot, flow, side = find(table, slots, state[r.G_MASK], tag, row, FRAME_KEY, mac)
    if flow >= 0 and to_itself(row):
        side = 1 if reply == 1 else 0
    youngest, several = flow, flow >= 0 and slots[slot] & SEVERAL != 0
    if several:
        flow, side = choose(table, youngest, row)
    if flow < 0 or (kind != COPY and begins_anew(time, table, flow, side, row)):
        if several and flow >= 0:
            several = time - last_of_chain(table, youngest) <= FLOW_TIMEOUT
        earlier = youngest if several or (flow >= 0 and is_beside(time, table, flow, side, row)) else -1
        if state[r.G_FLOWS] >= state[r.G_LIMIT]:
            if flow >= 0:
                slots[slot] = FORGOTTEN  # later frames belong to the flow that is not kept, not to the one before it
            return f.OVER
        flow = state[r.G_FLOWS]
        state[r.G_FLOWS] += 1
        side = begin(time, table, flow, state, row, reply, mac)
        several = earlier >= 0 and link(time, table, flow, earlier)
        slots[slot] = (tag << 32) | (SEVERAL if several else 0) | (flow + 1)
    elif asks_late(table, flow, side, row):
        flip(table, flow)
        side = 0
    update(time, kind, transitions, table, flow, side, row)
    state[r.G_FLOW] = flow
    state[r.G_SIDE] = side
    return 0


@inlined
def to_itself(row: IntRow) -> bool:
    """Whether a host sends ICMP to its own address: then only the type shows which side sent the frame."""
    if row[f.PROTO] != ICMP and row[f.PROTO] != ICMP6:
        return False
    same = 0
    for word in range(4):
        same += row[f.SRC + word] == row[f.DST + word]
    return same == 4


@inlined
def asks_late(table: IntTable, flow: int, side: int, row: IntRow) -> bool:
    """Whether a DHCP client sends in a flow that its server began."""
    if side == 0 or row[f.PROTO] != UDP or row[f.SPORT] != DHCP_CLIENT or table[flow, r.F_PORT0] != DHCP_SERVER:
        return False
    return not group_or_broadcast(row, f.SRC)


@inlined
def begins_anew(time: int, table: IntTable, flow: int, side: int, row: IntRow) -> bool:
    """Whether the frame begins another flow of a known 5-tuple."""
    if row[f.PROTO] == TCP:
        return new_connection(time, table, flow, side, row)
    return time - table[flow, r.F_LAST] > FLOW_TIMEOUT


def begin(time: int, table: IntTable, flow: int, state: IntRow, row: IntRow, reply: int, mac: int) -> int:
    """Write the record of a new flow; returns the side that sent its first frame."""
    for slot in range(r.WIDTH):
        table[flow, slot] = -1
    for side in range(2):
        base = r.F_SIDE + side * r.SIDE_WIDTH
        for slot in range(r.SIDE_WIDTH):
            table[flow, base + slot] = -1
        zero_side(table, flow, base)
    basis, side = direction(row, reply)
    if side == 0 and group_or_broadcast(row, f.SRC):
        side = 1
    elif side == 1 and group_or_broadcast(row, f.DST):
        side = 0
    icmp = row[f.PROTO] == ICMP or row[f.PROTO] == ICMP6
    table[flow, r.F_VERSION] = row[f.VERSION]
    table[flow, r.F_PROTO] = row[f.PROTO]
    table[flow, r.F_PORT0] = row[f.SPORT] if side == 0 or icmp else row[f.DPORT]
    table[flow, r.F_PORT1] = row[f.DPORT] if side == 0 or icmp else row[f.SPORT]
    for word in range(4):
        table[flow, r.F_ADDR0 + word] = row[f.SRC + word] if side == 0 else row[f.DST + word]
        table[flow, r.F_ADDR1 + word] = row[f.DST + word] if side == 0 else row[f.SRC + word]
    table[flow, r.F_MAC] = mac
    write_key(table, flow)
    table[flow, r.F_FIRST] = time
    table[flow, r.F_LAST] = time
    table[flow, r.F_FRAME] = state[r.G_FRAME]
    table[flow, r.F_CAPTURE] = state[r.G_CAPTURE]
    table[flow, r.F_VLAN] = row[f.VLAN]
    table[flow, r.F_BASIS] = basis
    table[flow, r.F_SNAPPED] = 0
    for slot in range(3):
        table[flow, r.F_HISTORY + slot] = 0
    table[flow, r.F_LETTERS] = 0
    table[flow, r.F_MARKS] = 0
    table[flow, r.F_TUNNEL] = 0
    table[flow, r.F_ERR_COUNT] = 0
    if side == 1 and not icmp:
        add_flip(table, flow)
    return side


def zero_side(table: IntTable, flow: int, base: int) -> None:
    """Set the counters of a side's block to 0."""
    for slot in (
        r.S_PKTS,
        r.S_BYTES,
        r.S_IP_BYTES,
        r.S_STATE,
        r.S_SEEN,
        r.S_RETRANSMITTED,
        r.S_ZERO_WINDOWS,
        r.S_GAPS,
        r.S_SYNS,
        r.S_LATE_SYNS,
        r.S_LAST_LENGTH,
        r.S_MOST_LENGTH,
        r.S_COPIES,
        r.S_REPEATS,
    ):
        table[flow, base + slot] = 0


@inlined
def update(time: int, kind: int, transitions: IntCube, table: IntTable, flow: int, side: int, row: IntRow) -> None:
    """Add a frame to its flow. A copy counts as a packet and changes nothing else."""
    base = r.F_SIDE + side * r.SIDE_WIDTH
    table[flow, r.F_FIRST] = min(table[flow, r.F_FIRST], time)
    table[flow, r.F_LAST] = max(table[flow, r.F_LAST], time)
    table[flow, r.F_SNAPPED] += row[f.SNAPPED]
    if row[f.TUNNEL] > 0:
        table[flow, r.F_TUNNEL] |= row[f.TUNNEL]
    if table[flow, base + r.S_PKTS] == 0:
        table[flow, base + r.S_FIRST] = time
        table[flow, base + r.S_MAC] = row[f.SMAC]
        table[flow, base + r.S_TTL] = row[f.TTL]
        table[flow, base + r.S_INTERFACE] = row[f.INTERFACE]
    table[flow, base + r.S_PKTS] += 1
    table[flow, base + r.S_BYTES] += row[f.PAYLEN]
    table[flow, base + r.S_IP_BYTES] += row[f.IPLEN]
    table[flow, base + r.S_LAST] = time
    if kind != OWN:
        table[flow, base + r.S_COPIES] += 1
    if kind == COPY:
        return
    peer = r.F_SIDE + (1 - side) * r.SIDE_WIDTH
    if table[flow, peer + r.S_MAC] < 0:
        table[flow, peer + r.S_MAC] = row[f.DMAC]
    if row[f.PAYLEN] > 0 and table[flow, base + r.S_HEAD] < 0:
        table[flow, base + r.S_HEAD] = row[f.HEAD]
    if row[f.PROTO] == TCP:
        segment(transitions, table, flow, side, row)
    elif row[f.PROTO] == UDP:
        again = row[f.HEAD] >= 0 and table[flow, base + r.S_LAST_HEAD] == row[f.HEAD]
        again = again and table[flow, base + r.S_LAST_LENGTH] == row[f.PAYLEN]
        again = again and table[flow, base + r.S_LAST_CONTENT] == row[f.CONTENT]
        if not again:
            table[flow, base + r.S_REPEATS] = 0
        elif kind != PASSED_ON:
            table[flow, base + r.S_REPEATS] += 1
        table[flow, base + r.S_LAST_HEAD] = row[f.HEAD]
        table[flow, base + r.S_LAST_CONTENT] = row[f.CONTENT]
        table[flow, base + r.S_LAST_LENGTH] = row[f.PAYLEN]
        table[flow, base + r.S_MOST_LENGTH] = max(table[flow, base + r.S_MOST_LENGTH], row[f.PAYLEN])
        if table[flow, base + r.S_SEEN] == 0:
            table[flow, base + r.S_SEEN] = 1
            add_letter(table, flow, side, L_DATA)
