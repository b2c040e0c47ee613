"""The table of one vantage. No records have to be matched, and only what has to be put in order is copied."""

import numpy as np

from analyzer import net
from analyzer.columns import Integers
from analyzer.flows.kernel import record as r
from analyzer.flows.table import FROM_ORIG, FROM_RESP, FlowTable, MarkedFrame


def table_of_one_part(part: Integers, marks: list[MarkedFrame]) -> FlowTable:
    """The same table as ``merge`` makes of a single part. It shares the memory of ``part`` where the records are in
    order already."""
    # ICMP errors are marked for the flows of other vantages only.
    errors = np.isin(part[:, r.F_PROTO], (net.ICMP, net.ICMP6))
    marks = [mark for mark in marks if not errors[mark.flow]]
    order = np.lexsort((part[:, r.F_FRAME], part[:, r.F_CAPTURE], part[:, r.F_FIRST]))
    sent = [part[:, r.side_slot(which, r.S_PKTS)] > 0 for which in (0, 1)]
    sides = (sent[0] * FROM_ORIG + sent[1] * FROM_RESP).astype(np.uint8)[:, None]
    lines = rank = np.arange(len(order))
    if not np.array_equal(order, lines):
        rank = np.empty_like(order)
        rank[order] = lines
        part, sides = part[order], sides[order]
        marks = [mark._replace(flow=int(rank[mark.flow])) for mark in marks]
    return FlowTable(part, sides, tuple(sorted(marks, key=lambda mark: (mark.time, mark.capture, mark.frame))), (rank,))
