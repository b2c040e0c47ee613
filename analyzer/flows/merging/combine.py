"""One record of a flow that several vantages saw.

Per direction the vantage that saw most of it counts. The rest is the record of the vantage that saw most of the whole
flow - or, where each side was seen best by a vantage that saw nothing of the other (a tap that writes each direction to
a file of its own), of each side's best one, and what follows from both sides together is told anew.
"""

from collections.abc import Iterator
from functools import cache
from heapq import merge as interleave
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Integers
from analyzer.flows.conn_state import build_table
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel import tcp
from analyzer.flows.kernel.assemble import is_minor
from analyzer.flows.reversal import reversed_records, same_originator

COUNTS = (r.PKTS, r.BYTES, r.IP_BYTES, r.COPIES)
PACKETS, COPIED = COUNTS.index(r.PKTS), COUNTS.index(r.COPIES)
SLOTS = np.array([[r.side_slot(which, slot) for slot in COUNTS] for which in (0, 1)])
Counts = list[int]
"""What is counted of a side, in the order of COUNTS."""

PLACE = dict(zip(r.LETTERS, (0, 1, 2, 2, 3, 4, 3, 4, 2, 2, 2), strict=True))
"""What comes first where only the order within each side is known: SYN, SYN-ACK, what is said, FIN, RST."""
EVENTS = {
    "S": tcp.EVENT_SYN, "H": tcp.EVENT_SYN_ACK, "A": tcp.EVENT_ACK, "D": tcp.EVENT_DATA_ACK, "F": tcp.EVENT_FIN,
    "R": tcp.EVENT_RST, "Q": tcp.EVENT_FIN, "I": tcp.EVENT_RST,
}  # fmt: skip

BLOCK = 1 << 12
"""Flows that are fused at a time, so that their records are never copied all at once."""


def fuse_many(raw: Integers, members: Integers) -> tuple[Integers, NDArray[np.int64], NDArray[np.bool_]]:
    """As fuse_one() has it, for many flows of as many records each: the records, which of ``members`` each was made on,
    and for which flows that holds. For the others, fuse_one() has to be asked.

    ``members``: (flows, records of each), numbers of ``raw``'s lines; those of one flow are of different vantages.
    """
    lines = raw[members]
    guide = least(lines[..., r.F_BASIS], lines[..., r.F_FIRST], lines[..., r.F_CAPTURE])
    flows = np.arange(len(members))
    guides = lines[flows, guide]
    other_way = np.any(lines[..., r.ENDS] != guides[:, None, r.ENDS], axis=2)
    lines[other_way] = reversed_records(lines[other_way])
    counts = lines[..., SLOTS]
    packets: Integers = counts[..., PACKETS]
    copies: Integers = counts[..., COPIED]
    own = packets - copies
    place = lines[..., r.F_CAPTURE], lines[..., r.F_FRAME]
    halves = [least(-own[..., which], copies[..., which], *place) for which in (0, 1)]
    whole: NDArray[np.bool_] = np.all(packets > 0, axis=2)
    some_whole = np.any(whole, axis=1)
    base = least(some_whole[:, None] & ~whole, -own.sum(axis=2), copies.sum(axis=2), *place)
    apart = np.ones(len(members), dtype=np.bool_)
    for which, half in enumerate(halves):
        apart &= (packets[flows, half, which] > 0) & ~whole[flows, half]
    merged = lines[flows, base]
    merged[:, r.F_BASIS] = guides[:, r.F_BASIS]
    merged[:, r.F_FIRST] = lines[..., r.F_FIRST].min(axis=1)
    merged[:, r.F_LAST] = lines[..., r.F_LAST].max(axis=1)
    merged[:, r.F_TUNNEL] = np.bitwise_or.reduce(lines[..., r.F_TUNNEL], axis=1)
    for which in (0, 1):
        some = counts[:, :, which]
        most = least(-own[..., which], copies[..., which], *(-some[..., at] for at in range(len(COUNTS))))
        merged[:, SLOTS[which]] = some[flows, most]
    return merged, members[flows, base], ~apart & ~(lines[..., r.F_ERR_COUNT] > 0).any(axis=1)


def least(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """Which of each line's values comes first, by the first of ``keys`` in which they differ; each (lines, values)."""
    left = np.ones(keys[0].shape, dtype=np.bool_)
    for key in keys:
        known = np.where(left, key, np.iinfo(np.int64).max)
        left &= known == known.min(axis=1, keepdims=True)
    return np.asarray(left.argmax(axis=1))


def fuse_one(raw: Integers, vantage: NDArray[np.int64], members: list[int]) -> tuple[Integers, int]:
    """The record of one flow, of shape (record.WIDTH,), and which of ``members`` it was made on. ``raw``: (records,
    record.WIDTH); ``vantage``: (records,), which vantage each is of."""
    guide = min(members, key=lambda line: (raw[line, r.F_BASIS], raw[line, r.F_FIRST], raw[line, r.F_CAPTURE]))
    fitted = {
        line: raw[line] if same_originator(raw[line], raw[guide]) else reversed_records(raw[[line]])[0]
        for line in members
    }
    counts = {line: counts_of(fitted[line]) for line in members}
    base, *other = made_on(counts, fitted)
    merged = complete(fitted[base], fitted[other[0]], fitted[guide]) if other else fitted[base].copy()
    merged[r.F_BASIS] = raw[guide, r.F_BASIS]
    merged[r.F_FIRST] = raw[members, r.F_FIRST].min()
    merged[r.F_LAST] = raw[members, r.F_LAST].max()
    merged[r.F_TUNNEL] = np.bitwise_or.reduce(raw[members, r.F_TUNNEL])
    for which in (0, 1):
        sums: dict[int, Counts] = {}
        for line in members:
            at = int(vantage[line])
            sums[at] = added(sums[at], counts[line][which]) if at in sums else counts[line][which]
        merged[SLOTS[which]] = max(sums.values(), key=lambda some: (own_packets(some), some))
    quoted = [line for line in members if raw[line, r.F_ERR_COUNT] > 0]
    if quoted:
        first = min(quoted, key=lambda line: told_by_error(raw, line))
        merged[r.F_ERR_TYPE : r.F_SIDE] = raw[first, r.F_ERR_TYPE : r.F_SIDE]
    return merged, base


def counts_of(line: Integers) -> tuple[Counts, Counts]:
    """The COUNTS of both sides."""
    orig, resp = line[SLOTS].tolist()
    return orig, resp


def added(one: Counts, two: Counts) -> Counts:
    return [a + b for a, b in zip(one, two, strict=True)]


def own_packets(some: Counts) -> tuple[int, int]:
    """How many packets of a side are no copies, and, less being more, how many are."""
    return some[0] - some[3], -some[3]


def told_by_error(raw: Integers, line: int) -> tuple[bool, int, int]:
    """How much an error says, most first: one of the service, then the first one."""
    return (
        bool(is_minor(int(raw[line, r.F_VERSION]), raw, line)),
        int(raw[line, r.F_ERR_TIME]),
        int(raw[line, r.F_ERR_CAPTURE]),
    )


def made_on(counts: dict[int, tuple[Counts, Counts]], fitted: dict[int, Integers]) -> tuple[int, ...]:
    """The record that a flow's is made on; two of them, the originator's and the responder's, where the best of each
    side has nothing of the other. By what the records count of both sides."""

    def order(line: int, *sides: int) -> tuple[int, int, int, int]:
        own = [own_packets(counts[line][which]) for which in sides]
        where = fitted[line]
        return (
            -sum(one for one, _ in own),
            -sum(copies for _, copies in own),
            int(where[r.F_CAPTURE]),
            int(where[r.F_FRAME]),
        )

    whole = [line for line, (orig, resp) in counts.items() if orig[0] and resp[0]]
    halves = min(counts, key=lambda line: order(line, 0)), min(counts, key=lambda line: order(line, 1))
    apart = all(counts[line][which][0] for which, line in enumerate(halves))
    if apart and not set(halves) & set(whole):
        return halves
    return (min(whole or counts, key=lambda line: order(line, 0, 1)),)


def complete(orig: Integers, resp: Integers, guide: Integers) -> Integers:
    """One record of the originator's side of one and the responder's of another; ``guide`` knows whether the two were
    exchanged."""
    merged = orig.copy()
    merged[r.side_slot(1, 0) :] = resp[r.side_slot(1, 0) :]
    merged[r.F_SNAPPED] += resp[r.F_SNAPPED]
    flips = [code for code in letters(guide) if code == r.FLIP]
    said = interleave(*(half(line, which) for which, line in enumerate((orig, resp))), key=place)
    write_history(merged, [*flips, *said])
    if merged[r.F_PROTO] == net.TCP:
        merged[[r.side_slot(0, r.STATE), r.side_slot(1, r.STATE)]] = states(merged)
    return merged


def letters(line: Integers) -> Iterator[int]:
    """The codes of a record's history."""
    for at in range(int(line[r.F_LETTERS])):
        yield int(line[r.F_HISTORY + at // 12]) >> (5 * (at % 12)) & 31


def half(line: Integers, which: int) -> list[int]:
    """The codes of one side."""
    begin = which * r.RESPONDER_LETTER
    return [code for code in letters(line) if begin <= code < begin + r.RESPONDER_LETTER and code != r.FLIP]


def letter(code: int) -> str:
    return r.LETTERS[code % r.RESPONDER_LETTER]


def place(code: int) -> int:
    return PLACE[letter(code)]


def write_history(line: Integers, codes: list[int]) -> None:
    line[r.F_HISTORY : r.F_HISTORY + 3] = 0
    line[r.F_LETTERS] = min(len(codes), r.MOST_LETTERS)
    for at, code in enumerate(codes[: r.MOST_LETTERS]):
        line[r.F_HISTORY + at // 12] |= code << (5 * (at % 12))


def states(line: Integers) -> list[int]:
    """The states of a connection's two sides, as the transition table has them after what its history tells; what the
    history had no room for comes last."""
    seen = [
        number + which * r.RESPONDER_LETTER
        for number in range(len(r.LETTERS))
        for which in (0, 1)
        if int(line[r.side_slot(which, r.SEEN)]) >> number & 1
    ]
    told = [code for code in letters(line) if code != r.FLIP]
    after = [tcp.INACTIVE, tcp.INACTIVE]
    for code in (*told, *sorted(set(seen) - set(told), key=place)):
        if (event := EVENTS.get(letter(code))) is not None:
            which = code // r.RESPONDER_LETTER
            both = int(transitions()[which, event, after[which], after[1 - which]])
            after[which], after[1 - which] = both >> 3, both & 7
    return after


@cache
def transitions() -> Integers:
    return build_table()
