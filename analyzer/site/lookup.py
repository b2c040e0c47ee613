"""Looks up the roles, the machine and the segment of an address in a profile."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from socket import inet_aton, inet_ntoa
from typing import Generic, Literal, Self, TypeVar

from analyzer.messages import Message
from analyzer.site import parsing
from analyzer.site.profile import WEB_PORT, Architecture, Machine, Profile, Segment
from analyzer.values import Role

T = TypeVar("T")

_OTHER = frozenset({Role.OTHER})
_LIMITED_BROADCAST = "255.255.255.255"
# More hosts than the hundred thousand of a large network; reached only by a scan, which must not fill the memory.
_CACHED_HOSTS = 1 << 18


class Spans(Generic[T]):
    """Disjoint spans of addresses, each with a value, found by bisection."""

    def __init__(self, spans: Iterable[tuple[parsing.Span, T]]) -> None:
        ordered = sorted(spans, key=lambda one: _sort_key(one[0][0]))
        self._starts = [_sort_key(low) for (low, _), _ in ordered]
        self._ends = [_sort_key(high) for (_, high), _ in ordered]
        self._values = [value for _, value in ordered]

    def find(self, address: parsing.Address) -> T | None:
        """The value of the span that ``address`` lies in."""
        key = _sort_key(address)
        index = bisect_right(self._starts, key) - 1
        return self._values[index] if index >= 0 and key <= self._ends[index] else None

    def turns(self) -> Iterator[int]:
        """The IPv4 addresses, as numbers, at which a span begins or has ended."""
        yield from (number for version, number in self._starts if version == 4)
        yield from (number + 1 for version, number in self._ends if version == 4)


def _sort_key(address: parsing.Address) -> tuple[int, int]:
    return address.version, int(address)


@dataclass(frozen=True, eq=False)
class Site:
    """The profile, indexed.

    ``source`` is the file's name without its folder and ``sha256`` that of its bytes; both are empty for a profile
    that came from no file. ``warnings``: what cannot be judged with this profile. Addresses are asked
    for as ``ipaddress`` spells them, MACs in lower case with colons.
    """

    profile: Profile
    source: str = ""
    sha256: str = ""
    warnings: tuple[Message, ...] = ()

    @classmethod
    def from_profile(cls, profile: Profile) -> Self:
        """A site that came from no file: inferred, or saved in a report."""
        return cls(profile)

    @property
    def name(self) -> str:
        return self.profile.name

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Every machine and pool, in the profile's order."""
        return self.profile.managed_machines

    @property
    def architecture(self) -> Architecture:
        """The DPM Server's; x86, as the table prints its paths, where nothing else is said."""
        return self.profile.dpm_server.architecture if self.profile.dpm_server else "x86"

    @property
    def dhcp_none(self) -> bool:
        """Whether the profile says that there is no DHCP server."""
        return self.profile.dhcp.servers == "none"

    @property
    def dhcp_on_server(self) -> bool | None:
        """Footnote *6: does a DHCP server run on the DPM Server's machine? None where the profile does not say."""
        servers = self.profile.dhcp.servers
        if servers is None or not self.profile.dpm_server:
            return None
        return not self.dhcp_none and not set(servers).isdisjoint(self.profile.dpm_server.addresses)

    @cached_property
    def relays(self) -> frozenset[str]:
        """Addresses of the DHCP relays."""
        return frozenset(self.profile.dhcp.relays)

    @cached_property
    def server_segments(self) -> tuple[Segment, ...]:
        """The segments in which the DPM Server has an address, in the profile's order."""
        addresses = self.profile.dpm_server.addresses if self.profile.dpm_server else ()
        found = {self.segment(address) for address in addresses}
        return tuple(segment for segment in self.profile.segments if segment in found)

    def setting(self, name: Literal["web_port"]) -> int:
        """A port that the profile sets in the table's place (footnote *10)."""
        return {"web_port": self.profile.dpm_server.web_port if self.profile.dpm_server else WEB_PORT}[name]

    def roles(self, address: str, mac: str = "") -> frozenset[Role]:
        """The roles of the machine at ``address``; ``{Role.OTHER}`` if the profile gives it none.

        At 0.0.0.0, :: and a link-local address only the MAC identifies a machine. A MAC that is not in the profile can
        belong to a managed machine only if the profile has a machine without its MAC.
        """
        found = self._roles_of_host.get((address, mac))
        if found is None:
            if len(self._roles_of_host) >= _CACHED_HOSTS:
                self._roles_of_host.clear()
            found = self._roles_of_host[address, mac] = self._find_roles(address, mac)
        return found

    def machine(self, address: str, mac: str = "") -> Machine | None:
        """The machine of exactly that address, else of that MAC, else the pool that the address lies in.

        A server's own address belongs to no pool, nor does a segment's network or broadcast address.
        """
        exact = self._by_address.get(address)
        if exact or address in self._servers or address in self._edges:
            return exact
        parsed = _parsed(address)
        return self._by_mac.get(mac) or (self._pools.find(parsed) if parsed else None)

    def segment(self, address: str) -> Segment | None:
        """The segment that ``address`` lies in."""
        parsed = _parsed(address)
        return self._segments.find(parsed) if parsed else None

    def directed_broadcast(self, address: str) -> Segment | None:
        """The segment whose directed broadcast address this is (RFC 919; IPv4 only, not in a /31 or /32)."""
        return self._edge(address, "broadcast")

    def network_address(self, address: str) -> Segment | None:
        """The segment whose network address this is (its old all-zeros broadcast; not in a /31 or /32)."""
        return self._edge(address, "network")

    def _edge(self, address: str, kind: str) -> Segment | None:
        segment, found = self._edges.get(address, (None, ""))
        return segment if found == kind else None

    def _find_roles(self, address: str, mac: str) -> frozenset[Role]:
        roles = set(self._servers.get(address, ()))
        parsed = _parsed(address)
        if parsed and address not in self._edges:
            roles.update(role for role, places in self._consoles if places.find(parsed))
        if self.machine(address, mac) or (_has_no_address(parsed) and not roles and self._some_mac_is_unknown):
            roles.add(Role.MANAGED_MACHINE)
        return frozenset(roles) or _OTHER

    @cached_property
    def turns(self) -> tuple[int, ...]:
        """The IPv4 addresses, as numbers and in order, at which what is said of an address may change: between two of
        them every address without a MAC has the same answers."""
        found = {*self._pools.turns(), *self._segments.turns()}
        found.update(turn for _, places in self._consoles for turn in places.turns())
        for address in (*self._servers, *self._by_address, *self._edges, *self.relays):
            if isinstance(parsed := _parsed(address), IPv4Address):
                found |= {int(parsed), int(parsed) + 1}
        return tuple(sorted(found))

    @cached_property
    def _roles_of_host(self) -> dict[tuple[str, str], frozenset[Role]]:
        return {}

    @cached_property
    def _servers(self) -> dict[str, frozenset[Role]]:
        dpm = self.profile.dpm_server.addresses if self.profile.dpm_server else ()
        dhcp = self.profile.dhcp.servers if isinstance(self.profile.dhcp.servers, tuple) else ()
        servers = ((Role.DPM_SERVER, dpm), (Role.DHCP_SERVER, dhcp))
        return {
            address: frozenset(role for role, addresses in servers if address in addresses) for address in (*dpm, *dhcp)
        }

    @cached_property
    def _consoles(self) -> tuple[tuple[Role, Spans[bool]], ...]:
        given = ((Role.IMAGE_BUILDER, self.profile.image_builder), (Role.COMMAND_LINE, self.profile.command_line))
        return tuple((role, _spans_of(places)) for role, places in given)

    @cached_property
    def _by_address(self) -> dict[str, Machine]:
        return {machine.address: machine for machine in self.machines if machine.address}

    @cached_property
    def _by_mac(self) -> dict[str, Machine]:
        return {machine.mac: machine for machine in self.machines if machine.mac}

    @cached_property
    def _some_mac_is_unknown(self) -> bool:
        return any(not machine.mac for machine in self.machines)

    @cached_property
    def _pools(self) -> Spans[Machine]:
        return Spans(
            (parsing.span(text), machine) for machine in self.machines for text in (machine.cidr, machine.range) if text
        )

    @cached_property
    def _segments(self) -> Spans[Segment]:
        return Spans((parsing.span(segment.cidr), segment) for segment in self.profile.segments)

    @cached_property
    def _edges(self) -> dict[str, tuple[Segment, Literal["network", "broadcast"]]]:
        found: dict[str, tuple[Segment, Literal["network", "broadcast"]]] = {}
        for segment in self.profile.segments:
            network = ip_network(segment.cidr)
            if isinstance(network, IPv4Network) and network.prefixlen <= 30:
                found[str(network.network_address)] = (segment, "network")
                found[str(network.broadcast_address)] = (segment, "broadcast")
        # In a segment as wide as 0.0.0.0/1 or 255.0.0.0/8 these would lose the meaning that they have everywhere.
        return {address: edge for address, edge in found.items() if address not in ("0.0.0.0", _LIMITED_BROADCAST)}


@lru_cache(maxsize=1 << 18)
def _parsed(address: str) -> parsing.Address | None:
    try:
        if ":" not in address and inet_ntoa(packed := inet_aton(address)) == address:
            return IPv4Address(packed)  # in a third of the time
        return ip_address(address)
    except OSError:
        return None
    except ValueError:
        return None


def _has_no_address(address: parsing.Address | None) -> bool:
    """Whether a host still asks for one; a link-local address, which every host has, is no evidence of a boot."""
    return address is None or address.is_unspecified


def _spans_of(places: tuple[str, ...]) -> Spans[bool]:
    networks = [ip_network(place) for place in places]
    merged = (
        *collapse_addresses(one for one in networks if isinstance(one, IPv4Network)),
        *collapse_addresses(one for one in networks if isinstance(one, IPv6Network)),
    )
    return Spans((parsing.span(str(network)), True) for network in merged)
