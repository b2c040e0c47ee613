"""ICMP errors that one vantage captured, about flows that only another one captured."""

from collections import defaultdict

import numpy as np

from analyzer import net
from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.decode import decode
from analyzer.columns import Integers
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.icmp_errors import is_minor, quoted_query
from analyzer.flows.marked import MarkedFrame, MarkedFrames

CLOCKS_APART = 2_000_000_000
"""How far the clocks of two vantages may differ, where only time shows what belongs together."""

Key = tuple[int, ...]


def attach_errors(merged: Integers, errors: MarkedFrames) -> list[tuple[MarkedFrame, int]]:
    """Write each error into the record of the youngest flow that it quotes, as the assembler does. ``merged``: (flows,
    record.WIDTH), which is changed. Returns the errors that found their flow, each with the line of that flow."""
    if not len(errors):
        return []
    errors = errors.in_time()
    flows = flows_quoted(merged, {quoted_key(decoded(error)) for error in errors})
    attached = []
    for error in errors:
        row = decoded(error)
        about = [flow for flow in flows.get(quoted_key(row), ()) if flow[0] <= error.time + CLOCKS_APART]
        if about:
            line = max(about)[-1]
            write_error(merged[line], error, row)
            attached.append((error, line))
    return attached


def decoded(error: MarkedFrame) -> list[int]:
    """The decoded row of an error."""
    row = [-1] * f.ROW_WIDTH
    decode(error.octets, 0, len(error.octets), error.original, error.link, 1, row)
    return row


def flows_quoted(merged: Integers, keys: set[Key]) -> dict[Key, list[Key]]:
    """The flows with these keys: what they are ordered by, and the line of each."""
    flows: dict[Key, list[Key]] = defaultdict(list)
    # The sum of the last words of both addresses is the same in both directions. It leaves few lines to look at.
    sums = np.array(sorted({key[LAST_WORDS[0]] + key[LAST_WORDS[1]] for key in keys}), dtype=np.int64)
    quoted = np.isin(merged[:, r.F_ADDR0_3] + merged[:, r.F_ADDR1_3], sums) & (merged[:, r.F_MAC] < 0)
    for number in np.flatnonzero(quoted).tolist():
        line = merged[number]
        ends = [(*line[at : at + 4].tolist(), int(line[port])) for at, port in END_SLOTS]
        key = flow_key(int(line[r.F_VERSION]), int(line[r.F_PROTO]), int(line[r.F_MAC]), *ends)
        if key in keys:
            flows[key].append((*line[ORDER_SLOTS].tolist(), number))
    return flows


LAST_WORDS = (-7, -2)
"""Where a key has the last words of both addresses."""
ORDER_SLOTS = [r.F_FIRST, r.F_CAPTURE, r.F_FRAME]
END_SLOTS = ((r.F_ADDR0, r.F_PORT0), (r.F_ADDR1, r.F_PORT1))


def flow_key(version: int, proto: int, further: int, one: Key, two: Key) -> Key:
    """The key of a flow, the same for both directions. ``one``, ``two``: address and port of each end. The type and the
    code of ICMP belong to no end. ``further``: F_MAC."""
    if proto in (net.ICMP, net.ICMP6):
        ports = one[4], two[4]
        one, two = (*one[:4], 0), (*two[:4], 0)
        return (version, proto, further, *ports, *min(one, two), *max(one, two))
    return (version, proto, further, *min(one, two), *max(one, two))


def quoted_key(row: list[int]) -> Key:
    """The key of the flow that an error quotes."""
    proto = row[f.QPROTO]
    further = quoted_query(row)
    one, two = (*row[f.QSRC : f.QSRC + 4], row[f.QSPORT]), (*row[f.QDST : f.QDST + 4], row[f.QDPORT])
    return flow_key(row[f.QVERSION], proto, further, one, two)


def write_error(line: Integers, error: MarkedFrame, row: list[int]) -> None:
    """Write an error into the record of the flow that it quotes, unless the record has a more serious one."""
    if line[r.F_ERR_COUNT] and not is_minor(int(line[r.F_VERSION]), line[None], 0):
        return
    line[r.F_ERR_COUNT] += 1
    line[r.F_ERR_TYPE], line[r.F_ERR_CODE] = row[f.SPORT], row[f.DPORT]
    line[r.F_ERR_SRC : r.F_ERR_SRC + 4] = row[f.SRC : f.SRC + 4]
    line[r.F_ERR_TTL], line[r.F_ERR_FRAME] = row[f.TTL], error.frame
    line[r.F_ERR_TIME], line[r.F_ERR_CAPTURE] = error.time, error.capture
