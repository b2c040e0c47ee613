"""The hosts that sent unicast frames at one vantage, and what they show about where the capture was taken."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analyzer.columns import Integers, Truths, group_rows
from analyzer.flows.hosts import address_texts
from analyzer.flows.kernel import record as r

FIRST_TTLS = (32, 64, 128, 255)
"""The times to live that systems send packets with; any other one was reduced by a router."""

IP_VERSION, ADDRESS, TTL, MAC, WIDTH = 0, 1, 5, 6, 7
"""The columns of ``Senders.rows``; the address takes four."""


@dataclass(frozen=True, eq=False)
class Senders:
    """``rows``: (senders, WIDTH), each different (address, time to live, MAC) that sent unicast, sorted.

    ``macs_in_all_frames``: the MACs that every unicast frame has, -1 where the link layer has none. One MAC: the
    capture was taken at one interface. Two: only one pair of hosts sent. None: there are frames between other hosts, so
    the capture was taken at a tap or a mirror port.
    """

    rows: Integers
    macs_in_all_frames: frozenset[int]

    @cached_property
    def addresses(self) -> frozenset[str]:
        """The addresses that sent unicast."""
        return frozenset(self._distinct_addresses[0])

    @cached_property
    def local_addresses(self) -> frozenset[str]:
        """The addresses whose packets came through no router."""
        return self._addresses_of(self._is_local)

    @cached_property
    def interface_addresses(self) -> frozenset[str]:
        """The local addresses that sent from a MAC that is in all frames."""
        return self._addresses_of(self._is_local & self._is_in_all_frames)

    @property
    def macs(self) -> list[tuple[str, int, bool]]:
        """(address, MAC, whether the packets came through no router) of each row; -1 where there is no MAC."""
        texts, codes = self._distinct_addresses
        columns = codes.tolist(), self.rows[:, MAC].tolist(), self._is_local.tolist()
        return [(texts[code], mac, local) for code, mac, local in zip(*columns, strict=True)]

    @property
    def interface_forwards(self) -> bool:
        """Whether a MAC that is in all frames also sent packets of hosts behind a router."""
        return bool((self._is_in_all_frames & ~self._is_local).any())

    @cached_property
    def _distinct_addresses(self) -> tuple[list[str], Integers]:
        """The distinct addresses, and for each row the number of its address."""
        first, codes = group_rows([self.rows[:, column] for column in range(TTL)])
        distinct = self.rows[first]
        return address_texts(distinct[:, IP_VERSION], [distinct[:, ADDRESS + word] for word in range(4)]), codes

    def _addresses_of(self, chosen: Truths) -> frozenset[str]:
        """The addresses of the rows that are ``chosen``."""
        texts, codes = self._distinct_addresses
        return frozenset(texts[code] for code in np.unique(codes[chosen]).tolist())

    @property
    def _is_local(self) -> Truths:
        return np.isin(self.rows[:, TTL], FIRST_TTLS)

    @property
    def _is_in_all_frames(self) -> Truths:
        return np.isin(self.rows[:, MAC], [mac for mac in self.macs_in_all_frames if mac >= 0])


def hops_of(ttl: Integers) -> Integers:
    """How many routers reduced each time to live, if its system began with the next of FIRST_TTLS."""
    first = np.array(FIRST_TTLS)
    return np.asarray(first[np.searchsorted(first, np.clip(ttl, 0, FIRST_TTLS[-1]))] - ttl)


def find_senders(records: Integers) -> Senders:
    """The senders of one vantage, from its flow records of shape (flows, record.WIDTH)."""
    unicast = np.flatnonzero(~is_to_group(records))  # numbers of records: a copy of all of them would be large
    mac_slots = [r.side_slot(which, r.S_MAC) for which in (0, 1)]
    macs = np.sort(records[unicast[:, None], mac_slots], axis=1)
    pairs = distinct_rows(macs).tolist()
    in_all = frozenset.intersection(*(frozenset(pair) for pair in pairs)) if pairs else frozenset()
    rows = []
    for which, address in ((0, r.F_ADDR0), (1, r.F_ADDR1)):
        sent = unicast[records[unicast, r.side_slot(which, r.S_PKTS)] > 0]
        own = r.side_slot(which, r.S_TTL), r.side_slot(which, r.S_MAC)
        rows.append(records[sent[:, None], [r.F_VERSION, *range(address, address + 4), *own]])
    return Senders(distinct_rows(np.concatenate(rows)), in_all)


def distinct_rows(rows: Integers) -> Integers:
    """The different rows, sorted. Sorting by columns takes a tenth of the time of ``numpy.unique``."""
    rows = rows[np.lexsort(rows.T[::-1])]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return np.asarray(rows[first])


def is_to_group(records: Integers) -> Truths:
    """Which flows go to a broadcast or multicast address, of IP or of the frame."""
    last, first = records[:, r.F_ADDR1 + 3], records[:, r.F_ADDR1]
    mac = records[:, r.side_slot(1, r.S_MAC)]
    four, six = records[:, r.F_VERSION] == 4, records[:, r.F_VERSION] == 6
    by_address = four & ((last == 0xFFFFFFFF) | (last >> 28 == 14)) | six & (first >> 24 == 0xFF)
    return np.asarray(by_address | (mac >= 0) & (mac >> 40 & 1 == 1))
