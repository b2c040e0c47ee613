"""Kernel: ICMP errors, which belong to the flow that they quote."""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import ICMP, ICMP6
from analyzer.capture.kernel.undecided import seldom
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.beside import quoted_flow
from analyzer.flows.kernel.flow_hash import QUOTED_KEY, SEVERAL, asked_by, find, hash_key
from analyzer.flows.kernel.originator import query_part, request_type
from analyzer.kernel.loading import IntRow, IntTable


@seldom(0)
def attach_error(time: int, table: IntTable, slots: IntRow, state: IntRow, row: IntRow) -> int:
    """Write an ICMP error into the record of the flow that it quotes; 0 when that flow was not captured."""
    further = quoted_query(row)
    tag = hash_key(state[r.G_SEED], row, QUOTED_KEY, further)
    slot, flow, _ = find(table, slots, state[r.G_MASK], tag, row, QUOTED_KEY, further)
    if flow < 0:
        return 0
    if slots[slot] & SEVERAL:
        flow = quoted_flow(table, flow, row)
    state[r.G_FLOW] = flow
    replaces = table[flow, r.F_ERR_COUNT] == 0 or is_minor(table[flow, r.F_VERSION], table, flow)
    table[flow, r.F_ERR_COUNT] += 1
    if replaces:
        table[flow, r.F_ERR_TYPE] = row[f.SPORT]
        table[flow, r.F_ERR_CODE] = row[f.DPORT]
        for word in range(4):
            table[flow, r.F_ERR_SRC + word] = row[f.SRC + word]
        table[flow, r.F_ERR_TTL] = row[f.TTL]
        table[flow, r.F_ERR_FRAME] = state[r.G_FRAME]
        table[flow, r.F_ERR_TIME] = time
        table[flow, r.F_ERR_CAPTURE] = state[r.G_CAPTURE]
    return 1


def quoted_query(row: IntRow) -> int:
    """Give a quoted ICMP reply the type of its request; returns F_MAC of the flow that is quoted."""
    proto, kind = row[f.QPROTO], row[f.QSPORT]
    if proto != ICMP and proto != ICMP6:
        return -1
    row[f.QSPORT] = request_type(proto, kind)
    return asked_by(row, QUOTED_KEY, query_part(proto, kind))


def is_minor(version: int, table: IntTable, flow: int) -> bool:
    """Whether the error in the record is not about the service (smaller packets, another route, slower), so that a more
    serious one may replace it."""
    kind = table[flow, r.F_ERR_TYPE]
    if version == 4:
        return kind == 4 or kind == 5 or (kind == 3 and table[flow, r.F_ERR_CODE] == 4)
    return kind == 2
