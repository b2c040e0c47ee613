"""Kernel: decoded frames into flows.

One pass over a chunk of records; what has to outlive the chunk is in arrays that the caller owns and grows. ``table``
holds a record a flow in order of appearance; ``slots`` is an open-addressing hash table of (tag, flow + 1) that points
to the youngest flow of each key.
"""

from analyzer.capture.decode import decode
from analyzer.capture.frame import (
    DMAC, DPORT, DST, FLAGS, HEAD, IPLEN, PAYLEN, PAYOFF, PROTO, QDPORT, QDST, QPROTO, QSPORT, QSRC, QVERSION,
    R_CAPTURED, R_LINK, R_OFFSET, R_ORIGINAL, R_TIME, SMAC, SNAPPED, SPORT, SRC, TTL, VERSION, VLAN,
)  # fmt: skip
from analyzer.flows.record import (
    BASIS_FIRST, BASIS_PROTOCOL, BASIS_SYN, BASIS_SYN_ACK, BYTES, F_ADDR0, F_ADDR1, F_BASIS, F_CAPTURE, F_ERR_CAPTURE,
    F_ERR_CODE, F_ERR_COUNT, F_ERR_FRAME, F_ERR_SRC, F_ERR_TIME, F_ERR_TTL, F_ERR_TYPE, F_FIRST, F_FRAME, F_HISTORY,
    F_LAST, F_LETTERS, F_MAC, F_MARKS, F_PORT0, F_PORT1, F_PROTO, F_SIDE, F_SNAPPED, F_VERSION, F_VLAN, G_ASIDE,
    G_BACKWARDS, G_CAPTURE, G_FIRST, G_FLOW, G_FLOWS, G_FRAME, G_LAST, G_LAST_TIME, G_MARKS, G_MASK, G_NEED, G_SEED,
    G_SIDE, G_SNAPPED, GAPS, IP_BYTES, LAST_HEAD, LAST_LENGTH, M_CAPTURE, M_CAPTURED, M_FLOW, M_FRAME, M_OFFSET,
    M_PAYLEN, M_PAYLOAD, M_SIDE, M_TIME, MOST_LENGTH, NEED_FLOWS, NEED_MARKS, NEED_NOTHING, NEED_SLOTS, PKTS,
    RETRANSMITTED, S_FIRST, S_HEAD, S_LAST, S_MAC, S_TTL, SEEN, SIDE_WIDTH, STATE, SYNS,
    WIDTH, ZERO_WINDOWS,
)  # fmt: skip
from analyzer.flows.segment import ACK_FLAG, L_DATA, SYN, add_flip, add_letter, flip, new_connection, segment

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
DHCP_SERVER, DHCP_CLIENT, TFTP, PXE, DHCP6_CLIENT, DHCP6_SERVER = 67, 68, 69, 4011, 546, 547
SILENCE = 60_000_000_000
ICMP_ERROR = 8
MARKS_PER_FLOW = 64


def assemble(buf, records, span, watch, transitions, table, slots, marks, state, row):
    """Take records ``span[0]`` to ``span[1]``; the number of the first one not taken.

    It stops early when an array has to grow first: ``state[G_NEED]`` says which one.
    """
    for number in range(span[0], span[1]):
        if state[G_FLOWS] >= table.shape[0]:
            state[G_NEED] = NEED_FLOWS
            return number
        if state[G_FLOWS] * 2 > state[G_MASK]:
            state[G_NEED] = NEED_SLOTS
            return number
        if state[G_MARKS] >= marks.shape[0]:
            state[G_NEED] = NEED_MARKS
            return number
        time = records[number, R_TIME]
        note_time(state, time)
        captured = records[number, R_CAPTURED]
        original = records[number, R_ORIGINAL]
        if captured < original:
            state[G_SNAPPED] += 1
        aside = decode(buf, records[number, R_OFFSET], captured, original, records[number, R_LINK], row)
        if aside == 0:
            aside = take(time, transitions, table, slots, state, row)
            if aside == 0:
                mark(records, number, watch, table, marks, state, row)
        state[G_ASIDE + aside] += 1
    state[G_NEED] = NEED_NOTHING
    return span[1]


def note_time(state, time):
    """Count the frame; keep the capture's first and last time and its backward steps."""
    state[G_FRAME] += 1
    if state[G_FRAME] == 1:
        state[G_FIRST] = time
        state[G_LAST] = time
    elif time < state[G_LAST_TIME]:
        state[G_BACKWARDS] += 1
    state[G_FIRST] = min(state[G_FIRST], time)
    state[G_LAST] = max(state[G_LAST], time)
    state[G_LAST_TIME] = time


def take(time, transitions, table, slots, state, row):
    """Put the decoded frame into its flow, a new one where need be; 0, or why it is in none."""
    if row[QPROTO] >= 0 and attach_error(time, table, slots, state, row):
        return ICMP_ERROR
    proto = row[PROTO]
    reply = 0
    if proto == ICMP or proto == ICMP6:
        reply = normalise_icmp(row)
    mac = row[SMAC] if unspecified(row, SRC) else -1
    tag = hash_key(state[G_SEED], row, SRC, DST, SPORT, DPORT, proto, mac)
    slot, flow, side = find(table, slots, state[G_MASK], tag, row, SRC, DST, SPORT, DPORT, row[VERSION], proto, mac)
    if flow < 0 or begins_anew(time, table, flow, side, row):
        flow = state[G_FLOWS]
        state[G_FLOWS] += 1
        slots[slot] = (tag << 32) | (flow + 1)
        side = begin(time, table, flow, state, row, reply, mac)
    elif proto == UDP and side == 1 and table[flow, F_PORT0] == DHCP_SERVER and row[SPORT] == DHCP_CLIENT:
        flip(table, flow)
        side = 0
    update(time, transitions, table, flow, side, row)
    state[G_FLOW] = flow
    state[G_SIDE] = side
    return 0


def attach_error(time, table, slots, state, row):
    """Note an ICMP error with the flow that it quotes; 0 when that flow was not seen.

    The quoted tuple is read as a frame's would be: its own slots follow the same order.
    """
    proto = row[QPROTO]
    tag = hash_key(state[G_SEED], row, QSRC, QDST, QSPORT, QDPORT, proto, -1)
    _, flow, _ = find(
        table, slots, state[G_MASK], tag, row, QSRC, QDST, QSPORT, QDPORT, row[QVERSION], proto, -1
    )
    if flow < 0:
        return 0
    passing = table[flow, F_ERR_COUNT] == 0 or is_path_mtu(table[flow, F_PROTO], table[flow, F_VERSION], table, flow)
    table[flow, F_ERR_COUNT] += 1
    if passing:
        table[flow, F_ERR_TYPE] = row[SPORT]
        table[flow, F_ERR_CODE] = row[DPORT]
        for word in range(4):
            table[flow, F_ERR_SRC + word] = row[SRC + word]
        table[flow, F_ERR_TTL] = row[TTL]
        table[flow, F_ERR_FRAME] = state[G_FRAME]
        table[flow, F_ERR_TIME] = time
        table[flow, F_ERR_CAPTURE] = state[G_CAPTURE]
    return 1


def is_path_mtu(proto, version, table, flow):
    """Whether the error noted so far only asks for smaller packets, so that a graver one may replace it."""
    if version == 4:
        return table[flow, F_ERR_TYPE] == 3 and table[flow, F_ERR_CODE] == 4
    return table[flow, F_ERR_TYPE] == 2


def normalise_icmp(row):
    """Name a reply by its request's type, so that both are one flow; 1 for a reply, 2 for a request, 0 for neither."""
    kind = row[SPORT]
    if row[PROTO] == ICMP6:
        if kind == 129:
            row[SPORT] = 128
            return 1
        return 2 if kind == 128 else 0
    if kind == 0:
        row[SPORT] = 8
        return 1
    if kind == 14 or kind == 16 or kind == 18:
        row[SPORT] = kind - 1
        return 1
    return 2 if kind == 8 or kind == 13 or kind == 15 or kind == 17 else 0


def unspecified(row, at):
    return row[at] == 0 and row[at + 1] == 0 and row[at + 2] == 0 and row[at + 3] == 0


def group_or_broadcast(row, at):
    """Whether the address is multicast or 255.255.255.255."""
    if row[VERSION] == 4:
        return row[at + 3] >> 28 == 14 or row[at + 3] == 0xFFFFFFFF
    return row[at] >> 24 == 0xFF


def mix(value, word):
    """One round of a 32-bit integer hash that stays within 63 bits."""
    value = ((value ^ word) * 0x45D9F3B) & 0xFFFFFFFF
    return value ^ (value >> 15)


def hash_key(seed, row, src, dst, sport, dport, proto, mac):
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


def find(table, slots, mask, tag, row, src, dst, sport, dport, version, proto, mac):
    """(slot, flow or -1, side that the frame comes from): the youngest flow of the key, or the slot for a new one."""
    slot = tag & mask
    while slots[slot] != 0:
        if slots[slot] >> 32 == tag:
            flow = (slots[slot] & 0xFFFFFFFF) - 1
            same = table[flow, F_PROTO] == proto and table[flow, F_VERSION] == version and table[flow, F_MAC] == mac
            if same:
                if ends(table, flow, row, src, dst, sport, dport, proto):
                    return slot, flow, 0
                if ends(table, flow, row, dst, src, dport, sport, proto):
                    return slot, flow, 1
        slot = (slot + 1) & mask
    return slot, -1, 0


def ends(table, flow, row, src, dst, sport, dport, proto):
    """Whether the flow's originator is (src, sport) and its responder (dst, dport); ICMP's type and code have no side."""
    if proto == ICMP or proto == ICMP6:
        low, high = min(sport, dport), max(sport, dport)
        if table[flow, F_PORT0] != row[low] or table[flow, F_PORT1] != row[high]:
            return False
    elif table[flow, F_PORT0] != row[sport] or table[flow, F_PORT1] != row[dport]:
        return False
    for word in range(3, -1, -1):
        if table[flow, F_ADDR0 + word] != row[src + word] or table[flow, F_ADDR1 + word] != row[dst + word]:
            return False
    return True


def begins_anew(time, table, flow, side, row):
    """Whether the frame starts another flow on a tuple that is known."""
    if row[PROTO] == TCP:
        return new_connection(table, flow, side, row)
    return time - table[flow, F_LAST] > SILENCE


def begin(time, table, flow, state, row, reply, mac):
    """Write a new flow's record; the side that its first frame comes from."""
    for slot in range(WIDTH):
        table[flow, slot] = -1
    for side in range(2):
        base = F_SIDE + side * SIDE_WIDTH
        for slot in range(SIDE_WIDTH):
            table[flow, base + slot] = -1
        zero_side(table, flow, base)
    basis, side = direction(row, reply)
    if side == 0 and group_or_broadcast(row, SRC):
        side = 1
    elif side == 1 and group_or_broadcast(row, DST):
        side = 0
    icmp = row[PROTO] == ICMP or row[PROTO] == ICMP6
    table[flow, F_VERSION] = row[VERSION]
    table[flow, F_PROTO] = row[PROTO]
    table[flow, F_PORT0] = row[SPORT] if side == 0 or icmp else row[DPORT]
    table[flow, F_PORT1] = row[DPORT] if side == 0 or icmp else row[SPORT]
    for word in range(4):
        table[flow, F_ADDR0 + word] = row[SRC + word] if side == 0 else row[DST + word]
        table[flow, F_ADDR1 + word] = row[DST + word] if side == 0 else row[SRC + word]
    table[flow, F_MAC] = mac
    table[flow, F_FIRST] = time
    table[flow, F_LAST] = time
    table[flow, F_FRAME] = state[G_FRAME]
    table[flow, F_CAPTURE] = state[G_CAPTURE]
    table[flow, F_VLAN] = row[VLAN]
    table[flow, F_BASIS] = basis
    table[flow, F_SNAPPED] = 0
    for slot in range(3):
        table[flow, F_HISTORY + slot] = 0
    table[flow, F_LETTERS] = 0
    table[flow, F_MARKS] = 0
    table[flow, F_ERR_COUNT] = 0
    if side == 1 and not icmp:
        add_flip(table, flow)
    return side


def zero_side(table, flow, base):
    for slot in (PKTS, BYTES, IP_BYTES, STATE, SEEN, RETRANSMITTED, ZERO_WINDOWS, GAPS, SYNS, LAST_LENGTH, MOST_LENGTH):
        table[flow, base + slot] = 0


def direction(row, reply):
    """(basis, side of the sender) of a flow's first frame."""
    if row[PROTO] == TCP:
        if row[FLAGS] & SYN:
            return (BASIS_SYN_ACK, 1) if row[FLAGS] & ACK_FLAG else (BASIS_SYN, 0)
        return BASIS_FIRST, 0
    if row[PROTO] == UDP:
        return datagram_direction(row)
    if reply:
        return BASIS_PROTOCOL, 1 if reply == 1 else 0
    return BASIS_FIRST, 0


def datagram_direction(row):
    """DHCP by its operation (RFC 951: 1 asks, 2 answers), TFTP and DHCPv6 by the server's port.

    A DHCP answer seen alone from port 67 to 68 is the server's own flow: the table prints it as a row of its own.
    """
    sport, dport = row[SPORT], row[DPORT]
    if dport == TFTP or dport == DHCP6_SERVER:
        return BASIS_PROTOCOL, 0
    if sport == TFTP or sport == DHCP6_SERVER:
        return BASIS_PROTOCOL, 1
    if dport == DHCP_SERVER or dport == PXE or sport == DHCP_SERVER or sport == PXE:
        if sport == DHCP_CLIENT or (sport == DHCP_SERVER and dport == DHCP_CLIENT):
            return BASIS_PROTOCOL, 0
        operation = row[HEAD] >> 24
        if operation == 1:
            return BASIS_PROTOCOL, 0
        if operation == 2 or dport == DHCP_CLIENT:
            return BASIS_PROTOCOL, 1
    return BASIS_FIRST, 0


def update(time, transitions, table, flow, side, row):
    """Add the frame to its flow."""
    base = F_SIDE + side * SIDE_WIDTH
    table[flow, F_FIRST] = min(table[flow, F_FIRST], time)
    table[flow, F_LAST] = max(table[flow, F_LAST], time)
    table[flow, F_SNAPPED] += row[SNAPPED]
    if table[flow, base + PKTS] == 0:
        table[flow, base + S_FIRST] = time
        table[flow, base + S_MAC] = row[SMAC]
        table[flow, base + S_TTL] = row[TTL]
    table[flow, base + PKTS] += 1
    table[flow, base + BYTES] += row[PAYLEN]
    table[flow, base + IP_BYTES] += row[IPLEN]
    table[flow, base + S_LAST] = time
    peer = F_SIDE + (1 - side) * SIDE_WIDTH
    if table[flow, peer + S_MAC] < 0:
        table[flow, peer + S_MAC] = row[DMAC]
    if row[PAYLEN] > 0 and table[flow, base + S_HEAD] < 0:
        table[flow, base + S_HEAD] = row[HEAD]
    if row[PROTO] == TCP:
        segment(transitions, table, flow, side, row)
    elif row[PROTO] == UDP:
        table[flow, base + LAST_HEAD] = row[HEAD]
        table[flow, base + LAST_LENGTH] = row[PAYLEN]
        table[flow, base + MOST_LENGTH] = max(table[flow, base + MOST_LENGTH], row[PAYLEN])
        if table[flow, base + SEEN] == 0:
            table[flow, base + SEEN] = 1
            add_letter(table, flow, side, L_DATA)


def mark(records, number, watch, table, marks, state, row):
    """Remember a frame on a watched UDP port for the stages that look into it."""
    if row[PROTO] != UDP or watch[row[SPORT]] + watch[row[DPORT]] == 0:
        return
    flow = state[G_FLOW]
    if table[flow, F_MARKS] >= MARKS_PER_FLOW:
        return
    table[flow, F_MARKS] += 1
    line = state[G_MARKS]
    state[G_MARKS] += 1
    marks[line, M_FLOW] = flow
    marks[line, M_FRAME] = state[G_FRAME]
    marks[line, M_TIME] = records[number, R_TIME]
    marks[line, M_CAPTURE] = state[G_CAPTURE]
    marks[line, M_SIDE] = state[G_SIDE]
    marks[line, M_PAYLEN] = row[PAYLEN]
    marks[line, M_OFFSET] = records[number, R_OFFSET]
    marks[line, M_CAPTURED] = records[number, R_CAPTURED]
    marks[line, M_PAYLOAD] = row[PAYOFF]


def rehash(table, flows, slots, mask, seed, row):
    """Fill the empty ``slots`` with the youngest flow of every key."""
    for flow in range(flows):
        for word in range(4):
            row[SRC + word] = table[flow, F_ADDR0 + word]
            row[DST + word] = table[flow, F_ADDR1 + word]
        row[SPORT] = table[flow, F_PORT0]
        row[DPORT] = table[flow, F_PORT1]
        proto, mac = table[flow, F_PROTO], table[flow, F_MAC]
        tag = hash_key(seed, row, SRC, DST, SPORT, DPORT, proto, mac)
        slot, _, _ = find(
            table, slots, mask, tag, row, SRC, DST, SPORT, DPORT, table[flow, F_VERSION], proto, mac
        )
        slots[slot] = (tag << 32) | (flow + 1)
