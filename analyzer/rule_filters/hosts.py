"""The addresses that a site profile gives to the roles of a row.

They follow ``analyzer.site.Site.roles``: an address at the edge of a segment belongs to no pool and no console, and a
server's own address belongs to no pool.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

from analyzer.rule_filters import spans as of
from analyzer.rule_filters.spans import Address, Span
from analyzer.site import Machine, Segment, Site
from analyzer.site import parsing as words
from analyzer.values import Role

LIMITED_BROADCAST = IPv4Address("255.255.255.255")
NO_ADDRESS = IPv4Address("0.0.0.0")
_LAST_LINK_GROUP = IPv4Address("224.0.0.255")
_LAST_GROUP = IPv4Address("239.255.255.255")
_LONGEST_WITH_BROADCAST = 30


@dataclass(frozen=True)
class RoleHosts:
    """The hosts of one end. ``spans``: their addresses, merged. ``macs``: of machines that have no address."""

    spans: tuple[Span, ...] = ()
    macs: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.spans or self.macs)

    def __or__(self, other: "RoleHosts") -> "RoleHosts":
        return RoleHosts(of.merged((*self.spans, *other.spans)), tuple(dict.fromkeys((*self.macs, *other.macs))))


@dataclass(frozen=True, eq=False)
class SiteHosts:
    """The profile of ``site``, asked by role."""

    site: Site

    def of_role(self, role: Role) -> RoleHosts:
        """Empty if the profile names no host of that role, and for ``other``."""
        profile = self.site.profile
        if role is Role.DPM_SERVER:
            return RoleHosts(of.merged(of.single(*(profile.dpm_server.addresses if profile.dpm_server else ()))))
        if role is Role.DHCP_SERVER:
            return RoleHosts(of.merged(of.single(*self._dhcp_servers)))
        if role is Role.MANAGED_MACHINE:
            return self._machines
        consoles = {Role.IMAGE_BUILDER: profile.image_builder, Role.COMMAND_LINE: profile.command_line}
        return RoleHosts(of.without(map(words.span, consoles.get(role, ())), self._edges))

    def absent(self, role: Role) -> bool:
        """Whether the profile states that no host has this role, so that nothing is lost without an address."""
        return role is Role.DHCP_SERVER and self.site.dhcp_none

    @cached_property
    def relays(self) -> RoleHosts:
        return RoleHosts(of.merged(of.single(*self.site.profile.dhcp.relays)))

    @cached_property
    def machines_known_by_mac(self) -> tuple[Machine, ...]:
        return tuple(machine for machine in self.site.machines if not machine.addresses)

    @cached_property
    def askers(self) -> tuple[str, ...]:
        """The MACs that may send from 0.0.0.0; none where a machine without MAC makes every MAC possible."""
        if any(not machine.mac for machine in self.site.machines):
            return ()
        return tuple(machine.mac for machine in self.site.machines if machine.mac)

    def directed_broadcasts(self, *, other_segments: bool) -> tuple[Span, ...]:
        """Of every segment that has one; ``other_segments``: without those of the DPM Server."""
        found = (_broadcast(segment) for segment in self.broadcast_segments(other_segments=other_segments))
        return of.merged((address, address) for address in found if address)

    def broadcast_segments(self, *, other_segments: bool) -> tuple[Segment, ...]:
        own = self.site.server_segments if other_segments else ()
        return tuple(segment for segment in self.site.profile.segments if segment not in own)

    def segments_without_broadcast(self, *, other_segments: bool) -> tuple[str, ...]:
        segments = self.broadcast_segments(other_segments=other_segments)
        return tuple(segment.name for segment in segments if _broadcast(segment) is None)

    @cached_property
    def machines_outside_segments(self) -> tuple[str, ...]:
        """Names of the machines with an address that lies in no segment of the profile."""
        return tuple(
            machine.name
            for machine in self.site.machines
            if any(self.site.segment(str(end)) is None for text in machine.addresses for end in words.span(text))
        )

    @cached_property
    def _dhcp_servers(self) -> tuple[str, ...]:
        servers = self.site.profile.dhcp.servers
        return servers if isinstance(servers, tuple) else ()

    @cached_property
    def _machines(self) -> RoleHosts:
        machines = self.site.machines
        own = of.single(*(machine.address for machine in machines if machine.address))
        pools = [words.span(text) for machine in machines for text in (machine.cidr, machine.range) if text]
        servers = (*self.of_role(Role.DPM_SERVER).spans, *self.of_role(Role.DHCP_SERVER).spans)
        taken = {address for low, high in servers for address in _each(low, high)}
        macs = tuple(machine.mac for machine in self.machines_known_by_mac if machine.mac)
        return RoleHosts(of.merged((*own, *of.without(pools, self._edges | taken))), macs)

    @cached_property
    def _edges(self) -> frozenset[Address]:
        """Network and broadcast addresses of the segments, which no machine has."""
        networks = (ip_network(segment.cidr) for segment in self.site.profile.segments)
        found = {
            address
            for network in networks
            if isinstance(network, IPv4Network) and network.prefixlen <= _LONGEST_WITH_BROADCAST
            for address in (network.network_address, network.broadcast_address)
        }
        return frozenset(found - {NO_ADDRESS, LIMITED_BROADCAST})


def _each(low: Address, high: Address) -> Iterator[Address]:
    return (ip_address(low) + offset for offset in range(int(high) - int(low) + 1))


def _broadcast(segment: Segment) -> IPv4Address | None:
    network = ip_network(segment.cidr)
    if isinstance(network, IPv4Network) and network.prefixlen <= _LONGEST_WITH_BROADCAST:
        return network.broadcast_address
    return None


def groups(version: int) -> tuple[Span, ...]:
    """The multicast groups that a router forwards: 224.0.1.0 and above (RFC 5771), scopes 3 to 15 (RFC 4291)."""
    if version == 4:
        return ((_LAST_LINK_GROUP + 1, _LAST_GROUP),)
    return tuple(
        (IPv6Address((0xFF00 | flags << 4 | 3) << 112), IPv6Address(((0xFF00 | flags << 4 | 15) + 1 << 112) - 1))
        for flags in range(16)
    )
