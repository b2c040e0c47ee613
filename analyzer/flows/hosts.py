"""The distinct hosts at the ends of flows."""

from collections.abc import Sequence
from dataclasses import dataclass
from socket import inet_ntoa

import numpy as np

from analyzer import net
from analyzer.columns import Integers, group_rows
from analyzer.flows.kernel import record as r
from analyzer.flows.packed import PackedLines, narrow_column


@dataclass(frozen=True)
class Hosts:
    """The distinct ends of a table's flows: ``names[code]`` is (address, MAC where only that distinguishes hosts).

    ``orig``, ``resp``: (flows,) the code of each flow's originator and responder.
    """

    names: tuple[tuple[str, str], ...]
    orig: Integers
    resp: Integers

    def names_of(self, flow: int) -> tuple[int, int]:
        """The codes of a flow's two ends."""
        return int(self.orig[flow]), int(self.resp[flow])


def distinct_hosts(records: PackedLines) -> Hosts:
    """The hosts of records of shape (flows, record.WIDTH).

    A host without an address of its own (0.0.0.0, ::, link-local) is identified by its MAC too.
    """
    ends = []
    version = records.column(r.F_VERSION)
    for which, address in ((0, r.F_ADDR0), (1, r.F_ADDR1)):
        words = [records.column(address + word) for word in range(4)]
        local = (version == 6) & (words[0] >> 22 == 0xFE80 >> 6)
        needs_mac = local | ((words[0] | words[1] | words[2] | words[3]) == 0)
        macs = records.column(r.side_slot(which, r.S_MAC))
        ends.append([version, *words, np.where(needs_mac, macs, -1)])
    keys = [np.concatenate(both) for both in zip(*ends, strict=True)]
    first, codes = group_rows(keys)
    versions, *words, mac = (key[first] for key in keys)
    macs_of_hosts = map(net.mac_text, mac.tolist())
    orig, resp = (narrow_column(part) for part in np.split(codes, 2))
    return Hosts(tuple(zip(address_texts(versions, words), macs_of_hosts, strict=True)), orig, resp)


def address_texts(version: Integers, words: Sequence[Integers]) -> list[str]:
    """``net.address_text`` of many addresses. ``version``: (addresses,); ``words``: their four 32-bit words, a column
    each."""
    octets = words[3].astype(">u4").tobytes()
    texts = [inet_ntoa(octets[at : at + 4]) for at in range(0, len(octets), 4)]
    for number in np.flatnonzero(version != 4).tolist():
        one, two, three, four = (int(word[number]) for word in words)
        texts[number] = net.address_text(int(version[number]), (one, two, three, four))
    return texts
