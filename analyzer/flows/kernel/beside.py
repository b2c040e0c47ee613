"""Kernel: connections of one tuple that are under way at the same time, in two networks that one capture shows.

Networks with the same addresses (two VLANs, two interfaces), and the two sides of a device that changes sequence
numbers, show a second SYN with another number while the first connection is under way. The path distinguishes such a
SYN from one that begins the next connection of the same host: another VLAN, another interface or another MAC. From
then on the flows of the tuple are a chain, the youngest first. The numbers of a segment decide to which of them it
belongs, and its path where the numbers fit several or none. A segment that fits none begins a flow of its own.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import ACK, SYN, TCP
from analyzer.capture.kernel.time_stamps import LATEST
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.flow_hash import both_ports, ends
from analyzer.flows.kernel.tcp import CLOSED, FAR, RESET, ahead
from analyzer.kernel.loading import IntRow, IntTable, inlined

FLOW_TIMEOUT = 60_000_000_000
"""Nanoseconds of silence after which datagrams of a 5-tuple are another flow, and connections no longer beside it."""
MOST_BESIDE = 32
"""Connections of one tuple at the same time: the length of a chain."""
ON_ITS_PATH, FITTING = 2, 4
"""Points of a segment that came on the path of a flow's side, and of one with its numbers."""


def is_beside(time: int, table: IntTable, flow: int, side: int, row: IntRow) -> bool:
    """Whether a segment that begins another connection of the tuple came on another path, while the flow is under
    way."""
    if row[f.PROTO] != TCP or time - table[flow, r.F_LAST] > FLOW_TIMEOUT:
        return False
    own = r.F_SIDE + side * r.SIDE_WIDTH
    peer = r.F_SIDE + (1 - side) * r.SIDE_WIDTH
    if table[flow, own + r.S_STATE] >= CLOSED and table[flow, peer + r.S_STATE] >= CLOSED:
        return False
    return path_points(table, flow, own, row, row[f.SMAC]) < ON_ITS_PATH


def path_points(table: IntTable, flow: int, own: int, row: IntRow, mac: int) -> int:
    """2 where a frame came on the path of the flow's side: the same VLAN, interface and MAC; 1 without the MAC.
    ``mac``: what the frame shows as the MAC of the side, -1 for none."""
    interface = table[flow, own + r.S_INTERFACE]
    same_link = table[flow, r.F_VLAN] == row[f.VLAN] and (interface < 0 or interface == row[f.INTERFACE])
    same_mac = mac < 0 or table[flow, own + r.S_MAC] < 0 or mac == table[flow, own + r.S_MAC]
    return (1 if same_link else 0) + (1 if same_link and same_mac else 0)


def choose(table: IntTable, youngest: int, row: IntRow) -> tuple[int, int]:
    """The flow of a chain that a segment belongs to, and the side that sent it; flow -1 if it fits none by its path or
    its numbers."""
    best, best_side, most = -1, 0, ON_ITS_PATH - 1
    other = youngest
    ports = both_ports(row[f.SPORT], row[f.DPORT])
    while other >= 0:
        side = 0 if ends(table, other, row, f.SRC, f.DST, ports, row[f.VERSION]) else 1
        own = r.F_SIDE + side * r.SIDE_WIDTH
        points = path_points(table, other, own, row, row[f.SMAC])
        points += FITTING if numbers_fit(table, other, side, row) else 0
        if points > most:
            best, best_side, most = other, side, points
            if points == FITTING + ON_ITS_PATH:
                break
        other = next_of(table, other)
    return best, best_side


def quoted_flow(table: IntTable, youngest: int, row: IntRow) -> int:
    """The flow of a chain that an ICMP error is about: the youngest one on whose path it came back to the sender."""
    best, most = youngest, 0
    other = youngest
    ports = both_ports(row[f.QSPORT], row[f.QDPORT])
    while other >= 0:
        side = 0 if ends(table, other, row, f.QSRC, f.QDST, ports, row[f.QVERSION]) else 1
        points = path_points(table, other, r.F_SIDE + side * r.SIDE_WIDTH, row, row[f.DMAC])
        if points > most:
            best, most = other, points
        other = next_of(table, other)
    return best


@inlined
def next_of(table: IntTable, flow: int) -> int:
    """The next older flow of the chain; -1 after the last one."""
    return table[flow, r.F_SIDE + r.S_CHAIN] - 1


def set_next(table: IntTable, flow: int, other: int) -> None:
    """Have ``other`` follow in the chain. Both sides have it, because the sides may be exchanged."""
    table[flow, r.F_SIDE + r.S_CHAIN] = other + 1
    table[flow, r.F_SIDE + r.SIDE_WIDTH + r.S_CHAIN] = other + 1


def last_of_chain(table: IntTable, youngest: int) -> int:
    """The time of the last segment of all flows of a chain."""
    last, other = table[youngest, r.F_LAST], next_of(table, youngest)
    while other >= 0:
        last = max(last, table[other, r.F_LAST])
        other = next_of(table, other)
    return last


def link(time: int, table: IntTable, flow: int, youngest: int) -> bool:
    """Put a new flow before the chain of its tuple; returns whether any other flow is in the chain. Connections that
    are over and silent leave it. If it is too long, one more does: one that is over, else one that is silent, else the
    one before the new flow. So the others stay whole, however many come."""
    table[flow, r.F_SIDE + r.S_BESIDE] = youngest + 1
    table[flow, r.F_SIDE + r.SIDE_WIDTH + r.S_BESIDE] = youngest + 1
    set_next(table, flow, youngest)
    length, before, least, before_least = 1, flow, LATEST, flow
    while next_of(table, before) >= 0:
        other = next_of(table, before)
        over, last = is_over(table, other), table[other, r.F_LAST]
        silent = time - last > FLOW_TIMEOUT
        if over and silent:
            set_next(table, before, next_of(table, other))
            continue
        worth = last - LATEST if over else last
        if (over or silent) and worth < least:
            least, before_least = worth, before
        length += 1
        before = other
    if length > MOST_BESIDE:
        set_next(table, before_least, next_of(table, next_of(table, before_least)))
    return length > 1


def is_over(table: IntTable, flow: int) -> bool:
    """Whether a connection was reset, or both sides have finished."""
    one = table[flow, r.F_SIDE + r.S_STATE]
    two = table[flow, r.F_SIDE + r.SIDE_WIDTH + r.S_STATE]
    return max(one, two) >= RESET or min(one, two) >= CLOSED


def numbers_fit(table: IntTable, flow: int, side: int, row: IntRow) -> bool:
    """Whether the sequence and acknowledgement numbers of a segment are near those of the flow's sides."""
    own = r.F_SIDE + side * r.SIDE_WIDTH
    peer = r.F_SIDE + (1 - side) * r.SIDE_WIDTH
    if table[flow, own + r.S_ISN] >= 0:
        if row[f.FLAGS] & SYN:
            if table[flow, own + r.S_ISN] != row[f.SEQ]:
                return False
        elif abs(ahead(row[f.SEQ], table[flow, own + r.S_NEXT])) > FAR:
            return False
    elif not row[f.FLAGS] & ACK:
        return False
    if row[f.FLAGS] & ACK and table[flow, peer + r.S_ISN] >= 0:
        return abs(ahead(row[f.ACK], table[flow, peer + r.S_NEXT])) <= FAR
    return True
