"""What the profile says about every host of a capture: roles, cast, segment, machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from socket import inet_aton

import numpy as np

from analyzer import net
from analyzer.columns import Groups, Integers, Truths, group_rows, texts_of
from analyzer.compliance.identity.roles import CAST_NUMBER, ROLE_BIT, role_mask
from analyzer.flows import record as r
from analyzer.flows.table import FlowTable, Hosts
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.site import Site
from analyzer.values import Cast, Role

OTHER_GROUPS = {"239.255.255.250": "SSDP and WS-Discovery", "239.255.255.253": "SLP", "239.255.255.251": "SLP"}
"""Multicast groups that IANA assigned to other services, although they lie in the site-local range."""

TURNS = tuple(
    int.from_bytes(inet_aton(address))
    for address in ("0.0.0.1", "224.0.0.0", "224.0.1.0", "240.0.0.0", "255.255.255.255")
) + tuple(int.from_bytes(inet_aton(address)) + more for address in OTHER_GROUPS for more in (0, 1))
"""The IPv4 addresses at which what an address is changes, whatever the profile."""


@dataclass(frozen=True)
class HostFacts:
    """One line a host: ``roles`` (mask), ``cast`` (number), ``segment`` whose directed broadcast it is (number, -1
    for none), ``group`` (multicast that another service owns), ``relay``, ``link`` (link-local multicast),
    ``maybe_broadcast`` (by its last bits it may be a segment's broadcast address), ``placed`` (in a segment of the
    profile), ``machine`` (its name). ``holders``: address -> MAC, where the captures show whose it is."""

    roles: Integers
    cast: Integers
    segment: Integers
    group: Truths
    relay: Truths
    link: Truths
    maybe_broadcast: Truths
    placed: Truths
    machine: tuple[str, ...]
    holders: Mapping[str, str]
    kinds: Groups

    @cached_property
    def homes(self) -> dict[str, str]:
        """MAC -> the address that the captures show it at, the last of several."""
        return {mac: address for address, mac in self.holders.items() if address != NO_ADDRESS}


def host_facts(names: Sequence[tuple[str, str]], site: Site, holders: Mapping[str, str] | None = None) -> HostFacts:
    """What the profile says of every host.

    ``names``: (address, MAC) as in flows.table.Hosts; ``holders``: address -> MAC, where the captures show whose it is.
    """
    holders = holders or {}
    first, kind = kinds_of_hosts(names, site, holders)
    count = len(first)
    roles, cast = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    segment = np.full(count, -1, dtype=np.int64)
    group, relay, link, maybe, placed = (np.zeros(count, dtype=bool) for _ in range(5))
    numbers = segment_numbers(site)
    machines = []
    for number, (address, own_mac) in enumerate(names[host] for host in first.tolist()):
        mac = own_mac or holders.get(address, "")
        to, broadcast = cast_of(address, site)
        cast[number] = CAST_NUMBER[to]
        unicast = to is Cast.UNICAST
        roles[number] = role_mask(site.roles(address, mac)) if unicast else ROLE_BIT[Role.OTHER]
        if broadcast is not None:
            segment[number] = numbers[broadcast]
        group[number] = address in OTHER_GROUPS
        relay[number] = address in site.relays
        maybe[number] = may_be_broadcast(address) and site.machine(address) is None
        placed[number] = site.segment(address) is not None
        link[number] = to is Cast.MULTICAST and net.is_link_multicast(address)
        machine = site.machine(address, mac) if unicast else None
        machines.append(machine.name if machine else "")
    return HostFacts(
        *(roles[kind], cast[kind], segment[kind]),
        *(group[kind], relay[kind], link[kind], maybe[kind], placed[kind]),
        machine=tuple(texts_of(machines, kind).tolist()),
        holders=holders,
        kinds=Groups(first, kind),
    )


def kinds_of_hosts(names: Sequence[tuple[str, str]], site: Site, holders: Mapping[str, str]) -> Groups:
    """Hosts of which the profile says the same: a scan meets a hundred thousand that it does not know."""
    four = b"".join(inet_aton(address) if ":" not in address else b"\0\0\0\0" for address, _ in names)
    number = np.frombuffer(four, dtype=">u4").astype(np.int64)
    own = np.array([":" in address or bool(mac or holders.get(address)) for address, mac in names], dtype=bool)
    turns = np.unique([*site.turns, *TURNS])
    place = np.searchsorted(turns, number, side="right")
    return group_rows([np.where(own, np.arange(len(names)), -1), np.where(own, 0, place), ~own & (number & 3 == 3)])


def may_be_broadcast(address: str) -> bool:
    """Whether an IPv4 address is the last one of some network of four addresses or more: no prefix is assumed."""
    return ":" not in address and int(address.rpartition(".")[2]) & 3 == 3


def segment_numbers(site: Site) -> dict[str, int]:
    """The profile's segments by name."""
    return {part.name: number for number, part in enumerate(site.profile.segments)}


def server_segments(site: Site) -> tuple[int, ...]:
    numbers = segment_numbers(site)
    return tuple(sorted(numbers[part.name] for part in site.server_segments))


def cast_of(address: str, site: Site) -> tuple[Cast, str | None]:
    """How an address addresses, and the segment's name where it is a directed broadcast of the profile's segments."""
    if address == "255.255.255.255":
        return Cast.LIMITED_BROADCAST, None
    if net.is_multicast(address):
        return Cast.MULTICAST, None
    segment = site.directed_broadcast(address)
    return (Cast.DIRECTED_BROADCAST, segment.name) if segment else (Cast.UNICAST, None)


def inside_one_host(hosts: Hosts) -> Truths:
    """One value a flow: whether both its ends are loopback addresses (RFC 1122, RFC 4291)."""
    loop = np.array([address.startswith("127.") or address == "::1" for address, _ in hosts.names], dtype=bool)
    return np.asarray(loop[hosts.orig] & loop[hosts.resp])


def spoke(table: FlowTable, hosts: Hosts) -> Truths:
    """One value a host: whether it sent anything."""
    found = np.zeros(len(hosts.names), dtype=bool)
    found[hosts.orig[table.orig(r.PKTS) > 0]] = True
    found[hosts.resp[table.resp(r.PKTS) > 0]] = True
    return found
