"""Flows with originator and responder exchanged."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Integers
from analyzer.flows.kernel import record as r
from analyzer.flows.table import FROM_ORIG, FROM_RESP, FlowTable


def reverse_flows(table: FlowTable, flows: Integers, by_rule: Integers, by_service: Integers) -> FlowTable:
    """The table with originator and responder of ``flows`` exchanged. ``by_rule``, ``by_service``: those of them whose
    direction a rule, or the port of a service, decides; their direction basis becomes that. Lines keep their numbers.
    """
    sides = table.sides.copy()
    sides[flows] = reversed_sides(sides[flows])
    basis = np.asarray(table.direction_basis).copy()
    basis[by_rule], basis[by_service] = r.BASIS_RULE, r.BASIS_SERVICE
    records = table.records.with_lines(flows, reversed_records).with_columns({r.F_BASIS: basis})
    is_reversed = np.zeros(len(records), dtype=bool)
    is_reversed[flows] = True
    marks = table.marks.moved(table.marks.flow, is_reversed[table.marks.flow])
    return replace(table, records=records, sides=sides, marks=marks)


def same_originator(one: Integers, two: Integers) -> bool:
    """Whether two records of one flow have the same originator."""
    return bool((one[r.END_SLOTS] == two[r.END_SLOTS]).all())


def reversed_sides(sides: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """FlowTable's ``sides`` of flows whose originator and responder are exchanged."""
    return np.asarray(((sides & FROM_ORIG) << 1) | ((sides & FROM_RESP) >> 1), dtype=np.uint8)


def reversed_records(records: Integers) -> Integers:
    """The records with originator and responder exchanged, and the flip noted in their histories."""
    result = records.copy()
    addresses = slice(r.F_ADDR0, r.F_ADDR0 + 4), slice(r.F_ADDR1, r.F_ADDR1 + 4)
    blocks = slice(r.F_SIDE, r.F_SIDE + r.SIDE_WIDTH), slice(r.F_SIDE + r.SIDE_WIDTH, r.WIDTH)
    ports = slice(r.F_PORT0, r.F_PORT0 + 1), slice(r.F_PORT1, r.F_PORT1 + 1)
    icmp = np.isin(records[:, r.F_PROTO], (net.ICMP, net.ICMP6))
    for one, two in (addresses, blocks, ports):
        result[:, one], result[:, two] = records[:, two], records[:, one]
    # ICMP's type and code are no ports of a side.
    result[icmp, r.F_PORT0], result[icmp, r.F_PORT1] = records[icmp, r.F_PORT0], records[icmp, r.F_PORT1]
    for place in range(r.MOST_LETTERS):
        word, shift = r.F_HISTORY + place // 12, 5 * (place % 12)
        code = (records[:, word] >> shift) & 31
        other = np.where(code < r.RESPONDER_LETTER, code + r.RESPONDER_LETTER, code - r.RESPONDER_LETTER)
        is_letter = (place < records[:, r.F_LETTERS]) & (code != r.FLIP)
        result[:, word] ^= np.where(is_letter, code ^ other, 0) << shift
    has_room = ~icmp & (result[:, r.F_LETTERS] < r.MOST_LETTERS)
    end = result[:, r.F_LETTERS]
    for word in range(3):
        here = has_room & (end // 12 == word)
        result[here, r.F_HISTORY + word] |= r.FLIP << (5 * (end[here] % 12))
    result[has_room, r.F_LETTERS] += 1
    return result
