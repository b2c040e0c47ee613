"""What the profile says about every host of a capture: roles, cast, segment, machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from socket import inet_aton

import numpy as np

from analyzer import net
from analyzer.columns import Groups, Integers, Truths, group_rows, texts_of
from analyzer.compliance.identity.roles import CAST_NUMBER, ROLE_BIT, role_mask
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FlowTable
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.site import Site
from analyzer.values import Cast, Role

OTHER_GROUPS = {
    "239.255.255.250": "SSDP and WS-Discovery", "239.255.255.253": "SLP", "239.255.255.251": "SLP",
    "224.0.0.1": "all hosts", "224.0.0.2": "all routers", "224.0.0.4": "DVMRP", "224.0.0.5": "OSPF",
    "224.0.0.6": "OSPF", "224.0.0.9": "RIP", "224.0.0.10": "EIGRP", "224.0.0.12": "DHCP", "224.0.0.13": "PIM",
    "224.0.0.14": "RSVP", "224.0.0.18": "VRRP", "224.0.0.22": "IGMP", "224.0.0.102": "HSRP", "224.0.0.107": "PTP",
    "224.0.0.251": "mDNS", "224.0.0.252": "LLMNR", "224.0.0.253": "Teredo",
    "ff02::1": "all hosts", "ff02::2": "all routers", "ff02::5": "OSPF", "ff02::6": "OSPF", "ff02::9": "RIP",
    "ff02::a": "EIGRP", "ff02::c": "SSDP and WS-Discovery", "ff02::d": "PIM", "ff02::12": "VRRP", "ff02::16": "MLD",
    "ff02::6b": "PTP", "ff02::fb": "mDNS", "ff02::1:2": "DHCPv6", "ff02::1:3": "LLMNR", "ff02::1:6": "Babel",
}  # fmt: skip
"""Multicast groups that IANA assigned to other services: those of one link, and some of the site-local range."""

FIXED_BOUNDARIES = tuple(
    int.from_bytes(inet_aton(address))
    for address in ("0.0.0.1", "224.0.0.0", "224.0.1.0", "240.0.0.0", "255.255.255.255")
) + tuple(
    int.from_bytes(inet_aton(address)) + more for address in OTHER_GROUPS if ":" not in address for more in (0, 1)
)
"""IPv4 addresses where a new kind of address begins, with any profile."""


@dataclass(frozen=True)
class HostFacts:
    """What the profile says about the hosts; one value a host.

    ``roles``: a mask. ``cast``: a number of roles.CAST_NUMBER. ``broadcast_segment``: the number of the segment that
    has this address as directed broadcast, -1 for none. ``other_group``: a multicast group of another service.
    ``relay``: a DHCP relay. ``link_group``: link-local multicast. ``maybe_broadcast``: its last bits may be those of a
    broadcast address. ``in_segment``: it is in a segment of the profile. ``machine``: the machine's name, or nothing.
    ``mac_by_address``: address -> MAC, where the captures show it. ``groups``: hosts that have equal values.
    """

    roles: Integers
    cast: Integers
    broadcast_segment: Integers
    other_group: Truths
    relay: Truths
    link_group: Truths
    maybe_broadcast: Truths
    in_segment: Truths
    machine: tuple[str, ...]
    mac_by_address: Mapping[str, str]
    groups: Groups

    @cached_property
    def address_by_mac(self) -> dict[str, str]:
        """MAC -> the address that the captures show with it, the last of several."""
        return {mac: address for address, mac in self.mac_by_address.items() if address != NO_ADDRESS}


def find_host_facts(
    names: Sequence[tuple[str, str]], site: Site, mac_by_address: Mapping[str, str] | None = None
) -> HostFacts:
    """What the profile says about every host.

    ``names``: (address, MAC) as in flows.table.Hosts; ``mac_by_address``: address -> MAC, where the captures show it.
    """
    mac_by_address = mac_by_address or {}
    groups = group_hosts(names, site, mac_by_address)
    first, group = groups
    count = len(first)
    roles, cast = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    broadcast_segment = np.full(count, -1, dtype=np.int64)
    other_group, relay, link_group, maybe, in_segment = (np.zeros(count, dtype=bool) for _ in range(5))
    numbers = segment_numbers(site)
    machines = []
    for number, (address, own_mac) in enumerate(names[host] for host in first.tolist()):
        mac = own_mac or mac_by_address.get(address, "")
        to, broadcast = cast_of(address, site)
        cast[number] = CAST_NUMBER[to]
        unicast = to is Cast.UNICAST
        roles[number] = role_mask(site.roles(address, mac)) if unicast else ROLE_BIT[Role.OTHER]
        if broadcast is not None:
            broadcast_segment[number] = numbers[broadcast]
        other_group[number] = address in OTHER_GROUPS
        relay[number] = address in site.relays
        maybe[number] = may_be_broadcast(address) and site.machine(address) is None
        in_segment[number] = site.segment(address) is not None
        link_group[number] = to is Cast.MULTICAST and net.is_link_multicast(address)
        machine = site.machine(address, mac) if unicast else None
        machines.append(machine.name if machine else "")
    return HostFacts(
        roles=roles[group],
        cast=cast[group],
        broadcast_segment=broadcast_segment[group],
        other_group=other_group[group],
        relay=relay[group],
        link_group=link_group[group],
        maybe_broadcast=maybe[group],
        in_segment=in_segment[group],
        machine=tuple(texts_of(machines, group).tolist()),
        mac_by_address=mac_by_address,
        groups=groups,
    )


def group_hosts(names: Sequence[tuple[str, str]], site: Site, mac_by_address: Mapping[str, str]) -> Groups:
    """Groups of hosts that the profile treats equally: a hundred thousand unknown hosts of a scan are one group."""
    four = b"".join(inet_aton(address) if ":" not in address else b"\0\0\0\0" for address, _ in names)
    number = np.frombuffer(four, dtype=">u4").astype(np.int64)
    own = np.array([":" in address or bool(mac or mac_by_address.get(address)) for address, mac in names], dtype=bool)
    boundaries = np.unique([*site.turns, *FIXED_BOUNDARIES])
    place = np.searchsorted(boundaries, number, side="right")
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
    found[hosts.orig[table.orig.pkts > 0]] = True
    found[hosts.resp[table.resp.pkts > 0]] = True
    return found
