"""Which client had an address at which time: a lease begins, is given back, or goes to another client.

Source: RFC 2131 (sections 3.1 and 4.4: ACK, RELEASE, DECLINE, and ``ciaddr`` of a client that uses its address).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from analyzer.columns import Integers
from analyzer.compliance.exchanges.dhcp import DhcpMessage, client_address
from analyzer.flows.hosts import Hosts
from analyzer.protocols.dhcp import (
    ACK,
    DECLINE,
    GIVE_BACK,
    NAK,
    NO_ADDRESS,
    RELEASE,
    REQUEST,
    address,
    computer_names,
    read_options,
)

NO_LESSEE = ""
NO_CHANGE = -1
REQUESTED_ADDRESS = 50
"""The option with the address that a client without ``ciaddr`` asks for or declines (RFC 2132, section 9.1)."""


class LeaseChange(NamedTuple):
    """From this time on a client has an address; NO_LESSEE: none has it."""

    time: int
    mac: str


def requested_address(message: DhcpMessage) -> str:
    """The address that option 50 names; NO_ADDRESS for none."""
    value = dict(read_options(message.mark.data)).get(REQUESTED_ADDRESS, b"")
    return address(int.from_bytes(value)) if len(value) == 4 else NO_ADDRESS


@dataclass
class _LeaseHistory:
    """What messages change, while they are read. ``changes``: of each address, None for one that was undone; the last
    one never is. ``requests``: of each exchange, the addresses that it asks for, each with the place of its change."""

    changes: dict[str, list[LeaseChange | None]] = field(default_factory=lambda: defaultdict(list))
    held: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    requests: dict[tuple[int, str], list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, message: DhcpMessage) -> None:
        time, bootp = message.mark.time, message.bootp
        mac, own, exchange = bootp.client_mac, client_address(bootp), (bootp.xid, bootp.client_mac)
        place = NO_CHANGE
        if own != NO_ADDRESS and (bootp.kind != RELEASE or own not in self.changes):
            place = len(self.changes[own])
            self.changes[own].append(LeaseChange(time, mac))
            self.held[mac].add(own)
        if bootp.request and bootp.kind == REQUEST:
            self.requests[exchange].append((own if own != NO_ADDRESS else requested_address(message), place))
        elif bootp.kind == ACK:
            self.requests.pop(exchange, None)
        elif bootp.kind == NAK:
            self._refuse(self.requests.pop(exchange, []), mac, time)
        elif bootp.kind in GIVE_BACK:
            named = own if own != NO_ADDRESS else requested_address(message)
            for given in sorted(self.held[mac]) if named == NO_ADDRESS else [named]:
                self._give_back(given, mac, time)

    def _refuse(self, requests: list[tuple[str, int]], mac: str, time: int) -> None:
        """Undo what requests changed that a NAK answered. A client that had the address before has it no more."""
        for own, place in requests:
            if place != NO_CHANGE:
                self.changes[own][place] = None
        for own in sorted({own for own, _ in requests}):
            while (changes := self.changes.get(own)) and changes[-1] is None:
                changes.pop()
            if not changes:
                self.changes.pop(own, None)
            self._give_back(own, mac, time)

    def _give_back(self, own: str, mac: str, time: int) -> None:
        """A client has the address no more, if it had it."""
        self.held[mac].discard(own)
        changes = self.changes.get(own)
        if changes and changes[-1] is not None and changes[-1].mac == mac:
            changes.append(LeaseChange(time, NO_LESSEE))


def named_leases(messages: Iterable[DhcpMessage]) -> Iterator[tuple[str, str, str]]:
    """(name, address, client) of each request with a computer's name: the address is that of the ACK to it, empty where
    none was captured. An address that the client declined is not its own."""
    held = tuple(messages)
    given: dict[tuple[int, str], set[str]] = defaultdict(set)
    declined = set()
    for _, bootp in held:
        if bootp.kind == ACK and not bootp.request and bootp.your_ip != NO_ADDRESS:
            given[bootp.xid, bootp.client_mac].add(bootp.your_ip)
        elif bootp.kind == DECLINE:
            declined.add((bootp.requested_ip, bootp.client_mac))
    for mark, bootp in held:
        if bootp.request and bootp.kind == REQUEST:
            own = given.get((bootp.xid, bootp.client_mac), set())
            kept = sorted(address for address in own if (address, bootp.client_mac) not in declined) or [""]
            for name in sorted(computer_names(mark.data)):
                yield from ((name, address, bootp.client_mac) for address in kept)


class Leases:
    """The clients that had addresses, by the DHCP messages that assign, use or give back an address."""

    def __init__(self, messages: Iterable[DhcpMessage]) -> None:
        history = _LeaseHistory()
        for message in messages:
            history.add(message)
        self._changes = {
            own: [change for change in changes if change is not None] for own, changes in history.changes.items()
        }

    def claims(self) -> Iterator[tuple[str, str]]:
        """Each address with each client that had it, in the order of time for one address."""
        for own, changes in self._changes.items():
            yield from ((own, change.mac) for change in changes if change.mac != NO_LESSEE)

    def periods(self, hosts: Hosts, codes: Integers, times: Integers) -> Integers:
        """Numbers that are the same for two times of one host only if ``at`` gives the same for both. ``codes``: the
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
        place = bisect_right(changes, time, key=lambda change: change.time)
        return changes[place - 1].mac if place else None
