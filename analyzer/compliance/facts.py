"""What the rows of a table ask of flows, as columns: addresses become roles, casts and segments of the profile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from socket import inet_aton
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.dhcp import NO_ADDRESS
from analyzer.compliance.magic import Magic
from analyzer.flows import record as r
from analyzer.flows.alike import Alike, alike
from analyzer.flows.table import FlowTable, Hosts, Mark, texts_of
from analyzer.site import Site
from analyzer.values import Cast, Role

Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]
Words = NDArray[np.object_]

ROLES = tuple(Role)
CASTS = tuple(Cast)
ROLE_BIT = {role: 1 << number for number, role in enumerate(ROLES)}
CAST_NUMBER = {cast: number for number, cast in enumerate(CASTS)}
DPM_ROLES = sum(bit for role, bit in ROLE_BIT.items() if role is not Role.OTHER)

OTHER_GROUPS = {"239.255.255.250": "SSDP and WS-Discovery", "239.255.255.253": "SLP", "239.255.255.251": "SLP"}
"""Multicast groups that IANA assigned to other services, although they lie in the site-local range."""

TURNS = tuple(
    int.from_bytes(inet_aton(address))
    for address in ("0.0.0.1", "224.0.0.0", "224.0.1.0", "240.0.0.0", "255.255.255.255")
) + tuple(int.from_bytes(inet_aton(address)) + more for address in OTHER_GROUPS for more in (0, 1))
"""The IPv4 addresses at which what an address is changes, whatever the profile."""

BROADCAST_MAC = (1 << 48) - 1


def role_mask(roles: Sequence[Role] | frozenset[Role]) -> int:
    return sum(ROLE_BIT[role] for role in set(roles))


def roles_in(mask: int) -> list[Role]:
    """The roles of a mask, in the order of the vocabulary."""
    return [role for role in ROLES if mask & ROLE_BIT[role]]


class Carried(NamedTuple):
    """What was read inside flows. ``woken``: flow -> the MAC that it wakes; ``applications``: flow -> what dissection
    recognised in it."""

    woken: Mapping[int, str]
    applications: Mapping[int, str]


CARRIED_NOTHING = Carried({}, {})


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
    kinds: Alike

    @cached_property
    def homes(self) -> dict[str, str]:
        """MAC -> the address that the captures show it at, the last of several."""
        return {mac: address for address, mac in self.holders.items() if address != NO_ADDRESS}


@dataclass(frozen=True)
class Facts:
    """One value a flow. ``orig_roles`` and ``resp_roles`` are masks, ``cast`` a number, ``broadcast_segment`` as in
    HostFacts, ``woken_segment`` that of the machine that a magic packet names (-1: not known).

    ``application``: what dissection recognised, "" for nothing. ``maybe_broadcast``: the responder lies in no segment
    of the profile and may be one's broadcast address. ``inside``: both ends are loopback addresses.
    ``server_segments``: numbers of the DPM Server's own segments.
    """

    proto: Integers
    orig_p: Integers
    resp_p: Integers
    orig_roles: Integers
    resp_roles: Integers
    orig_relay: Truths
    cast: Integers
    broadcast_segment: Integers
    woken_segment: Integers
    other_group: Truths
    link_group: Truths
    maybe_broadcast: Truths
    inside: Truths
    application: Words
    server_segments: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.proto)

    @cached_property
    def recognised(self) -> Truths:
        """Whether dissection recognised anything."""
        return np.asarray(self.application != "", dtype=bool)


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
        kinds=Alike(first, kind),
    )


def kinds_of_hosts(names: Sequence[tuple[str, str]], site: Site, holders: Mapping[str, str]) -> Alike:
    """Hosts of which the profile says the same: a scan meets a hundred thousand that it does not know."""
    four = b"".join(inet_aton(address) if ":" not in address else b"\0\0\0\0" for address, _ in names)
    number = np.frombuffer(four, dtype=">u4").astype(np.int64)
    own = np.array([":" in address or bool(mac or holders.get(address)) for address, mac in names], dtype=bool)
    turns = np.unique([*site.turns, *TURNS])
    place = np.searchsorted(turns, number, side="right")
    return alike([np.where(own, np.arange(len(names)), -1), np.where(own, 0, place), ~own & (number & 3 == 3)])


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


def flow_facts(
    table: FlowTable,
    hosts: Hosts,
    known: HostFacts,
    site: Site,
    carried: Carried = CARRIED_NOTHING,
) -> Facts:
    """The facts of every flow, its ends told by their addresses alone."""
    application = np.full(len(table), "", dtype=object)
    for flow, word in carried.applications.items():
        application[flow] = word
    woken_segment = np.full(len(table), -1, dtype=np.int64)
    for flow, target in carried.woken.items():
        woken_segment[flow] = segment_of_machine(target, site, known.homes)
    heard = table.resp(r.S_MAC) == BROADCAST_MAC
    cast = known.cast[hosts.resp]
    # A frame to everybody on the link that carries no limited broadcast is a directed one, unless the profile knows the
    # address for one host's.
    unknown = heard & (cast == CAST_NUMBER[Cast.UNICAST]) & ~known.placed[hosts.resp]
    cast = np.where(unknown, CAST_NUMBER[Cast.DIRECTED_BROADCAST], cast)
    return Facts(
        proto=table.column(r.F_PROTO),
        orig_p=table.column(r.F_PORT0),
        resp_p=table.column(r.F_PORT1),
        orig_roles=known.roles[hosts.orig],
        resp_roles=known.roles[hosts.resp],
        orig_relay=known.relay[hosts.orig],
        cast=cast,
        broadcast_segment=known.segment[hosts.resp],
        woken_segment=woken_segment,
        other_group=known.group[hosts.resp],
        link_group=known.link[hosts.resp],
        maybe_broadcast=(known.maybe_broadcast & ~known.placed & ~spoke(table, hosts))[hosts.resp],
        inside=inside_one_host(hosts),
        application=application,
        server_segments=server_segments(site),
    )


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


def woken_targets(magics: Iterable[tuple[Mark, Magic]], hosts: Hosts, known: HostFacts, site: Site) -> dict[int, str]:
    """Flow -> the MAC that its magic packets wake; where they name several, one that the flow's own address does not
    reach, else the first."""
    found: dict[int, str] = {}
    for mark, magic in magics:
        if not magic.named:
            continue
        aimed = int(known.segment[hosts.resp[mark.flow]])
        reached = (-1, aimed) if aimed >= 0 else (-1, *server_segments(site))
        if mark.flow not in found or segment_of_machine(magic.target, site, known.homes) not in reached:
            found[mark.flow] = magic.target
    return found


def segment_of_machine(mac: str, site: Site, homes: Mapping[str, str]) -> int:
    """The number of the segment that the machine of that MAC lives in, by the profile or else by the address that the
    captures show it at; -1 where neither says."""
    machine = site.machine(NO_ADDRESS, mac)
    if machine is None:
        return -1
    segment = site.segment(machine.address or homes.get(mac, NO_ADDRESS))
    return segment_numbers(site)[segment.name] if segment else -1
