"""Kernel: what a TCP segment changes in its flow: state, history, sequence numbers, retransmissions and gaps.

Meanings as in Zeek's conn.log; sequence arithmetic as in RFC 9293, modulo 2**32.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import ACK, FIN, RST, SYN
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.flow_hash import write_key
from analyzer.kernel.loading import IntCube, IntRow, IntTable, inlined

L_SYN, L_SYN_ACK, L_ACK, L_DATA, L_FIN, L_RST, L_MULTI, L_FIN_RST, L_AGAIN, L_ZERO, L_GAP = range(11)
INACTIVE, SYN_SENT, SYN_ACK_SENT, PARTIAL, ESTABLISHED, CLOSED, RESET, RESET_AFTER_CLOSE = range(8)
EVENT_SYN, EVENT_SYN_ACK, EVENT_FIN, EVENT_RST, EVENT_ACK, EVENT_DATA_ACK, EVENT_DATA = range(7)
ANSWERS = 1 << L_SYN_ACK | 1 << L_ACK | 1 << L_DATA | 1 << L_FIN | 1 << L_RST
"""The letters of segments that answer a SYN or a SYN-ACK."""
FAR = 1 << 20
CROSSING_WITHIN = 5_000_000_000


@inlined
def ahead(one: int, two: int) -> int:
    """How far sequence number ``one`` is ahead of ``two``; negative when it is behind."""
    delta = (one - two) & 0xFFFFFFFF
    return delta - 0x100000000 if delta >= 0x80000000 else delta


@inlined
def add_letter(table: IntTable, flow: int, side: int, letter: int) -> None:
    put_letter(table, flow, letter + r.RESPONDER_LETTER * side)


def add_flip(table: IntTable, flow: int) -> None:
    put_letter(table, flow, r.FLIP)


def put_letter(table: IntTable, flow: int, code: int) -> None:
    count = table[flow, r.F_LETTERS]
    if count < r.MOST_LETTERS:
        table[flow, r.F_HISTORY + count // 12] |= code << (5 * (count % 12))
        table[flow, r.F_LETTERS] = count + 1


def flip(table: IntTable, flow: int) -> None:
    """Exchange originator and responder."""
    swap(table, flow, r.F_PORT0, r.F_PORT1)
    for word in range(4):
        swap(table, flow, r.F_ADDR0 + word, r.F_ADDR1 + word)
    for slot in range(r.SIDE_WIDTH):
        swap(table, flow, r.F_SIDE + slot, r.F_SIDE + r.SIDE_WIDTH + slot)
    write_key(table, flow)
    for place in range(table[flow, r.F_LETTERS]):
        word, shift = r.F_HISTORY + place // 12, 5 * (place % 12)
        code = (table[flow, word] >> shift) & 31
        if code != r.FLIP:
            other = code + r.RESPONDER_LETTER if code < r.RESPONDER_LETTER else code - r.RESPONDER_LETTER
            table[flow, word] ^= (code ^ other) << shift
    add_flip(table, flow)


def swap(table: IntTable, flow: int, one: int, two: int) -> None:
    kept = table[flow, one]
    table[flow, one] = table[flow, two]
    table[flow, two] = kept


@inlined
def new_connection(time: int, table: IntTable, flow: int, side: int, row: IntRow) -> bool:
    """Whether a segment opens another connection on the flow's tuple.

    A SYN does that when its initial sequence number is not the one that its sender is known by, or when both sides have
    finished (boot ROMs start every connection with the same number; after a RST the same number is a retry). A SYN-ACK
    does when the connection at hand is over.
    """
    if not row[f.FLAGS] & SYN or row[f.FLAGS] & RST:
        return False
    own = r.F_SIDE + side * r.SIDE_WIDTH
    peer = r.F_SIDE + (1 - side) * r.SIDE_WIDTH
    if table[flow, own + r.S_ISN] < 0:
        late = time - table[flow, r.F_LAST] > CROSSING_WITHIN
        return late and not row[f.FLAGS] & ACK
    if table[flow, own + r.S_ISN] == row[f.SEQ]:
        return table[flow, own + r.S_STATE] == CLOSED and table[flow, peer + r.S_STATE] == CLOSED
    if not row[f.FLAGS] & ACK:
        return True
    over = table[flow, peer + r.S_STATE] >= CLOSED or table[flow, peer + r.S_PKTS] == 0
    return over and table[flow, own + r.S_STATE] >= CLOSED


@inlined
def segment(transitions: IntCube, table: IntTable, flow: int, side: int, row: IntRow) -> None:
    """Add a segment to its flow."""
    own = r.F_SIDE + side * r.SIDE_WIDTH
    peer = r.F_SIDE + (1 - side) * r.SIDE_WIDTH
    flags = row[f.FLAGS]
    opens, closes, resets = (flags & SYN) != 0, (flags & FIN) != 0, (flags & RST) != 0
    length = row[f.PAYLEN]
    past = row[f.SEQ] + (0 if resets else length)
    past = (past + (1 if opens else 0) + (1 if closes else 0)) & 0xFFFFFFFF
    start_side(table, flow, own, row, past)
    note_flags(table, flow, side, row, past)
    if opens and not flags & ACK and table[flow, r.F_BASIS] != r.BASIS_SYN and side == 0:
        table[flow, r.F_BASIS] = r.BASIS_SYN
    if (
        row[f.WINDOW] == 0
        and not resets
        and table[flow, peer + r.S_STATE] != CLOSED
        and table[flow, own + r.S_STATE] < RESET
    ):
        count_letter(table, flow, side, r.S_ZERO_WINDOWS, L_ZERO)
    if flags & ACK and table[flow, peer + r.S_STATE] == INACTIVE:
        table[flow, peer + r.S_ISN] = (row[f.ACK] - 1) & 0xFFFFFFFF
        table[flow, peer + r.S_NEXT] = (row[f.ACK] - 1) & 0xFFFFFFFF
    if flags & ACK and not resets:
        acknowledge(table, flow, peer, row[f.ACK])
    advance(table, flow, side, row, past)
    event = event_of(flags, length)
    states = transitions[side, event, table[flow, own + r.S_STATE], table[flow, peer + r.S_STATE]]
    table[flow, own + r.S_STATE] = states >> 3
    table[flow, peer + r.S_STATE] = states & 7
    if flags & ACK and not flags & (SYN | FIN | RST):
        find_gap(table, flow, 1 - side, row[f.ACK])


@inlined
def event_of(flags: int, length: int) -> int:
    if flags & RST:
        return EVENT_RST
    if flags & FIN:
        return EVENT_FIN
    if flags & SYN:
        return EVENT_SYN_ACK if flags & ACK else EVENT_SYN
    if flags & ACK:
        return EVENT_DATA_ACK if length else EVENT_ACK
    return EVENT_DATA


@inlined
def start_side(table: IntTable, flow: int, own: int, row: IntRow, past: int) -> None:
    """Set the first sequence numbers of a side, as after a SYN where none was captured."""
    status = table[flow, own + r.S_STATE]
    if row[f.FLAGS] & SYN:
        if status < CLOSED and table[flow, own + r.S_ISN] != row[f.SEQ]:
            table[flow, own + r.S_ISN] = row[f.SEQ]
            table[flow, own + r.S_NEXT] = past
            table[flow, own + r.S_HOLE] = -1
            table[flow, own + r.S_ACKED] = -1
            table[flow, own + r.S_REPEATS] = 0
    elif status == INACTIVE:
        table[flow, own + r.S_ISN] = (row[f.SEQ] - 1) & 0xFFFFFFFF
        table[flow, own + r.S_NEXT] = row[f.SEQ]


@inlined
def acknowledge(table: IntTable, flow: int, peer: int, number: int) -> None:
    """Note what a segment acknowledges of its peer; ``peer``: where the peer's block begins.

    While only a SYN of the peer was seen, a number beyond it acknowledges something that was never sent, as an answer
    of an earlier connection does. Later the number may be ahead of what was captured.
    """
    beyond = ahead(number, table[flow, peer + r.S_NEXT])
    if ahead(number, table[flow, peer + r.S_ISN]) <= 0 and table[flow, peer + r.S_STATE] != INACTIVE:
        return
    if beyond > (0 if table[flow, peer + r.S_STATE] == SYN_SENT else FAR):
        return
    if table[flow, peer + r.S_ACKED] < 0 or ahead(number, table[flow, peer + r.S_ACKED]) > 0:
        table[flow, peer + r.S_ACKED] = number
        table[flow, peer + r.S_REPEATS] = 0


@inlined
def note_flags(table: IntTable, flow: int, side: int, row: IntRow, past: int) -> None:
    """The history's letters for SYN, FIN, RST, data and bare ACK."""
    flags = row[f.FLAGS]
    bits = (1 if flags & SYN else 0) + (1 if flags & FIN else 0) + (1 if flags & RST else 0)
    if bits > 1:
        once(table, flow, side, L_FIN_RST if flags & FIN and flags & RST else L_MULTI)
    elif flags & SYN:
        own = r.F_SIDE + side * r.SIDE_WIDTH
        table[flow, own + r.S_SYNS] += 1
        if table[flow, r.F_SIDE + (1 - side) * r.SIDE_WIDTH + r.S_SEEN] & ANSWERS:
            table[flow, own + r.S_LATE_SYNS] += 1
        again(table, flow, side, L_SYN_ACK if flags & ACK else L_SYN, r.S_LAST_SYN, row[f.SEQ])
    elif flags & FIN:
        again(table, flow, side, L_FIN, r.S_LAST_FIN, past)
    elif flags & RST:
        table[flow, r.F_SIDE + side * r.SIDE_WIDTH + r.S_RST_TTL] = row[f.TTL]
        again(table, flow, side, L_RST, r.S_LAST_RST, row[f.SEQ])
    elif row[f.PAYLEN] > 0:
        once(table, flow, side, L_DATA)
    elif flags & ACK:
        once(table, flow, side, L_ACK)


@inlined
def once(table: IntTable, flow: int, side: int, letter: int) -> bool:
    """Add a letter the first time; returns whether it was new."""
    seen = r.F_SIDE + side * r.SIDE_WIDTH + r.S_SEEN
    if table[flow, seen] & (1 << letter):
        return False
    table[flow, seen] |= 1 << letter
    add_letter(table, flow, side, letter)
    return True


@inlined
def again(table: IntTable, flow: int, side: int, letter: int, memory: int, sequence: int) -> None:
    """Add a letter the first time, and whenever it comes with another sequence number than before."""
    at = r.F_SIDE + side * r.SIDE_WIDTH + memory
    if not once(table, flow, side, letter) and table[flow, at] != sequence:
        add_letter(table, flow, side, letter)
    table[flow, at] = sequence


@inlined
def count_letter(table: IntTable, flow: int, side: int, counter: int, letter: int) -> None:
    """Count an event, with a letter at the first, tenth, hundredth ... time."""
    at = r.F_SIDE + side * r.SIDE_WIDTH + counter
    table[flow, at] += 1
    count = table[flow, at]
    while count >= 10 and count % 10 == 0:
        count //= 10
    if count == 1:
        add_letter(table, flow, side, letter)


@inlined
def advance(table: IntTable, flow: int, side: int, row: IntRow, past: int) -> None:
    """Move a side's highest sequence number, or count a retransmission."""
    own = r.F_SIDE + side * r.SIDE_WIDTH
    flags = row[f.FLAGS]
    delta = ahead(past, table[flow, own + r.S_NEXT])
    if flags & (SYN | RST) and (delta > FAR or delta < -FAR):
        return
    if flags & FIN and table[flow, own + r.S_NEXT] == (table[flow, own + r.S_ISN] + 1) & 0xFFFFFFFF:
        table[flow, own + r.S_NEXT] = past
    elif table[flow, own + r.S_STATE] >= RESET:
        return
    elif delta > 0:
        if ahead(row[f.SEQ], table[flow, own + r.S_NEXT]) > 0 and table[flow, own + r.S_HOLE] < 0:
            table[flow, own + r.S_HOLE] = table[flow, own + r.S_NEXT]
            table[flow, own + r.S_HOLE_END] = row[f.SEQ]
        if row[f.PAYLEN] > 0:
            repeats = ahead(row[f.SEQ], table[flow, own + r.S_NEXT]) < 0
            table[flow, own + r.S_REPEATS] = table[flow, own + r.S_REPEATS] + 1 if repeats else 0
        table[flow, own + r.S_NEXT] = past
    elif row[f.PAYLEN] > 0:
        count_letter(table, flow, side, r.S_RETRANSMITTED, L_AGAIN)
        fill_hole(table, flow, own, row[f.SEQ], past)
        # The last octet again although it was acknowledged: it only asks whether the peer is there.
        if row[f.PAYLEN] > 1 or table[flow, own + r.S_ACKED] != table[flow, own + r.S_NEXT]:
            table[flow, own + r.S_REPEATS] += 1
    elif flags & FIN:
        table[flow, own + r.S_REPEATS] += 1


def fill_hole(table: IntTable, flow: int, own: int, first: int, past: int) -> None:
    if table[flow, own + r.S_HOLE] >= 0 and ahead(first, table[flow, own + r.S_HOLE]) <= 0:
        if ahead(past, table[flow, own + r.S_HOLE_END]) >= 0:
            table[flow, own + r.S_HOLE] = -1
        elif ahead(past, table[flow, own + r.S_HOLE]) > 0:
            table[flow, own + r.S_HOLE] = past


@inlined
def find_gap(table: IntTable, flow: int, side: int, acknowledged: int) -> None:
    """Count data of ``side`` that its peer acknowledges and that is not in this capture."""
    own = r.F_SIDE + side * r.SIDE_WIDTH
    if table[flow, own + r.S_STATE] != ESTABLISHED:
        return
    beyond = ahead(acknowledged, table[flow, own + r.S_NEXT])
    holed = table[flow, own + r.S_HOLE] >= 0 and ahead(acknowledged, table[flow, own + r.S_HOLE]) > 0
    if holed or 0 < beyond < FAR:
        count_letter(table, flow, side, r.S_GAPS, L_GAP)
        table[flow, own + r.S_HOLE] = -1
        if beyond > 0:
            table[flow, own + r.S_NEXT] = acknowledged
