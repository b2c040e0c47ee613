"""Several vantages, one table: a flow that two of them saw is one flow, counted once.

Per direction the vantage that saw most of it counts; the rest of the record is that of the vantage that saw most of
the whole flow. The result does not depend on the order in which vantages come.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.flows import record as r
from analyzer.flows.table import FROM_ORIG, FROM_RESP, FlowTable, Integers, Mark, turned

SAME_CONVERSATION = 60_000_000_000
"""Datagrams of one tuple that are less than this apart are one flow at one vantage, so they are at two."""
CLOCKS_APART = 2_000_000_000
"""How far the clocks of two vantages may differ for connections whose initial sequence number was not seen."""


def merge(parts: list[Integers], marks: list[list[Mark]]) -> FlowTable:
    """One table of the vantages' records; ``parts[v]`` has shape (flows, record.WIDTH), ``marks[v]`` its marks."""
    vantage = np.concatenate([np.full(len(part), v) for v, part in enumerate(parts)]).astype(np.int64)
    raw = np.concatenate(parts) if parts else np.zeros((0, r.WIDTH), dtype=np.int64)
    cluster = np.arange(len(raw))
    if len(parts) > 1:
        for members in shared_keys(raw, vantage):
            join(raw, vantage, members, cluster)
    leaders, cluster = np.unique(cluster, return_inverse=True)
    order_in = np.argsort(cluster, kind="stable")
    merged, base = fuse(raw, vantage, cluster, order_in, len(leaders))
    sides = sides_seen(raw, vantage, cluster, merged, max(len(parts), 1))
    order = np.lexsort((merged[:, r.F_FRAME], merged[:, r.F_CAPTURE], merged[:, r.F_FIRST]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    starts = np.cumsum([0, *(len(part) for part in parts)])
    kept = []
    for v, some in enumerate(marks):
        for mark in some:
            line = int(cluster[starts[v] + mark.flow])
            if vantage[base[line]] == v:
                flipped = not same_ends(merged[line], raw[starts[v] + mark.flow])
                kept.append(mark._replace(flow=int(rank[line]), from_orig=mark.from_orig ^ bool(flipped)))
    kept.sort(key=lambda mark: (mark.time, mark.capture, mark.frame))
    return FlowTable(merged[order], sides[order], tuple(kept))


def sides_seen(
    raw: Integers, vantage: NDArray[np.int64], cluster: NDArray[np.int64], merged: Integers, vantages: int
) -> NDArray[np.uint8]:
    """Which sides of each merged flow every vantage saw: (clusters, vantages) as FlowTable has them."""
    ends = slice(r.F_PORT0, r.F_ADDR1 + 4)
    flipped = (raw[:, ends] != merged[cluster][:, ends]).any(axis=1)
    spoke = [raw[:, side(which, r.PKTS)] > 0 for which in (0, 1)]
    bits = np.where(flipped, spoke[1] * FROM_ORIG + spoke[0] * FROM_RESP, spoke[0] * FROM_ORIG + spoke[1] * FROM_RESP)
    sides = np.zeros((len(merged), vantages), dtype=np.uint8)
    np.bitwise_or.at(sides, (cluster, vantage), bits.astype(np.uint8))
    return sides


def shared_keys(raw: Integers, vantage: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The record numbers of each 5-tuple that more than one vantage saw."""
    one = np.column_stack([raw[:, r.F_ADDR0 : r.F_ADDR0 + 4], raw[:, r.F_PORT0]])
    two = np.column_stack([raw[:, r.F_ADDR1 : r.F_ADDR1 + 4], raw[:, r.F_PORT1]])
    icmp = np.isin(raw[:, r.F_PROTO], (net.ICMP, net.ICMP6))
    one[icmp, 4], two[icmp, 4] = -1, -1
    differing = one != two
    first = np.argmax(differing, axis=1)
    lines = np.arange(len(raw))
    swapped = (one[lines, first] > two[lines, first])[:, None]
    types = np.where(icmp, raw[:, r.F_PORT0] * 256 + raw[:, r.F_PORT1], 0)
    key = np.column_stack(
        [
            raw[:, r.F_PROTO],
            raw[:, r.F_VERSION],
            raw[:, r.F_MAC],
            types,
            np.where(swapped, two, one),
            np.where(swapped, one, two),
        ]
    )
    _, codes = np.unique(key, axis=0, return_inverse=True)
    codes = codes.reshape(-1)
    order = np.lexsort((raw[:, r.F_FIRST], codes))
    for members in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        if len(members) > 1 and len(set(vantage[members].tolist())) > 1:
            yield members


def join(raw: Integers, vantage: NDArray[np.int64], members: NDArray[np.int64], cluster: NDArray[np.int64]) -> None:
    """Give the records of one 5-tuple that are the same flow the same cluster number. ``members``: in time's order."""
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
    """Add the records without an initial sequence number to the group whose time they share, or to one of their own."""
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
            groups[free[0]].append(line)
        else:
            groups.append([line])
            ends.append(stops)
            own = len(groups) - 1


def first_number(line: Integers, guide: Integers) -> int:
    """The originator's initial sequence number where its SYN was seen, told apart by direction; -1 otherwise."""
    if line[r.F_PROTO] != net.TCP or line[r.F_SIDE + r.SYNS] <= 0:
        return -1
    return int(line[r.F_SIDE + r.ISN]) * 2 + int(same_ends(line, guide))


def fuse(
    raw: Integers, vantage: NDArray[np.int64], cluster: NDArray[np.int64], order: NDArray[np.int64], count: int
) -> tuple[Integers, NDArray[np.int64]]:
    """One record a cluster, and the number of the record that it was made on."""
    merged = np.empty((count, r.WIDTH), dtype=np.int64)
    base = np.empty(count, dtype=np.int64)
    sizes = np.bincount(cluster, minlength=count)
    ends = np.cumsum(sizes)
    alone = order[ends[sizes == 1] - 1]
    merged[sizes == 1] = raw[alone]
    base[sizes == 1] = alone
    for number in np.flatnonzero(sizes > 1).tolist():
        members = order[ends[number] - sizes[number] : ends[number]].tolist()
        merged[number], base[number] = fuse_one(raw, vantage, members)
    return merged, base


def fuse_one(raw: Integers, vantage: NDArray[np.int64], members: list[int]) -> tuple[Integers, int]:
    """The record of one flow that several vantages saw."""
    guide = min(members, key=lambda line: (raw[line, r.F_BASIS], raw[line, r.F_FIRST], raw[line, r.F_CAPTURE]))
    fitted = {line: raw[line] if same_ends(raw[line], raw[guide]) else turned(raw[[line]])[0] for line in members}
    sums: dict[int, Integers] = {}
    for line in members:
        sides = np.array(
            [fitted[line][side(which, slot)] for which in (0, 1) for slot in (r.PKTS, r.BYTES, r.IP_BYTES)]
        )
        sums[int(vantage[line])] = sums.get(int(vantage[line]), np.zeros(6, dtype=np.int64)) + sides
    base = min(members, key=lambda line: (-total(fitted[line]), raw[line, r.F_CAPTURE], raw[line, r.F_FRAME]))
    merged: Integers = fitted[base].copy()
    merged[r.F_BASIS] = raw[guide, r.F_BASIS]
    merged[r.F_FIRST] = min(raw[line, r.F_FIRST] for line in members)
    merged[r.F_LAST] = max(raw[line, r.F_LAST] for line in members)
    merged[r.F_TUNNEL] = np.bitwise_or.reduce(raw[members, r.F_TUNNEL])
    for which in (0, 1):
        most = max(sums.values(), key=lambda figures: tuple(figures[3 * which : 3 * which + 3].tolist()))
        for place, slot in enumerate((r.PKTS, r.BYTES, r.IP_BYTES)):
            merged[side(which, slot)] = most[3 * which + place]
    quoted = [line for line in members if raw[line, r.F_ERR_COUNT] > 0]
    if quoted:
        first = min(quoted, key=lambda line: (raw[line, r.F_ERR_TIME], raw[line, r.F_ERR_CAPTURE]))
        merged[r.F_ERR_TYPE : r.F_SIDE] = raw[first, r.F_ERR_TYPE : r.F_SIDE]
    return merged, base


def side(which: int, slot: int) -> int:
    return r.F_SIDE + which * r.SIDE_WIDTH + slot


def total(line: Integers) -> int:
    return int(line[side(0, r.PKTS)] + line[side(1, r.PKTS)])


def same_ends(one: Integers, two: Integers) -> bool:
    ends = slice(r.F_PORT0, r.F_ADDR1 + 4)
    return bool((one[ends] == two[ends]).all())
