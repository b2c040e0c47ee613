"""Several vantages, one table: a flow that two of them saw is one flow, counted once.

This module finds the records that are one flow; ``combine`` makes one record of them. The order of the vantages does
not matter.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Integers, Truths, group_rows
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.tcp import ahead
from analyzer.flows.marked import MarkedFrame, MarkedFrames, joined
from analyzer.flows.merging.combine import BLOCK, combine_many, combine_one
from analyzer.flows.merging.icmp_errors import CLOCKS_APART, attach_errors
from analyzer.flows.merging.marked_frames import VantageFrame, distinct_messages
from analyzer.flows.merging.translated import TwoSides, find_translated, mark_as_copies
from analyzer.flows.packed import PackedLines, pack
from analyzer.flows.reversal import same_originator
from analyzer.flows.table import FROM_ORIG, FROM_RESP, FlowTable

SAME_CONVERSATION = 60_000_000_000
"""Datagrams of one 5-tuple with less than this between them are one flow at one vantage, and so they are at two."""
ICMP_NUMBERS = (net.ICMP, net.ICMP6)


def merge(
    parts: list[PackedLines], marks: list[MarkedFrames], translated: list[list[TwoSides]] | None = None
) -> tuple[FlowTable, list[MarkedFrame]]:
    """One table of the vantages' records. ``parts[v]``: (flows, record.WIDTH), the records of vantage ``v``;
    ``marks[v]``: its marked frames; ``translated[v]``: what find_translated() returns for it, if that is known.

    Also returned: the ICMP errors that are in no flow of the table, because another vantage captured the flow that they
    quote. The ``flow`` of such an error is the flow that it quotes.
    """
    vantage = np.concatenate([np.full(len(part), v) for v, part in enumerate(parts)]).astype(np.int64)
    raw = np.concatenate([np.asarray(part) for part in parts]) if parts else np.zeros((0, r.WIDTH), dtype=np.int64)
    cluster = np.arange(len(raw))
    if len(parts) > 1:
        join_all(raw, vantage, cluster)
    if translated is None:
        translated = [find_translated(part) for part in parts]
    join_translated(raw, parts, translated, cluster)
    leaders, cluster = np.unique(cluster, return_inverse=True)
    order_in = np.argsort(cluster, kind="stable")
    merged, base = combine_clusters(raw, vantage, cluster, order_in, len(leaders))
    sides = sides_of_merged(raw, vantage, cluster, merged, max(len(parts), 1))
    is_shared = (sides > 0).sum(axis=1) > 1
    frames = frames_of_merged(raw, vantage, cluster, (merged, base), marks)
    flow = frames.marks.flow
    is_error = np.isin(merged[flow, r.F_PROTO], ICMP_NUMBERS)
    is_repeated = is_shared[flow] & ~is_error
    chosen = ~is_error & ~is_repeated
    chosen[distinct_messages(frames.of_vantages(np.flatnonzero(is_repeated), merged))] = True
    attached = attach_errors(merged, frames.marks.select(np.flatnonzero(is_error))) if len(parts) > 1 else []
    packets = np.bincount(cluster, raw[:, r.side_slot(0, r.S_PKTS)] + raw[:, r.side_slot(1, r.S_PKTS)], len(leaders))
    stays = np.bincount([mark.flow for mark, _ in attached], minlength=len(leaders)) < packets
    lines = np.flatnonzero(stays)
    order = lines[np.lexsort((merged[lines, r.F_FRAME], merged[lines, r.F_CAPTURE], merged[lines, r.F_FIRST]))]
    rank = np.full(len(leaders), -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    kept = frames.marks.select(np.flatnonzero(chosen))
    kept = kept.moved(rank[kept.flow]).in_time()
    places = np.split(rank[cluster], np.cumsum([len(part) for part in parts])[:-1])
    moved = [mark._replace(flow=int(rank[quoted])) for mark, quoted in attached if not stays[mark.flow]]
    return FlowTable(pack([merged]).take(order), sides[order], kept, tuple(places)), moved


def join_translated(
    raw: Integers, parts: list[PackedLines], translated: list[list[TwoSides]], cluster: NDArray[np.int64]
) -> None:
    """Give both sides of a device that changes sequence numbers the same cluster number."""
    start = 0
    into: dict[int, int] = {}
    for part, found in zip(parts, translated, strict=True):
        for far, near in found:
            mark_as_copies(raw[start + far])
            one, two = (last_of(into, int(cluster[start + side])) for side in (far, near))
            if one != two:
                into[one] = two
        start += len(part)
    if into:
        numbers = np.arange(len(raw))
        for number in into:
            numbers[number] = last_of(into, number)
        cluster[:] = numbers[cluster]


def last_of(into: dict[int, int], number: int) -> int:
    """The cluster number at the end of the steps from ``number``. The steps become shorter."""
    last = number
    while last in into:
        last = into[last]
    while number != last:
        into[number], number = last, into[number]
    return last


class MergedFrames(NamedTuple):
    """The marked frames of all vantages, in their order, with the lines of the merged flows. ``vantage``: the number of
    each frame's. ``of_base``: whether the flow's record was made from this vantage's."""

    marks: MarkedFrames
    vantage: Integers
    of_base: Truths

    def of_vantages(self, numbers: Integers, merged: Integers) -> Iterator[VantageFrame]:
        """The frames with these numbers as objects. ``merged``: the merged records."""
        for number, mark in zip(numbers.tolist(), self.marks.frames(numbers), strict=True):
            yield VantageFrame(
                number,
                mark,
                vantage=int(self.vantage[number]),
                of_base=bool(self.of_base[number]),
                is_datagram=bool(merged[mark.flow, r.F_PROTO] == net.UDP),
            )


def frames_of_merged(
    raw: Integers,
    vantage: NDArray[np.int64],
    cluster: NDArray[np.int64],
    combined: tuple[Integers, NDArray[np.int64]],
    marks: list[MarkedFrames],
) -> MergedFrames:
    """The marked frames of every vantage. ``combined``: the merged records, and the record that each was made from."""
    merged, base = combined
    starts = np.searchsorted(vantage, np.arange(len(marks)))
    frames = joined(marks)
    of_vantage = np.repeat(np.arange(len(marks)), [len(part) for part in marks])
    own = starts[of_vantage] + frames.flow
    line = cluster[own]
    flipped = np.any(merged[line][:, r.END_SLOTS] != raw[own][:, r.END_SLOTS], axis=1)
    return MergedFrames(frames.moved(line, flipped), of_vantage, np.asarray(vantage[base[line]] == of_vantage))


def sides_of_merged(
    raw: Integers, vantage: NDArray[np.int64], cluster: NDArray[np.int64], merged: Integers, vantages: int
) -> NDArray[np.uint8]:
    """FlowTable's ``sides`` of the merged flows: (clusters, vantages), which sides each vantage captured."""
    flipped = (raw[:, r.END_SLOTS] != merged[:, r.END_SLOTS][cluster]).any(axis=1)
    sent = [raw[:, r.side_slot(which, r.S_PKTS)] > 0 for which in (0, 1)]
    bits = np.where(flipped, sent[1] * FROM_ORIG + sent[0] * FROM_RESP, sent[0] * FROM_ORIG + sent[1] * FROM_RESP)
    sides = np.zeros((len(merged), vantages), dtype=np.uint8)
    np.bitwise_or.at(sides, (cluster, vantage), bits.astype(np.uint8))
    return sides


def join_all(raw: Integers, vantage: NDArray[np.int64], cluster: NDArray[np.int64]) -> None:
    """Give the records of one flow the same cluster number, for 5-tuples that more than one vantage captured."""
    one = np.column_stack([raw[:, r.F_ADDR0 : r.F_ADDR0 + 4], raw[:, r.F_PORT0]])
    two = np.column_stack([raw[:, r.F_ADDR1 : r.F_ADDR1 + 4], raw[:, r.F_PORT1]])
    icmp = np.isin(raw[:, r.F_PROTO], ICMP_NUMBERS)
    one[icmp, 4], two[icmp, 4] = -1, -1
    differing = one != two
    first = np.argmax(differing, axis=1)
    lines = np.arange(len(raw))
    swapped = (one[lines, first] > two[lines, first])[:, None]
    types = np.where(icmp, raw[:, r.F_PORT0] * 256 + raw[:, r.F_PORT1], 0)
    ends = np.column_stack([np.where(swapped, two, one), np.where(swapped, one, two)])
    codes = group_rows([raw[:, r.F_PROTO], raw[:, r.F_VERSION], raw[:, r.F_MAC], types, *ends.T]).codes
    order = np.lexsort((raw[:, r.F_FRAME], raw[:, r.F_CAPTURE], raw[:, r.F_FIRST], codes))
    begins = np.flatnonzero(np.diff(codes[order], prepend=-1))
    sizes = np.diff(begins, append=len(order))
    lowest = np.minimum.reduceat(vantage[order], begins)
    shared = np.flatnonzero(lowest < np.maximum.reduceat(vantage[order], begins))
    pairs = begins[shared[sizes[shared] == 2]]
    join_pairs(raw, np.column_stack([order[pairs], order[pairs + 1]]), cluster)
    for number in shared[sizes[shared] > 2].tolist():
        join(raw, vantage, order[begins[number] : begins[number] + sizes[number]], cluster)


def join_pairs(raw: Integers, pairs: Integers, cluster: NDArray[np.int64]) -> None:
    """The same as join(), for 5-tuples with two records, of two vantages. ``pairs``: (5-tuples, 2), the lines of the
    records, in the order of time."""
    ends = raw[:, r.END_SLOTS][pairs]
    first, last = raw[pairs, r.F_FIRST], raw[pairs, r.F_LAST]
    tcp = raw[pairs[:, 0], r.F_PROTO] == net.TCP
    slack = np.where(tcp, CLOCKS_APART, SAME_CONVERSATION)
    numbered = tcp & (raw[pairs, r.F_SIDE + r.S_SYNS] > 0).all(axis=1)
    number = raw[pairs, r.F_SIDE + r.S_ISN]
    same_number = (number[:, 0] == number[:, 1]) & (ends[:, 0] == ends[:, 1]).all(axis=1)
    near = (first[:, 1] - slack <= last[:, 0]) & (first[:, 0] - slack <= last[:, 1])
    joined = np.where(numbered, same_number, near)
    cluster[pairs[joined]] = pairs[joined].min(axis=1, keepdims=True)


def join(raw: Integers, vantage: NDArray[np.int64], members: NDArray[np.int64], cluster: NDArray[np.int64]) -> None:
    """Give the records of one 5-tuple that are the same flow the same cluster number. ``members``: the lines of the
    records, in the order of time."""
    groups: list[list[int]] = []
    numbered: dict[int, list[int]] = {}
    others = []
    for line in members.tolist():
        number = first_number(raw[line], raw[members[0]])
        if number < 0:
            others.append(line)
            continue
        group = numbered.get(number)
        if group is None or any(vantage[one] == vantage[line] for one in group):
            group = numbered[number] = []
            groups.append(group)
        group.append(line)
    join_unnumbered(raw, vantage, others, groups)
    for group in groups:
        cluster[group] = min(group)


def join_unnumbered(raw: Integers, vantage: NDArray[np.int64], others: list[int], groups: list[list[int]]) -> None:
    """Add the records without an initial sequence number to the group of the same time, or to a group of their own."""
    ends = [max(int(raw[line, r.F_LAST]) for line in group) for group in groups]
    place, own = 0, -1
    for line in others:
        slack = CLOCKS_APART if raw[line, r.F_PROTO] == net.TCP else SAME_CONVERSATION
        begins, stops = int(raw[line, r.F_FIRST]), int(raw[line, r.F_LAST])
        while place < len(groups) and ends[place] + slack < begins:
            place += 1
        near = [
            at for at in range(place, min(place + 3, len(groups))) if raw[groups[at][0], r.F_FIRST] - slack <= stops
        ]
        free = [at for at in near if all(vantage[one] != vantage[line] for one in groups[at])]
        if own >= 0 and begins - slack <= ends[own]:
            groups[own].append(line)
            ends[own] = max(ends[own], stops)
        elif free:
            answered = (at for at in free if any(acknowledges(raw[line], raw[one]) for one in groups[at]))
            groups[next(answered, free[0])].append(line)
        else:
            groups.append([line])
            ends.append(stops)
            own = len(groups) - 1


def acknowledges(line: Integers, other: Integers) -> bool:
    """Whether a record of one side of a connection acknowledges what the other side sent in another record."""
    sent = [line[r.side_slot(which, r.S_PKTS)] > 0 for which in (0, 1)]
    if line[r.F_PROTO] != net.TCP or all(sent):
        return False
    silent = sent.index(False)
    peer = silent if same_originator(line, other) else 1 - silent
    first, past = int(other[r.side_slot(peer, r.S_ISN)]), int(other[r.side_slot(peer, r.S_NEXT)])
    # While nothing of a side is captured, this is what was acknowledged last, less one.
    last = int(line[r.side_slot(silent, r.S_NEXT)])
    return min(first, past, last) >= 0 and 0 <= ahead(last, first) < max(ahead(past, first), 1)


def first_number(line: Integers, reference: Integers) -> int:
    """The originator's initial sequence number and the direction as one number; -1 where its SYN was not captured."""
    if line[r.F_PROTO] != net.TCP or line[r.F_SIDE + r.S_SYNS] <= 0:
        return -1
    return int(line[r.F_SIDE + r.S_ISN]) * 2 + int(same_originator(line, reference))


def combine_clusters(
    raw: Integers, vantage: NDArray[np.int64], cluster: NDArray[np.int64], order: NDArray[np.int64], count: int
) -> tuple[Integers, NDArray[np.int64]]:
    """One record for each cluster, and the number of the record that it was made from."""
    merged = np.empty((count, r.WIDTH), dtype=np.int64)
    base = np.empty(count, dtype=np.int64)
    sizes = np.bincount(cluster, minlength=count)
    ends = np.cumsum(sizes)
    single = order[ends[sizes == 1] - 1]
    merged[sizes == 1] = raw[single]
    base[sizes == 1] = single
    left: list[int] = []
    for size in np.unique(sizes[sizes > 1]).tolist():
        clusters = np.flatnonzero(sizes == size)
        for numbers in np.split(clusters, range(BLOCK, len(clusters), BLOCK)):
            members = order[ends[numbers][:, None] - np.arange(size, 0, -1)]
            lines, made_from, holds = combine_many(raw, members)
            holds &= (np.diff(np.sort(vantage[members], axis=1), axis=1) > 0).all(axis=1)
            merged[numbers[holds]], base[numbers[holds]] = lines[holds], made_from[holds]
            left += numbers[~holds].tolist()
    for number in left:
        members = order[ends[number] - sizes[number] : ends[number]].tolist()
        merged[number], base[number] = combine_one(raw, vantage, members)
    return merged, base
