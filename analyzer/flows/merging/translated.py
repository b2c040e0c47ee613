"""Connections that one capture shows on both sides of a device that changes their sequence numbers: one connection,
captured twice. The packets of the far side are copies."""

from typing import NamedTuple

from analyzer.columns import Integers
from analyzer.flows.kernel import record as r
from analyzer.flows.packed import PackedLines
from analyzer.flows.reversal import same_originator

PASSES_WITHIN = 1_000_000_000
"""The longest time that such a device keeps a packet."""
MOST_ROUTERS = 4
"""Routers between the two sides that one capture shows."""
SIDES = tuple(r.F_SIDE + which * r.SIDE_WIDTH for which in (0, 1))
SAME_ON_BOTH_SIDES = (
    r.F_PROTO, r.F_LETTERS, *range(r.F_HISTORY, r.F_HISTORY2 + 1),
    *(side + slot for side in SIDES for slot in (r.S_PKTS, r.S_BYTES, r.S_COPIES, r.S_HEAD, r.S_STATE, r.S_SEEN)),
)  # fmt: skip
"""What the records of both sides have in common: the segments, their data and what became of the connection."""


class TwoSides(NamedTuple):
    """The records of both sides of such a connection, by their numbers at one vantage."""

    far: int
    near: int


def find_translated(records: PackedLines) -> list[TwoSides]:
    """Every such connection in the records of one vantage.

    Far is the side at which the originator's packets appear later and the responder's packets earlier.
    """
    found = []
    beside = records.column(SIDES[0] + r.S_BESIDE)
    for far in (beside > 0).nonzero()[0].tolist():
        near = int(beside[far]) - 1
        if is_same_connection(*records.lines([near, far])):
            found.append(TwoSides(far, near))
    return found


def is_same_connection(near: Integers, far: Integers) -> bool:
    """Whether two records of one tuple are the two sides of one connection. Two networks can show connections that look
    the same. So it has to be proven: by a router's step, or by answers that pass the device in their order."""
    if not same_originator(near, far) or any(near[slot] != far[slot] for slot in SAME_ON_BOTH_SIDES):
        return False
    if abs(int(far[r.F_LAST] - near[r.F_LAST])) > PASSES_WITHIN:
        return False
    delays = [passing(near, far, slot) for slot in (r.S_FIRST, r.S_LAST)]
    if not all(0 <= delay <= PASSES_WITHIN for both in delays for delay in both) or sum(delays[0]) == 0:
        return False
    return is_routed(near, far) or answers_follow(near)


def passing(near: Integers, far: Integers, slot: int) -> list[int]:
    """The time from one side of the device to the other, of a packet of each end that is captured: ``slot``, S_FIRST or
    S_LAST."""
    orig, resp = (int(far[side + slot] - near[side + slot]) for side in SIDES)
    return [orig, -resp] if near[SIDES[1] + r.S_PKTS] > 0 else [orig]


def is_routed(near: Integers, far: Integers) -> bool:
    """Whether the packets have passed a router between the two sides. Hosts that begin with another time to live differ
    by more."""
    steps = [int(near[SIDES[0] + r.S_TTL] - far[SIDES[0] + r.S_TTL])]
    if near[SIDES[1] + r.S_PKTS] > 0:
        steps.append(int(far[SIDES[1] + r.S_TTL] - near[SIDES[1] + r.S_TTL]))
    return all(0 <= step <= MOST_ROUTERS for step in steps) and any(steps)


def answers_follow(near: Integers) -> bool:
    """Whether both ends sent several segments, and the originator acknowledged an answer. Then each segment waits for
    the one before it: in another network, the last ones would not be in the order of the first ones by chance.
    Requests that are only repeated wait for nothing."""
    return all(near[side + r.S_PKTS] > 1 for side in SIDES) and bool(near[SIDES[1] + r.S_ACKED] >= 0)


def mark_as_copies(record: Integers) -> None:
    """Count every packet of a record as a copy."""
    for side in SIDES:
        record[side + r.S_COPIES] = record[side + r.S_PKTS]
