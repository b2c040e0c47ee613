"""The flow table: every flow of a run as one line of integers, and the words that its columns stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from socket import inet_ntoa
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Integers, group_rows
from analyzer.flows import record as r
from analyzer.flows.conn_state import datagram_conn_state, tcp_conn_state

FROM_ORIG, FROM_RESP = 1, 2


class Mark(NamedTuple):
    """A frame that a later stage looks into: ``payload`` is where its transport payload begins in ``octets``."""

    flow: int
    frame: int
    time: int
    capture: int
    from_orig: bool
    payload: int
    length: int
    octets: bytes
    link: int
    original: int

    @property
    def data(self) -> bytes:
        """The payload as far as it was captured, without padding of the link layer."""
        return self.octets[self.payload : self.payload + self.length]


@dataclass(frozen=True)
class FlowTable:
    """``raw``: (flows, record.WIDTH); ``sides``: (flows, vantages), which sides of the flow the vantage saw, as bits
    (FROM_ORIG, FROM_RESP); 0 where it did not see the flow.

    Sorted by first time, then capture and frame; ``marks`` are in the order of their times. ``places[v]``: (flows of
    vantage v,), the line of this table that each of its flows went into, -1 where it went into none.
    """

    raw: Integers
    sides: NDArray[np.uint8]
    marks: tuple[Mark, ...] = ()
    places: tuple[Integers, ...] = ()

    def __len__(self) -> int:
        return len(self.raw)

    @cached_property
    def hosts(self) -> "Hosts":
        """The ends of the flows."""
        return find_hosts(self)

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """(flows, vantages): whether the vantage saw the flow."""
        return np.asarray(self.sides > 0)

    def column(self, slot: int) -> Integers:
        """One value a flow; ``slot`` is one of record's F_ names."""
        return self.raw[:, slot]

    def marks_of(self, flow: int) -> list[Mark]:
        """The marked frames of one flow, in the order of their times."""
        return self._marks_by_flow.get(flow, [])

    @cached_property
    def _marks_by_flow(self) -> dict[int, list[Mark]]:
        by_flow: dict[int, list[Mark]] = {}
        for mark in self.marks:
            by_flow.setdefault(mark.flow, []).append(mark)
        return by_flow

    def orig(self, slot: int) -> Integers:
        """One value a flow, of the originator's side."""
        return self.raw[:, r.F_SIDE + slot]

    def resp(self, slot: int) -> Integers:
        """One value a flow, of the responder's side."""
        return self.raw[:, r.F_SIDE + r.SIDE_WIDTH + slot]


@dataclass(frozen=True)
class Hosts:
    """The distinct ends of a table's flows: ``names[code]`` is (address, MAC where only that tells hosts apart)."""

    names: tuple[tuple[str, str], ...]
    orig: Integers
    resp: Integers

    def names_of(self, flow: int) -> tuple[int, int]:
        """The numbers of a flow's two ends."""
        return int(self.orig[flow]), int(self.resp[flow])


def hosts_of(table: FlowTable) -> Hosts:
    """Every end of every flow, by number. A host without an address of its own (0.0.0.0, ::, link-local) is told by
    its MAC."""
    return table.hosts


def find_hosts(table: FlowTable) -> Hosts:
    ends = []
    for at, macs in ((r.F_ADDR0, table.orig(r.S_MAC)), (r.F_ADDR1, table.resp(r.S_MAC))):
        words = [table.column(at + place) for place in range(4)]
        local = (table.column(r.F_VERSION) == 6) & (words[0] >> 22 == 0xFE80 >> 6)
        told_by_mac = local | ((words[0] | words[1] | words[2] | words[3]) == 0)
        ends.append([table.column(r.F_VERSION), *words, np.where(told_by_mac, macs, -1)])
    keys = [np.concatenate(both) for both in zip(*ends, strict=True)]
    first, codes = group_rows(keys)
    version, *words, mac = (key[first] for key in keys)
    own = map(net.mac_text, mac.tolist())
    return Hosts(tuple(zip(address_texts(version, words), own, strict=True)), codes[: len(table)], codes[len(table) :])


def address_texts(version: Integers, words: Sequence[Integers]) -> list[str]:
    """``net.address_text`` of addresses of which each has a place in four columns of 32-bit words."""
    octets = words[3].astype(">u4").tobytes()
    texts = [inet_ntoa(octets[at : at + 4]) for at in range(0, len(octets), 4)]
    for place in np.flatnonzero(version != 4).tolist():
        one, two, three, four = (int(word[place]) for word in words)
        texts[place] = net.address_text(int(version[place]), (one, two, three, four))
    return texts


def history_text(line: Any) -> str:
    """Zeek's history of one record: the originator's letters upper case, the responder's lower, ``^`` a flip."""
    letters = []
    for place in range(line[r.F_LETTERS]):
        code = (int(line[r.F_HISTORY + place // 12]) >> (5 * (place % 12))) & 31
        if code == r.FLIP:
            letters.append("^")
        elif code >= r.RESPONDER_LETTER:
            letters.append(r.LETTERS[code - r.RESPONDER_LETTER].lower())
        else:
            letters.append(r.LETTERS[code])
    return "".join(letters)


def histories(table: FlowTable) -> list[str]:
    """The history of every flow."""
    first, kind = group_rows([table.column(r.F_LETTERS), *(table.column(r.F_HISTORY + place) for place in range(3))])
    told = [history_text(table.raw[line]) for line in first.tolist()]
    return [told[number] for number in kind.tolist()]


def conn_states(table: FlowTable) -> list[str]:
    """Zeek's conn_state of every flow; OTH for what is neither TCP nor UDP."""
    syn, rst = 1, 1 << 5
    keys = [
        table.column(r.F_PROTO),
        table.orig(r.STATE),
        table.resp(r.STATE),
        (table.orig(r.BYTES) > 0) | (table.resp(r.BYTES) > 0),
        (table.orig(r.SEEN) & ~(1 << 2)) == syn | rst,
        table.orig(r.PKTS) > 0,
        table.resp(r.PKTS) > 0,
    ]
    first, kind = group_rows(keys)
    texts = []
    for proto, orig, resp, payload, syn_then_rst, orig_spoke, resp_spoke in zip(
        *(key[first].tolist() for key in keys), strict=True
    ):
        if proto == net.TCP:
            texts.append(tcp_conn_state(orig, resp, payload=payload, syn_then_rst=syn_then_rst))
        else:
            texts.append(datagram_conn_state(orig_spoke, resp_spoke) if proto == net.UDP else "OTH")
    return [texts[number] for number in kind.tolist()]


def side(which: int, slot: int) -> int:
    """The place of a slot of a side's block in a record; ``which``: 0 for the originator's."""
    return r.F_SIDE + which * r.SIDE_WIDTH + slot


def same_ends(one: Integers, two: Integers) -> bool:
    """Whether two records of one flow have the same originator."""
    return bool((one[r.ENDS] == two[r.ENDS]).all())


def turned_sides(sides: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What vantages saw of flows whose originator and responder are exchanged."""
    return np.asarray(((sides & FROM_ORIG) << 1) | ((sides & FROM_RESP) >> 1), dtype=np.uint8)


def turned(raw: Integers) -> Integers:
    """The records with originator and responder exchanged, and the flip noted in their histories."""
    result = raw.copy()
    ends = slice(r.F_ADDR0, r.F_ADDR0 + 4), slice(r.F_ADDR1, r.F_ADDR1 + 4)
    sides = slice(r.F_SIDE, r.F_SIDE + r.SIDE_WIDTH), slice(r.F_SIDE + r.SIDE_WIDTH, r.WIDTH)
    ports = slice(r.F_PORT0, r.F_PORT0 + 1), slice(r.F_PORT1, r.F_PORT1 + 1)
    icmp = np.isin(raw[:, r.F_PROTO], (net.ICMP, net.ICMP6))
    for one, two in (ends, sides, ports):
        result[:, one], result[:, two] = raw[:, two], raw[:, one]
    result[icmp, r.F_PORT0], result[icmp, r.F_PORT1] = raw[icmp, r.F_PORT0], raw[icmp, r.F_PORT1]
    for letter_place in range(r.MOST_LETTERS):
        word, shift = r.F_HISTORY + letter_place // 12, 5 * (letter_place % 12)
        code = (raw[:, word] >> shift) & 31
        other = np.where(code < r.RESPONDER_LETTER, code + r.RESPONDER_LETTER, code - r.RESPONDER_LETTER)
        letter = (letter_place < raw[:, r.F_LETTERS]) & (code != r.FLIP)
        result[:, word] ^= np.where(letter, code ^ other, 0) << shift
    room = ~icmp & (result[:, r.F_LETTERS] < r.MOST_LETTERS)
    place = result[:, r.F_LETTERS]
    for word in range(3):
        here = room & (place // 12 == word)
        result[here, r.F_HISTORY + word] |= r.FLIP << (5 * (place[here] % 12))
    result[room, r.F_LETTERS] += 1
    return result
