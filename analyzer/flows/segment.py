"""Kernel: what a TCP segment adds to its flow - state, history, sequence numbers, retransmissions and gaps.

Meanings as in Zeek's conn.log; sequence arithmetic as in RFC 9293, modulo 2**32.
"""

from analyzer.capture.frame import ACK, FLAGS, PAYLEN, SEQ, TTL, WINDOW
from analyzer.flows.record import (
    F_ADDR0, F_ADDR1, F_BASIS, F_HISTORY, F_LETTERS, F_PORT0, F_PORT1, F_SIDE, FLIP, GAPS, HOLE, HOLE_END, ISN,
    LAST_FIN, LAST_RST, LAST_SYN, MOST_LETTERS, NEXT, RESPONDER_LETTER, RETRANSMITTED, RST_TTL, SEEN, SIDE_WIDTH, STATE,
    SYNS, ZERO_WINDOWS,
)  # fmt: skip

FIN, SYN, RST, ACK_FLAG = 1, 2, 4, 16
L_SYN, L_SYN_ACK, L_ACK, L_DATA, L_FIN, L_RST, L_MULTI, L_FIN_RST, L_AGAIN, L_ZERO, L_GAP = range(11)
INACTIVE, SYN_SENT, SYN_ACK_SENT, PARTIAL, ESTABLISHED, CLOSED, RESET, RESET_AFTER_CLOSE = range(8)
EVENT_SYN, EVENT_SYN_ACK, EVENT_FIN, EVENT_RST, EVENT_ACK, EVENT_DATA_ACK, EVENT_DATA = range(7)
BASIS_SYN = 0
FAR = 1 << 20


def ahead(one, two):
    """How far sequence number ``one`` lies ahead of ``two``; negative when behind."""
    delta = (one - two) & 0xFFFFFFFF
    return delta - 0x100000000 if delta >= 0x80000000 else delta


def add_letter(table, flow, side, letter):
    put_letter(table, flow, letter + RESPONDER_LETTER * side)


def add_flip(table, flow):
    put_letter(table, flow, FLIP)


def put_letter(table, flow, code):
    count = table[flow, F_LETTERS]
    if count < MOST_LETTERS:
        table[flow, F_HISTORY + count // 12] |= code << (5 * (count % 12))
        table[flow, F_LETTERS] = count + 1


def flip(table, flow):
    """Exchange originator and responder."""
    swap(table, flow, F_PORT0, F_PORT1)
    for word in range(4):
        swap(table, flow, F_ADDR0 + word, F_ADDR1 + word)
    for slot in range(SIDE_WIDTH):
        swap(table, flow, F_SIDE + slot, F_SIDE + SIDE_WIDTH + slot)
    for place in range(table[flow, F_LETTERS]):
        word, shift = F_HISTORY + place // 12, 5 * (place % 12)
        code = (table[flow, word] >> shift) & 31
        if code != FLIP:
            other = code + RESPONDER_LETTER if code < RESPONDER_LETTER else code - RESPONDER_LETTER
            table[flow, word] ^= (code ^ other) << shift
    add_flip(table, flow)


def swap(table, flow, one, two):
    kept = table[flow, one]
    table[flow, one] = table[flow, two]
    table[flow, two] = kept


def new_connection(table, flow, side, row):
    """Whether a segment opens another connection on the flow's tuple.

    A SYN does that when its initial sequence number is not the one that its sender is known by; a SYN-ACK does when
    the connection at hand is over.
    """
    if not row[FLAGS] & SYN or row[FLAGS] & RST:
        return False
    own = F_SIDE + side * SIDE_WIDTH
    peer = F_SIDE + (1 - side) * SIDE_WIDTH
    if table[flow, own + ISN] < 0 or table[flow, own + ISN] == row[SEQ]:
        return False
    if not row[FLAGS] & ACK_FLAG:
        return True
    return table[flow, own + STATE] >= CLOSED and table[flow, peer + STATE] >= CLOSED


def segment(transitions, table, flow, side, row):
    """Add a segment to its flow."""
    own = F_SIDE + side * SIDE_WIDTH
    peer = F_SIDE + (1 - side) * SIDE_WIDTH
    flags = row[FLAGS]
    opens, closes, resets = (flags & SYN) != 0, (flags & FIN) != 0, (flags & RST) != 0
    length = row[PAYLEN]
    past = row[SEQ] + (0 if resets else length)
    past = (past + (1 if opens else 0) + (1 if closes else 0)) & 0xFFFFFFFF
    start_side(table, flow, own, row, past)
    note_flags(table, flow, side, row, past)
    if opens and not flags & ACK_FLAG and table[flow, F_BASIS] != BASIS_SYN and side == 0:
        table[flow, F_BASIS] = BASIS_SYN
    if row[WINDOW] == 0 and not resets and table[flow, peer + STATE] != CLOSED and table[flow, own + STATE] < RESET:
        count_letter(table, flow, side, ZERO_WINDOWS, L_ZERO)
    if flags & ACK_FLAG and table[flow, peer + STATE] == INACTIVE:
        table[flow, peer + ISN] = (row[ACK] - 1) & 0xFFFFFFFF
        table[flow, peer + NEXT] = (row[ACK] - 1) & 0xFFFFFFFF
    advance(table, flow, side, row, past)
    event = event_of(flags, length)
    states = transitions[side, event, table[flow, own + STATE], table[flow, peer + STATE]]
    table[flow, own + STATE] = states >> 3
    table[flow, peer + STATE] = states & 7
    if flags & ACK_FLAG and not flags & (SYN | FIN | RST):
        find_gap(table, flow, 1 - side, row[ACK])


def event_of(flags, length):
    if flags & RST:
        return EVENT_RST
    if flags & FIN:
        return EVENT_FIN
    if flags & SYN:
        return EVENT_SYN_ACK if flags & ACK_FLAG else EVENT_SYN
    if flags & ACK_FLAG:
        return EVENT_DATA_ACK if length else EVENT_ACK
    return EVENT_DATA


def start_side(table, flow, own, row, past):
    """Set a side's first sequence numbers, as though it had begun with a SYN when none was seen."""
    status = table[flow, own + STATE]
    if row[FLAGS] & SYN:
        if status < CLOSED and table[flow, own + ISN] != row[SEQ]:
            table[flow, own + ISN] = row[SEQ]
            table[flow, own + NEXT] = past
            table[flow, own + HOLE] = -1
    elif status == INACTIVE:
        table[flow, own + ISN] = (row[SEQ] - 1) & 0xFFFFFFFF
        table[flow, own + NEXT] = row[SEQ]


def note_flags(table, flow, side, row, past):
    """The history's letters for SYN, FIN, RST, data and bare ACK."""
    flags = row[FLAGS]
    bits = (1 if flags & SYN else 0) + (1 if flags & FIN else 0) + (1 if flags & RST else 0)
    if bits > 1:
        once(table, flow, side, L_FIN_RST if flags & FIN and flags & RST else L_MULTI)
    elif flags & SYN:
        own = F_SIDE + side * SIDE_WIDTH
        table[flow, own + SYNS] += 1
        again(table, flow, side, L_SYN_ACK if flags & ACK_FLAG else L_SYN, LAST_SYN, row[SEQ])
    elif flags & FIN:
        again(table, flow, side, L_FIN, LAST_FIN, past)
    elif flags & RST:
        table[flow, F_SIDE + side * SIDE_WIDTH + RST_TTL] = row[TTL]
        again(table, flow, side, L_RST, LAST_RST, row[SEQ])
    elif row[PAYLEN] > 0:
        once(table, flow, side, L_DATA)
    elif flags & ACK_FLAG:
        once(table, flow, side, L_ACK)


def once(table, flow, side, letter):
    """Add a letter the first time; whether it was new."""
    seen = F_SIDE + side * SIDE_WIDTH + SEEN
    if table[flow, seen] & (1 << letter):
        return False
    table[flow, seen] |= 1 << letter
    add_letter(table, flow, side, letter)
    return True


def again(table, flow, side, letter, memory, sequence):
    """Add a letter the first time, and whenever it comes with another sequence number than before."""
    at = F_SIDE + side * SIDE_WIDTH + memory
    if not once(table, flow, side, letter) and table[flow, at] != sequence:
        add_letter(table, flow, side, letter)
    table[flow, at] = sequence


def count_letter(table, flow, side, counter, letter):
    """Count an event, with a letter at the first, tenth, hundredth ... time."""
    at = F_SIDE + side * SIDE_WIDTH + counter
    table[flow, at] += 1
    count = table[flow, at]
    while count >= 10 and count % 10 == 0:
        count //= 10
    if count == 1:
        add_letter(table, flow, side, letter)


def advance(table, flow, side, row, past):
    """Move a side's highest sequence number, or count a retransmission."""
    own = F_SIDE + side * SIDE_WIDTH
    flags = row[FLAGS]
    delta = ahead(past, table[flow, own + NEXT])
    if flags & (SYN | RST) and (delta > FAR or delta < -FAR):
        return
    if flags & FIN and table[flow, own + NEXT] == (table[flow, own + ISN] + 1) & 0xFFFFFFFF:
        table[flow, own + NEXT] = past
    elif table[flow, own + STATE] >= RESET:
        return
    elif delta > 0:
        if ahead(row[SEQ], table[flow, own + NEXT]) > 0 and table[flow, own + HOLE] < 0:
            table[flow, own + HOLE] = table[flow, own + NEXT]
            table[flow, own + HOLE_END] = row[SEQ]
        table[flow, own + NEXT] = past
    elif row[PAYLEN] > 0:
        count_letter(table, flow, side, RETRANSMITTED, L_AGAIN)
        fill_hole(table, flow, own, row[SEQ], past)


def fill_hole(table, flow, own, first, past):
    if table[flow, own + HOLE] >= 0 and ahead(first, table[flow, own + HOLE]) <= 0:
        if ahead(past, table[flow, own + HOLE_END]) >= 0:
            table[flow, own + HOLE] = -1
        elif ahead(past, table[flow, own + HOLE]) > 0:
            table[flow, own + HOLE] = past


def find_gap(table, flow, side, acknowledged):
    """Note data of ``side`` that its peer acknowledges and this capture never saw."""
    own = F_SIDE + side * SIDE_WIDTH
    if table[flow, own + STATE] != ESTABLISHED:
        return
    beyond = ahead(acknowledged, table[flow, own + NEXT])
    holed = table[flow, own + HOLE] >= 0 and ahead(acknowledged, table[flow, own + HOLE]) > 0
    if holed or 0 < beyond < FAR:
        count_letter(table, flow, side, GAPS, L_GAP)
        table[flow, own + HOLE] = -1
        if beyond > 0:
            table[flow, own + NEXT] = acknowledged
