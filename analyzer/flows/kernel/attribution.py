"""Kernel: the flow of each frame, noted while frames are put into their flows.

``entries[n]`` is (flow or -1, kind, line, waited) of record ``n``. The fragments of a datagram have the same ``line``.
``waited``: how many fragments came before this frame, which is their first one and shows their flow; negative where the
datagram is a tunnel's packet.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.assemble import assemble
from analyzer.flows.kernel.bundles import FlowArrays
from analyzer.kernel.loading import IntRow, IntRows, IntTable

T_FLOW, T_KIND, T_LINE, T_WAITED, T_WIDTH = range(5)
NO_FLOW, PACKET, RELATED, WAITING = range(4)
"""The kinds: a frame of no flow; a packet of a flow; a frame that is related to a flow and none of its packets (an ICMP
error that quotes it, a later fragment of a tunnel's packet); a fragment that waits for the first one."""


def follow(
    records: IntTable,
    rows: IntRows,
    span: tuple[int, int],
    entries: IntTable,
    around: IntRow,
    arrays: FlowArrays,
) -> int:
    """The same as ``assemble``, frame by frame. ``around``: the flow inside each fragmented packet of a tunnel, by
    line."""
    state = arrays.state
    for number in range(span[0], span[1]):
        waiting = state[r.G_ASIDE + f.FRAGMENT]
        rests = state[r.G_ASIDE + f.REST]
        counted = state[r.G_ASIDE + f.IN_FLOW]
        state[r.G_FLOW] = -1
        one = (number, number + 1)
        taken = assemble(records, rows, one, arrays)
        if taken == number:
            return number
        row = rows[number]
        flow, kind, line, waited = state[r.G_FLOW], NO_FLOW, -1, 0
        if state[r.G_ASIDE + f.FRAGMENT] > waiting:
            kind = WAITING
            line = row[f.DATAGRAM] & (r.PIECED_DATAGRAMS - 1)
        elif flow >= 0:
            waited = waiting - state[r.G_ASIDE + f.FRAGMENT]
            kind = PACKET if state[r.G_ASIDE + f.IN_FLOW] > counted else RELATED
            if kind == PACKET and row[f.PIECE] >= 0:
                line = row[f.DATAGRAM] & (r.PIECED_DATAGRAMS - 1)
                if row[f.PIECE] == f.AROUND:
                    around[line] = flow
                    waited = -waited
        elif state[r.G_ASIDE + f.REST] > rests:
            kind = RELATED
            flow = around[row[f.DATAGRAM] & (r.PIECED_DATAGRAMS - 1)]
        entries[number, T_FLOW] = flow
        entries[number, T_KIND] = kind
        entries[number, T_LINE] = line
        entries[number, T_WAITED] = waited
    return span[1]
