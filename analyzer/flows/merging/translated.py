"""Connections that one capture shows on both sides of a device that changes their sequence numbers: one connection,
captured twice. The packets of the far side are copies."""

from analyzer.columns import Integers
from analyzer.flows.kernel import record as r
from analyzer.flows.reversal import same_originator

PASSES_WITHIN = 1_000_000_000
"""The longest time that such a device keeps a packet."""
SIDES = tuple(r.F_SIDE + which * r.SIDE_WIDTH for which in (0, 1))
SAME_ON_BOTH_SIDES = (
    r.F_PROTO, r.F_LETTERS, *range(r.F_HISTORY, r.F_HISTORY2 + 1),
    *(side + slot for side in SIDES for slot in (r.S_PKTS, r.S_BYTES, r.S_COPIES, r.S_HEAD, r.S_STATE, r.S_SEEN)),
)  # fmt: skip
"""What the records of both sides have in common: the segments, their data and what became of the connection."""


def find_translated(records: Integers) -> list[tuple[int, int]]:
    """(record of the far side, record of the near side) of every such connection in the records of one vantage.

    Far is the side at which the originator's packets appear later and the responder's packets earlier.
    """
    found = []
    for line in (records[:, SIDES[0] + r.S_BESIDE] > 0).nonzero()[0].tolist():
        near, far = int(records[line, SIDES[0] + r.S_BESIDE]) - 1, line
        if is_same_connection(records[near], records[far]):
            found.append((far, near))
    return found


def is_same_connection(near: Integers, far: Integers) -> bool:
    """Whether two records of one tuple are the two sides of one connection."""
    if not same_originator(near, far) or any(near[slot] != far[slot] for slot in SAME_ON_BOTH_SIDES):
        return False
    orig, resp = (int(far[side + r.S_FIRST] - near[side + r.S_FIRST]) for side in SIDES)
    if near[SIDES[1] + r.S_PKTS] > 0:
        passed = 0 <= orig <= PASSES_WITHIN and -PASSES_WITHIN <= resp <= 0 and orig > resp
    else:
        # Without an answer only a router's step shows that it is not the same request in another network.
        passed = 0 <= orig <= PASSES_WITHIN and near[SIDES[0] + r.S_TTL] > far[SIDES[0] + r.S_TTL]
    return bool(passed and abs(int(far[r.F_LAST] - near[r.F_LAST])) <= PASSES_WITHIN)


def mark_as_copies(record: Integers) -> None:
    """Count every packet of a record as a copy."""
    for side in SIDES:
        record[side + r.S_COPIES] = record[side + r.S_PKTS]
