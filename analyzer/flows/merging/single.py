"""The table of one vantage. No records have to be matched, and only what has to be put in order is copied."""

import numpy as np

from analyzer import net
from analyzer.flows.kernel import record as r
from analyzer.flows.marked import MarkedFrames
from analyzer.flows.packed import PackedLines, narrow_column
from analyzer.flows.table import FROM_ORIG, FROM_RESP, FlowTable


def table_of_one_part(part: PackedLines, marks: MarkedFrames) -> FlowTable:
    """The same table as ``merge`` makes of a single part. It shares the memory of ``part`` where the records are in
    order already."""
    # ICMP errors are marked for the flows of other vantages only.
    errors = np.isin(part.column(r.F_PROTO), (net.ICMP, net.ICMP6))
    if errors.any():
        marks = marks.select(np.flatnonzero(~errors[marks.flow]))
    order = np.lexsort([np.asarray(part.column(slot)) for slot in (r.F_FRAME, r.F_CAPTURE, r.F_FIRST)])
    sent = [part.column(r.side_slot(which, r.S_PKTS)) > 0 for which in (0, 1)]
    sides = (sent[0] * FROM_ORIG + sent[1] * FROM_RESP).astype(np.uint8)[:, None]
    lines = rank = np.arange(len(order))
    if not np.array_equal(order, lines):
        rank = np.empty_like(order)
        rank[order] = lines
        part, sides = part.take(order), sides[order]
        marks = marks.moved(rank[marks.flow])
    return FlowTable(part, sides, marks.in_time(), (narrow_column(rank),))
