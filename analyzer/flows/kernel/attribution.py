"""Kernel: which flow each frame is of, told while they are assembled.

``told[n]`` is (flow or -1, kind, line, waited) of record ``n``: fragments of a datagram share a ``line``; ``waited``:
how many of them came before this frame, which is their first one and told their flow, less than 0 where the datagram
is a tunnel's packet.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.assemble import assemble
from analyzer.flows.kernel.bundles import FlowArrays
from analyzer.kernel.loading import IntRow, IntRows, IntTable

T_FLOW, T_KIND, T_LINE, T_WAITED, T_WIDTH = range(5)
ASIDE, COUNTED, TOLD, WAITS = range(4)
"""A frame of no flow; one of a flow's packets; one that is told with a flow, and is none of its packets (an ICMP error
that quotes it, a later fragment of a tunnel's packet); a fragment before its first one."""


def follow(
    records: IntTable,
    rows: IntRows,
    span: tuple[int, int],
    told: IntTable,
    around: IntRow,
    arrays: FlowArrays,
) -> int:
    """As ``assemble``, frame by frame. ``around``: the flow inside each fragmented packet of a tunnel, by line."""
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
        flow, kind, line, waited = state[r.G_FLOW], ASIDE, -1, 0
        if state[r.G_ASIDE + f.FRAGMENT] > waiting:
            kind = WAITS
            line = row[f.DATAGRAM] & (r.PIECED_DATAGRAMS - 1)
        elif flow >= 0:
            waited = waiting - state[r.G_ASIDE + f.FRAGMENT]
            kind = COUNTED if state[r.G_ASIDE + f.IN_FLOW] > counted else TOLD
            if kind == COUNTED and row[f.PIECE] >= 0:
                line = row[f.DATAGRAM] & (r.PIECED_DATAGRAMS - 1)
                if row[f.PIECE] == f.AROUND:
                    around[line] = flow
                    waited = -waited
        elif state[r.G_ASIDE + f.REST] > rests:
            kind = TOLD
            flow = around[row[f.DATAGRAM] & (r.PIECED_DATAGRAMS - 1)]
        told[number, T_FLOW] = flow
        told[number, T_KIND] = kind
        told[number, T_LINE] = line
        told[number, T_WAITED] = waited
    return span[1]
