"""Kernel: which flow a later IP fragment belongs to: that of the first one, which has the ports.

A table of a fixed size remembers datagrams by the signature that their fragments share; one that needs the place of
another takes it. A later fragment that comes before the first one waits there, set aside until then. Fragments of one
datagram are at most a minute apart (RFC 8200, 4.5).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import TCP, UDP
from analyzer.flows.kernel import record as r
from analyzer.kernel.loading import IntRow, IntTable

TOGETHER_WITHIN = 60_000_000_000
TUNNEL_PACKET = -1


def place_of(time: int, pieces: IntTable, state: IntRow, row: IntRow) -> int:
    """The datagram's line of the table, begun anew where it is not known."""
    sign = row[f.DATAGRAM]
    line = sign & (r.PIECED_DATAGRAMS - 1)
    known = pieces[line, r.P_SIGN] == sign and abs(time - pieces[line, r.P_TIME]) <= TOGETHER_WITHIN
    if not known:
        for slot in range(r.P_WIDTH):
            pieces[line, slot] = 0
        pieces[line, r.P_SIGN] = sign
        pieces[line, r.P_CAPTURE] = state[r.G_CAPTURE]
    pieces[line, r.P_TIME] = time
    return line


def first_piece(time: int, pieces: IntTable, table: IntTable, state: IntRow, row: IntRow) -> None:
    """Remember the flow of a first fragment, and give it those that waited for it."""
    line = place_of(time, pieces, state, row)
    flow, side = state[r.G_FLOW], state[r.G_SIDE]
    base = r.F_SIDE + side * r.SIDE_WIDTH
    waited = pieces[line, r.P_PKTS] if pieces[line, r.P_CAPTURE] == state[r.G_CAPTURE] else 0
    around = row[f.PIECE] == f.AROUND
    pieces[line, r.P_FLOW] = TUNNEL_PACKET if around else flow + 1
    pieces[line, r.P_SIDE] = side
    pieces[line, r.P_NEXT] = table[flow, base + r.NEXT]
    pieces[line, r.P_PKTS] = 0
    if waited:
        state[r.G_ASIDE + f.FRAGMENT] -= waited
        state[r.G_ASIDE + (f.REST if around else f.IN_FLOW)] += waited
        if not around:
            table[flow, base + r.PKTS] += waited
            table[flow, base + r.IP_BYTES] += pieces[line, r.P_IP_BYTES]
            table[flow, r.F_SNAPPED] += pieces[line, r.P_SNAPPED]
            lengthen(table, flow, base, pieces, line, pieces[line, r.P_BYTES])


def later_piece(time: int, pieces: IntTable, table: IntTable, state: IntRow, row: IntRow) -> int:
    """Add a later fragment to its flow; 0, or why it is in none."""
    line = place_of(time, pieces, state, row)
    flow = pieces[line, r.P_FLOW] - 1
    if pieces[line, r.P_FLOW] == TUNNEL_PACKET:
        return f.REST
    if flow < 0:
        if pieces[line, r.P_CAPTURE] == state[r.G_CAPTURE]:
            pieces[line, r.P_PKTS] += 1
            pieces[line, r.P_BYTES] += row[f.PAYLEN]
            pieces[line, r.P_IP_BYTES] += row[f.IPLEN]
            pieces[line, r.P_SNAPPED] += row[f.SNAPPED]
        return f.FRAGMENT
    state[r.G_FLOW] = flow
    base = r.F_SIDE + pieces[line, r.P_SIDE] * r.SIDE_WIDTH
    table[flow, r.F_FIRST] = min(table[flow, r.F_FIRST], time)
    table[flow, r.F_LAST] = max(table[flow, r.F_LAST], time)
    table[flow, r.F_SNAPPED] += row[f.SNAPPED]
    table[flow, base + r.PKTS] += 1
    table[flow, base + r.IP_BYTES] += row[f.IPLEN]
    table[flow, base + r.S_LAST] = time
    lengthen(table, flow, base, pieces, line, row[f.PAYLEN])
    return f.IN_FLOW


def lengthen(table: IntTable, flow: int, base: int, pieces: IntTable, line: int, octets: int) -> None:
    """Add a later fragment's octets to the payload of its datagram or segment."""
    table[flow, base + r.BYTES] += octets
    if table[flow, r.F_PROTO] == UDP:
        table[flow, base + r.LAST_LENGTH] += octets
        table[flow, base + r.MOST_LENGTH] = max(table[flow, base + r.MOST_LENGTH], table[flow, base + r.LAST_LENGTH])
    elif table[flow, r.F_PROTO] == TCP and table[flow, base + r.NEXT] == pieces[line, r.P_NEXT]:
        pieces[line, r.P_NEXT] = (pieces[line, r.P_NEXT] + octets) & 0xFFFFFFFF
        table[flow, base + r.NEXT] = pieces[line, r.P_NEXT]
