"""One record of a flow that several vantages captured.

The counts of a direction are those of the vantage that captured most of it. Everything else comes from the vantage that
captured most of the whole flow. Where the best vantage of each side captured nothing of the other side (a tap that
writes each direction to a file of its own), each side comes from its best vantage, and what depends on both sides
(history, states) is computed again.
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
from analyzer.flows.kernel.icmp_errors import is_minor
from analyzer.flows.reversal import reversed_records, same_originator

COUNT_SLOTS = (r.S_PKTS, r.S_BYTES, r.S_IP_BYTES, r.S_COPIES)
PACKETS, COPIES = COUNT_SLOTS.index(r.S_PKTS), COUNT_SLOTS.index(r.S_COPIES)
SLOTS_OF_SIDES = np.array([[r.side_slot(which, slot) for slot in COUNT_SLOTS] for which in (0, 1)])
Counts = list[int]
"""The counts of a side, in the order of COUNT_SLOTS."""

RANKS = dict(zip(r.HISTORY_LETTERS, (0, 1, 2, 2, 3, 4, 3, 4, 2, 2, 2), strict=True))
"""The order of letters of both sides where only the order within each side is known: SYN, SYN-ACK, data, FIN, RST."""
EVENT_OF_LETTER = {
    "S": tcp.EVENT_SYN, "H": tcp.EVENT_SYN_ACK, "A": tcp.EVENT_ACK, "D": tcp.EVENT_DATA_ACK, "F": tcp.EVENT_FIN,
    "R": tcp.EVENT_RST, "Q": tcp.EVENT_FIN, "I": tcp.EVENT_RST,
}  # fmt: skip

BLOCK = 1 << 12
"""Flows that are combined at a time, so that their records are never copied all at once."""


def combine_many(raw: Integers, members: Integers) -> tuple[Integers, NDArray[np.int64], NDArray[np.bool_]]:
    """The same as combine_one(), for many flows with the same number of records each: the records, which of ``members``
    each was made from, and for which flows the result is valid. The others need combine_one().

    ``members``: (flows, records of each), numbers of ``raw``'s lines; those of one flow are of different vantages.
    """
    lines = raw[members]
    reference = least(lines[..., r.F_BASIS], lines[..., r.F_FIRST], lines[..., r.F_CAPTURE])
    flows = np.arange(len(members))
    references = lines[flows, reference]
    is_reversed = np.any(lines[..., r.END_SLOTS] != references[:, None, r.END_SLOTS], axis=2)
    lines[is_reversed] = reversed_records(lines[is_reversed])
    counts = lines[..., SLOTS_OF_SIDES]
    packets: Integers = counts[..., PACKETS]
    copies: Integers = counts[..., COPIES]
    own = packets - copies
    order = lines[..., r.F_CAPTURE], lines[..., r.F_FRAME]
    best_of_sides = [least(-own[..., which], copies[..., which], *order) for which in (0, 1)]
    whole: NDArray[np.bool_] = np.all(packets > 0, axis=2)
    some_whole = np.any(whole, axis=1)
    base = least(some_whole[:, None] & ~whole, -own.sum(axis=2), copies.sum(axis=2), *order)
    apart = np.ones(len(members), dtype=np.bool_)
    for which, best in enumerate(best_of_sides):
        apart &= (packets[flows, best, which] > 0) & ~whole[flows, best]
    merged = lines[flows, base]
    merged[:, r.F_BASIS] = references[:, r.F_BASIS]
    merged[:, r.F_FIRST] = lines[..., r.F_FIRST].min(axis=1)
    merged[:, r.F_LAST] = lines[..., r.F_LAST].max(axis=1)
    merged[:, r.F_TUNNEL] = np.bitwise_or.reduce(lines[..., r.F_TUNNEL], axis=1)
    for which in (0, 1):
        some = counts[:, :, which]
        most = least(-own[..., which], copies[..., which], *(-some[..., at] for at in range(len(COUNT_SLOTS))))
        merged[:, SLOTS_OF_SIDES[which]] = some[flows, most]
    return merged, members[flows, base], ~apart & ~(lines[..., r.F_ERR_COUNT] > 0).any(axis=1)


def least(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """For each line, which of its values is the least, by the first of ``keys`` in which they differ. Each key: (lines,
    values)."""
    left = np.ones(keys[0].shape, dtype=np.bool_)
    for key in keys:
        known = np.where(left, key, np.iinfo(np.int64).max)
        left &= known == known.min(axis=1, keepdims=True)
    return np.asarray(left.argmax(axis=1))


def combine_one(raw: Integers, vantage: NDArray[np.int64], members: list[int]) -> tuple[Integers, int]:
    """The record of one flow, of shape (record.WIDTH,), and which of ``members`` it was made from. ``raw``: (records,
    record.WIDTH); ``vantage``: (records,), the vantage of each."""
    reference = min(members, key=lambda line: (raw[line, r.F_BASIS], raw[line, r.F_FIRST], raw[line, r.F_CAPTURE]))
    fitted = {
        line: raw[line] if same_originator(raw[line], raw[reference]) else reversed_records(raw[[line]])[0]
        for line in members
    }
    counts = {line: counts_of(fitted[line]) for line in members}
    base, *other = base_records(counts, fitted)
    merged = join_sides(fitted[base], fitted[other[0]], fitted[reference]) if other else fitted[base].copy()
    merged[r.F_BASIS] = raw[reference, r.F_BASIS]
    merged[r.F_FIRST] = raw[members, r.F_FIRST].min()
    merged[r.F_LAST] = raw[members, r.F_LAST].max()
    merged[r.F_TUNNEL] = np.bitwise_or.reduce(raw[members, r.F_TUNNEL])
    for which in (0, 1):
        sums: dict[int, Counts] = {}
        for line in members:
            at = int(vantage[line])
            sums[at] = added(sums[at], counts[line][which]) if at in sums else counts[line][which]
        merged[SLOTS_OF_SIDES[which]] = max(sums.values(), key=lambda some: (own_packets(some), some))
    quoted = [line for line in members if raw[line, r.F_ERR_COUNT] > 0]
    if quoted:
        first = min(quoted, key=lambda line: error_rank(raw, line))
        merged[r.F_ERR_TYPE : r.F_SIDE] = raw[first, r.F_ERR_TYPE : r.F_SIDE]
    return merged, base


def counts_of(line: Integers) -> tuple[Counts, Counts]:
    """The counts of both sides."""
    orig, resp = line[SLOTS_OF_SIDES].tolist()
    return orig, resp


def added(one: Counts, two: Counts) -> Counts:
    """The sums of two lists of counts."""
    return [a + b for a, b in zip(one, two, strict=True)]


def own_packets(some: Counts) -> tuple[int, int]:
    """How many packets of a side are no copies, and minus how many are."""
    return some[0] - some[3], -some[3]


def error_rank(raw: Integers, line: int) -> tuple[bool, int, int]:
    """The order of ICMP errors: one about the service before one about the way, then the first one."""
    return (
        bool(is_minor(int(raw[line, r.F_VERSION]), raw, line)),
        int(raw[line, r.F_ERR_TIME]),
        int(raw[line, r.F_ERR_CAPTURE]),
    )


def base_records(counts: dict[int, tuple[Counts, Counts]], fitted: dict[int, Integers]) -> tuple[int, ...]:
    """The record that a flow's record is made from. Two records, the originator's and the responder's, where the best
    record of each side has nothing of the other side."""

    def order(line: int, *sides: int) -> tuple[int, int, int, int]:
        own = [own_packets(counts[line][which]) for which in sides]
        record = fitted[line]
        return (
            -sum(one for one, _ in own),
            -sum(copies for _, copies in own),
            int(record[r.F_CAPTURE]),
            int(record[r.F_FRAME]),
        )

    whole = [line for line, (orig, resp) in counts.items() if orig[0] and resp[0]]
    best_of_sides = min(counts, key=lambda line: order(line, 0)), min(counts, key=lambda line: order(line, 1))
    apart = all(counts[line][which][0] for which, line in enumerate(best_of_sides))
    if apart and not set(best_of_sides) & set(whole):
        return best_of_sides
    return (min(whole or counts, key=lambda line: order(line, 0, 1)),)


def join_sides(orig: Integers, resp: Integers, reference: Integers) -> Integers:
    """One record with the originator's side of ``orig`` and the responder's side of ``resp``. ``reference``: the record
    whose history shows whether the two were exchanged."""
    merged = orig.copy()
    merged[r.side_slot(1, 0) :] = resp[r.side_slot(1, 0) :]
    # What a side sent is acknowledged where its peer was captured.
    for which, acknowledged_in in ((0, resp), (1, orig)):
        merged[r.side_slot(which, r.S_ACKED)] = acknowledged_in[r.side_slot(which, r.S_ACKED)]
    merged[r.F_SNAPPED] += resp[r.F_SNAPPED]
    flips = [code for code in letters(reference) if code == r.FLIP]
    sent = interleave(*(letters_of_side(line, which) for which, line in enumerate((orig, resp))), key=rank)
    write_history(merged, [*flips, *sent])
    if merged[r.F_PROTO] == net.TCP:
        merged[[r.side_slot(0, r.S_STATE), r.side_slot(1, r.S_STATE)]] = states(merged)
    return merged


def letters(line: Integers) -> Iterator[int]:
    """The codes of a record's history."""
    for at in range(int(line[r.F_LETTERS])):
        yield int(line[r.F_HISTORY + at // 12]) >> (5 * (at % 12)) & 31


def letters_of_side(line: Integers, which: int) -> list[int]:
    """The codes of one side's letters."""
    begin = which * r.RESPONDER_LETTER
    return [code for code in letters(line) if begin <= code < begin + r.RESPONDER_LETTER and code != r.FLIP]


def letter(code: int) -> str:
    """The letter of a code, upper case."""
    return r.HISTORY_LETTERS[code % r.RESPONDER_LETTER]


def rank(code: int) -> int:
    """The place of a letter in the order of RANKS."""
    return RANKS[letter(code)]


def write_history(line: Integers, codes: list[int]) -> None:
    """Write these letters into a record, as many as it has room for."""
    line[r.F_HISTORY : r.F_HISTORY + 3] = 0
    line[r.F_LETTERS] = min(len(codes), r.MOST_LETTERS)
    for at, code in enumerate(codes[: r.MOST_LETTERS]):
        line[r.F_HISTORY + at // 12] |= code << (5 * (at % 12))


def states(line: Integers) -> list[int]:
    """The states of a connection's two sides, by the transition table, from the letters of its history. Letters without
    room in the history come last."""
    seen = [
        number + which * r.RESPONDER_LETTER
        for number in range(len(r.HISTORY_LETTERS))
        for which in (0, 1)
        if int(line[r.side_slot(which, r.S_SEEN)]) >> number & 1
    ]
    listed = [code for code in letters(line) if code != r.FLIP]
    after = [tcp.INACTIVE, tcp.INACTIVE]
    for code in (*listed, *sorted(set(seen) - set(listed), key=rank)):
        if (event := EVENT_OF_LETTER.get(letter(code))) is not None:
            which = code // r.RESPONDER_LETTER
            both = int(transitions()[which, event, after[which], after[1 - which]])
            after[which], after[1 - which] = both >> 3, both & 7
    return after


@cache
def transitions() -> Integers:
    """The transition table of ``flows.conn_state``."""
    return build_table()
