"""Kernel: which flow a later IP fragment belongs to: that of the first one, which has the ports.

A table of a fixed size keeps datagrams by the signature that their fragments share; a new datagram replaces an old one
on the same line. A later fragment that comes before the first one is set aside and waits there. Fragments of one
datagram are at most a minute apart (RFC 8200, 4.5).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import TCP, UDP
from analyzer.capture.kernel.undecided import seldom
from analyzer.flows.kernel import record as r
from analyzer.kernel.loading import IntRow, IntTable

SAME_DATAGRAM_WITHIN = 60_000_000_000
TUNNEL_PACKET = -1


def line_of(time: int, pieces: IntTable, state: IntRow, row: IntRow) -> int:
    """The datagram's line of the table, cleared for a datagram that is not in it."""
    sign = row[f.DATAGRAM]
    line = sign & (r.PIECED_DATAGRAMS - 1)
    known = pieces[line, r.PIECE_SIGN] == sign and abs(time - pieces[line, r.PIECE_TIME]) <= SAME_DATAGRAM_WITHIN
    if not known:
        for slot in range(r.PIECE_WIDTH):
            pieces[line, slot] = 0
        pieces[line, r.PIECE_SIGN] = sign
        pieces[line, r.PIECE_CAPTURE] = state[r.G_CAPTURE]
    pieces[line, r.PIECE_TIME] = time
    return line


@seldom(None)
def first_piece(time: int, pieces: IntTable, table: IntTable, state: IntRow, row: IntRow) -> None:
    """Keep the flow of a first fragment, and add the fragments that waited for it."""
    line = line_of(time, pieces, state, row)
    flow, side = state[r.G_FLOW], state[r.G_SIDE]
    base = r.F_SIDE + side * r.SIDE_WIDTH
    waited = pieces[line, r.PIECE_PKTS] if pieces[line, r.PIECE_CAPTURE] == state[r.G_CAPTURE] else 0
    around = row[f.PIECE] == f.AROUND
    pieces[line, r.PIECE_FLOW] = TUNNEL_PACKET if around else flow + 1
    pieces[line, r.PIECE_SIDE] = side
    pieces[line, r.PIECE_NEXT] = table[flow, base + r.S_NEXT]
    pieces[line, r.PIECE_PKTS] = 0
    if waited:
        state[r.G_ASIDE + f.FRAGMENT] -= waited
        state[r.G_ASIDE + (f.REST if around else f.IN_FLOW)] += waited
        if not around:
            table[flow, base + r.S_PKTS] += waited
            table[flow, base + r.S_IP_BYTES] += pieces[line, r.PIECE_IP_BYTES]
            table[flow, r.F_SNAPPED] += pieces[line, r.PIECE_SNAPPED]
            lengthen(table, flow, base, pieces, line, pieces[line, r.PIECE_BYTES])


@seldom(f.FRAGMENT)
def later_piece(time: int, pieces: IntTable, table: IntTable, state: IntRow, row: IntRow) -> int:
    """Add a later fragment to its flow; 0, or why it is in none."""
    line = line_of(time, pieces, state, row)
    flow = pieces[line, r.PIECE_FLOW] - 1
    if pieces[line, r.PIECE_FLOW] == TUNNEL_PACKET:
        return f.REST
    if flow < 0:
        if pieces[line, r.PIECE_CAPTURE] == state[r.G_CAPTURE]:
            pieces[line, r.PIECE_PKTS] += 1
            pieces[line, r.PIECE_BYTES] += row[f.PAYLEN]
            pieces[line, r.PIECE_IP_BYTES] += row[f.IPLEN]
            pieces[line, r.PIECE_SNAPPED] += row[f.SNAPPED]
        return f.FRAGMENT
    state[r.G_FLOW] = flow
    base = r.F_SIDE + pieces[line, r.PIECE_SIDE] * r.SIDE_WIDTH
    table[flow, r.F_FIRST] = min(table[flow, r.F_FIRST], time)
    table[flow, r.F_LAST] = max(table[flow, r.F_LAST], time)
    table[flow, r.F_SNAPPED] += row[f.SNAPPED]
    table[flow, base + r.S_PKTS] += 1
    table[flow, base + r.S_IP_BYTES] += row[f.IPLEN]
    table[flow, base + r.S_LAST] = time
    lengthen(table, flow, base, pieces, line, row[f.PAYLEN])
    return f.IN_FLOW


def lengthen(table: IntTable, flow: int, base: int, pieces: IntTable, line: int, octets: int) -> None:
    """Add a later fragment's octets to the payload of its datagram or segment. Where the first fragment ends within
    TCP's header, the rest of this header (options) counts as payload, too."""
    table[flow, base + r.S_BYTES] += octets
    if table[flow, r.F_PROTO] == UDP:
        table[flow, base + r.S_LAST_LENGTH] += octets
        table[flow, base + r.S_MOST_LENGTH] = max(
            table[flow, base + r.S_MOST_LENGTH], table[flow, base + r.S_LAST_LENGTH]
        )
    elif table[flow, r.F_PROTO] == TCP and table[flow, base + r.S_NEXT] == pieces[line, r.PIECE_NEXT]:
        pieces[line, r.PIECE_NEXT] = (pieces[line, r.PIECE_NEXT] + octets) & 0xFFFFFFFF
        table[flow, base + r.S_NEXT] = pieces[line, r.PIECE_NEXT]
