"""Which client had an address at which time: a lease begins, is given back, or goes to another client.

Source: RFC 2131 (sections 3.1 and 4.4: ACK, RELEASE, DECLINE, and ``ciaddr`` of a client that uses its address).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from analyzer.columns import Integers
from analyzer.compliance.exchanges.dhcp import DhcpMessage
from analyzer.flows.hosts import Hosts
from analyzer.protocols.dhcp import ACK, GIVE_BACK, NAK, NO_ADDRESS, RELEASE, REQUEST

NO_LESSEE = ""


def address_of(message: DhcpMessage) -> str:
    """The address that a message assigns to its client, or that the client says it has; NO_ADDRESS for neither."""
    bootp = message.bootp
    return bootp.client_ip if bootp.request else bootp.your_ip if bootp.kind == ACK else NO_ADDRESS


class Leases:
    """The clients that had addresses, by the DHCP messages that assign, use or give back an address."""

    def __init__(self, messages: Iterable[DhcpMessage]) -> None:
        self._changes: dict[str, list[tuple[int, str]]] = defaultdict(list)
        held: dict[str, set[str]] = defaultdict(set)
        asked: dict[tuple[int, str], str] = {}
        for message in messages:
            mark, bootp = message
            if not bootp.request and bootp.kind == NAK:
                self._refuse(asked.pop((bootp.xid, bootp.client_mac), ""), bootp.client_mac)
            own = address_of(message)
            if bootp.request and bootp.kind == REQUEST:
                asked[bootp.xid, bootp.client_mac] = own
            if own != NO_ADDRESS and (bootp.kind != RELEASE or own not in self._changes):
                self._changes[own].append((mark.time, bootp.client_mac))
                held[bootp.client_mac].add(own)
            if bootp.kind in GIVE_BACK:
                for address in sorted(held.pop(bootp.client_mac, ())):
                    if self._changes[address][-1][1] == bootp.client_mac:
                        self._changes[address].append((mark.time, NO_LESSEE))

    def _refuse(self, address: str, mac: str) -> None:
        """Take back what a client claimed with a request that a NAK answered."""
        changes = self._changes.get(address, [])
        if changes and changes[-1][1] == mac:
            changes.pop()

    def periods(self, hosts: Hosts, codes: Integers, times: Integers) -> Integers:
        """Numbers that are the same for two times of one host only if ``at`` says the same of both. ``codes``: the
        host's number, one a time."""
        codes_of = [code for code, (address, _) in enumerate(hosts.names) if address in self._changes]
        changes = [(code, time) for code in codes_of for time, _ in self._changes[hosts.names[code][0]]]
        if not changes:
            return np.zeros(len(times), dtype=np.int64)
        changed, when = np.array(changes, dtype=np.int64).T
        is_time = np.arange(len(changes) + len(times)) >= len(changes)
        order = np.lexsort((is_time, np.concatenate([when, times]), np.concatenate([changed, codes])))
        so_far = np.empty(len(order), dtype=np.int64)
        so_far[order] = np.cumsum(~is_time[order])
        return so_far[len(changes) :]

    def at(self, address: str, time: int) -> str | None:
        """The MAC of the client that had an address at a time, NO_LESSEE if it had been given back; None if no message
        up to then names the address."""
        changes = self._changes.get(address, [])
        place = bisect_right(changes, time, key=lambda change: change[0])
        return changes[place - 1][1] if place else None
