"""Kernel: connections of one tuple that are under way at the same time, in two networks that one capture shows.

Networks with the same addresses (two VLANs, two interfaces), and the two sides of a device that changes sequence
numbers, show a second SYN with another number while the first connection is under way. The path distinguishes such a
SYN from one that begins the next connection of the same host: another VLAN, another interface or another MAC. From
then on the numbers of a segment decide to which of the connections it belongs, and its path where the numbers fit
several.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import ACK, SYN, TCP
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.flow_hash import both_ports, ends
from analyzer.flows.kernel.tcp import CLOSED, FAR, ahead
from analyzer.kernel.loading import IntRow, IntTable

FLOW_TIMEOUT = 60_000_000_000
"""Nanoseconds of silence after which datagrams of a 5-tuple are another flow, and connections no longer beside it."""
MOST_BESIDE = 4
"""Connections of one tuple at the same time."""


def is_beside(time: int, table: IntTable, flow: int, side: int, row: IntRow) -> bool:
    """Whether a segment that begins another connection of the tuple came on another path, while the flow is under
    way."""
    if row[f.PROTO] != TCP or time - table[flow, r.F_LAST] > FLOW_TIMEOUT:
        return False
    own = r.F_SIDE + side * r.SIDE_WIDTH
    peer = r.F_SIDE + (1 - side) * r.SIDE_WIDTH
    if table[flow, own + r.S_STATE] >= CLOSED and table[flow, peer + r.S_STATE] >= CLOSED:
        return False
    return path_points(table, flow, own, row) < 2


def path_points(table: IntTable, flow: int, own: int, row: IntRow) -> int:
    """2 where a segment came on the path of the flow's side: the same VLAN, interface and MAC; 1 without the MAC."""
    interface = table[flow, own + r.S_INTERFACE]
    same_link = table[flow, r.F_VLAN] == row[f.VLAN] and (interface < 0 or interface == row[f.INTERFACE])
    same_mac = row[f.SMAC] < 0 or table[flow, own + r.S_MAC] < 0 or row[f.SMAC] == table[flow, own + r.S_MAC]
    return (1 if same_link else 0) + (1 if same_link and same_mac else 0)


def choose(table: IntTable, flow: int, side: int, row: IntRow) -> tuple[int, int]:
    """The flow of a tuple that a segment belongs to, and the side that sent it. ``flow``: the youngest of them."""
    best, best_side, most = flow, side, -1
    other = flow
    for _ in range(MOST_BESIDE):
        ports = both_ports(row[f.SPORT], row[f.DPORT])
        own_side = 0 if ends(table, other, row, f.SRC, f.DST, ports, row[f.VERSION]) else 1
        own = r.F_SIDE + own_side * r.SIDE_WIDTH
        points = path_points(table, other, own, row) + (4 if numbers_fit(table, other, own_side, row) else 0)
        if points > most:
            best, best_side, most = other, own_side, points
        other = table[other, r.F_SIDE + r.S_BESIDE] - 1
        if other < 0:
            break
    return best, best_side


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
