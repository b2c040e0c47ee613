"""The neutral list of matches: what packets of a row look like at a site. Writers put it into a target's language.

Every field of a match must hold; a packet belongs to the row when one of its matches holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Literal

from analyzer.rule_filters.hosts import LIMITED_BROADCAST, NO_ADDRESS, RoleHosts, SiteHosts, groups
from analyzer.rule_filters.losses import ExportLoss, LossCode
from analyzer.rule_filters.spans import Span, merged, of_version
from analyzer.rules import Rule, RuleTable, needed_items
from analyzer.rules.model import Side
from analyzer.site import Site
from analyzer.values import Cast, Role

Version = Literal[4, 6]
"""Of IP."""
_VERSIONS: dict[str, tuple[Version, ...]] = {"tcp": (4, 6), "udp": (4, 6), "icmp": (4,)}
Ports = tuple[int, int]
"""First and last port, both included."""

FREE_PORTS: Ports = (1024, 65535)
"""Ports that a TFTP server takes for a transfer (RFC 1350 leaves the choice to it; those below belong to services)."""
TFTP_OPERATIONS = (3, 6)
"""First and last operation of a transfer: DATA, ACK, ERROR, OACK (RFC 1350, RFC 2347)."""
ECHO_REPLY, ECHO = 0, 8


class Way(StrEnum):
    """Which packets of a flow a match is about."""

    OPENS = "opens"
    ANSWERS = "answers"
    TRANSFER_FROM_SERVER = "transfer-from-server"
    TRANSFER_FROM_CLIENT = "transfer-from-client"


TRANSFERS = (Way.TRANSFER_FROM_SERVER, Way.TRANSFER_FROM_CLIENT)


@dataclass(frozen=True)
class PacketEnd:
    """One end of a packet; None is any. ``roles``: of the row, for targets that are written for each kind of host."""

    roles: tuple[Role, ...] = ()
    spans: tuple[Span, ...] | None = None
    macs: tuple[str, ...] | None = None
    ports: Ports | None = None


@dataclass(frozen=True)
class PacketMatch:
    """Packets of one kind. ``version``: of IP. ``tftp``: the payload begins with an operation of a transfer."""

    way: Way
    version: Version
    protocol: Literal["tcp", "udp", "icmp"]
    source: PacketEnd
    target: PacketEnd
    icmp_type: int | None = None

    @property
    def tftp(self) -> bool:
        return self.way in TRANSFERS


@dataclass(frozen=True)
class RowMatches:
    """A row of the table at ``site``.

    ``citation``: guide, page, item and footnotes. ``footnotes``: number -> text. ``transfer_port``: the port of the
    requests that its transfers belong to.
    """

    rule: Rule
    site: Site
    citation: str
    footnotes: dict[int, str]
    matches: tuple[PacketMatch, ...]
    losses: tuple[ExportLoss, ...]
    transfer_port: int | None = None


def row_matches(rule: Rule, table: RuleTable, site: Site) -> RowMatches:
    """The matches of ``rule``, and what the table or the profile leaves open for every target."""
    parties = _Parties(rule, SiteHosts(site))
    matches = tuple(_matches(parties, site)) if rule.wire == "always" else ()
    notes = {number: table.footnotes[number].text for number in rule.footnotes if number in table.footnotes}
    losses = [ExportLoss(rule.id, code, values) for code, values in _losses(parties, matches, site)]
    if needed := needed_items(rule, table, site):
        losses.append(ExportLoss(rule.id, LossCode.NEEDED_ITEMS, needed))
    asked = rule.responder.port if rule.responder.port is not None else rule.originator.port
    transfer_port = asked if rule.transfer else None
    return RowMatches(rule, site, table.citation(rule), notes, matches, tuple(losses), transfer_port)


@dataclass(frozen=True, eq=False)
class _Parties:
    """A row's two sides with the addresses of a site."""

    rule: Rule
    hosts: SiteHosts

    @cached_property
    def originators(self) -> RoleHosts:
        return self._of(self.rule.originator)

    @cached_property
    def responders(self) -> RoleHosts:
        return self._of(self.rule.responder)

    @cached_property
    def reached(self) -> RoleHosts:
        """What a packet that opens a flow may be sent to: the responders, and groups of hosts."""
        rule = self.rule
        found = self.responders if Cast.UNICAST in rule.casts else RoleHosts()
        if Cast.LIMITED_BROADCAST in rule.casts:
            found |= RoleHosts(((LIMITED_BROADCAST, LIMITED_BROADCAST),))
        if Cast.DIRECTED_BROADCAST in rule.casts:
            found |= RoleHosts(self.hosts.directed_broadcasts(other_segments=rule.addressing == "by-segment"))
        if Cast.MULTICAST in rule.casts:
            found |= RoleHosts(merged((*groups(4), *groups(6))))
        return found

    def _of(self, side: Side) -> RoleHosts:
        found = RoleHosts()
        for role in side.roles:
            found |= self.hosts.of_role(role)
        return found


def _matches(parties: _Parties, site: Site) -> Iterator[PacketMatch]:
    rule, hosts = parties.rule, parties.hosts
    asks = PacketEnd(rule.originator.roles, ports=_port(rule.originator, site))
    answers = PacketEnd(rule.responder.roles, ports=_port(rule.responder, site))
    yield from _between(rule, Way.OPENS, (asks, parties.originators), (answers, parties.reached))
    if asks_without_address(rule):
        nobody = replace(asks, spans=((NO_ADDRESS, NO_ADDRESS),), macs=hosts.askers or None)
        everybody = replace(answers, spans=((LIMITED_BROADCAST, LIMITED_BROADCAST),))
        yield PacketMatch(Way.OPENS, 4, rule.protocol, nobody, everybody, rule.icmp_type)
    if rule.relayed_from is not None:
        relay = PacketEnd(ports=(rule.relayed_from, rule.relayed_from))
        yield from _between(rule, Way.OPENS, (relay, hosts.relays), (answers, parties.reached))
        if rule.reply:
            yield from _between(rule, Way.ANSWERS, (answers, parties.responders), (relay, hosts.relays))
    if rule.reply:
        yield from _between(rule, Way.ANSWERS, (answers, parties.responders), (asks, parties.originators))
    if rule.transfer:
        client, server = (asks, parties.originators), (answers, parties.responders)
        if rule.responder.port is None:
            client, server = server, client
        own = replace(server[0], ports=FREE_PORTS), server[1]
        yield from _between(rule, Way.TRANSFER_FROM_SERVER, own, client)
        yield from _between(rule, Way.TRANSFER_FROM_CLIENT, client, own)


def asks_without_address(rule: Rule) -> bool:
    """Whether a machine may open the row's flow before it has an address: it can broadcast only (RFC 1122)."""
    return Role.MANAGED_MACHINE in rule.originator.roles and Cast.LIMITED_BROADCAST in rule.casts


def _port(side: Side, site: Site) -> Ports | None:
    port = site.setting(side.port_setting) if side.port_setting else side.port
    return None if port is None else (port, port)


def _between(
    rule: Rule, way: Way, source: tuple[PacketEnd, RoleHosts], target: tuple[PacketEnd, RoleHosts]
) -> Iterator[PacketMatch]:
    """One match for each IP version and each way to name the hosts of an end."""
    kind = ECHO_REPLY if way is Way.ANSWERS and rule.icmp_type == ECHO else rule.icmp_type
    if way is Way.ANSWERS and rule.protocol == "icmp" and rule.icmp_type != ECHO:
        return
    for version in _VERSIONS[rule.protocol]:
        for one in _named(*source, version):
            for other in _named(*target, version):
                yield PacketMatch(way, version, rule.protocol, one, other, kind)


def _named(end: PacketEnd, hosts: RoleHosts, version: Version) -> Iterator[PacketEnd]:
    if spans := of_version(hosts.spans, version):
        yield replace(end, spans=spans)
    if hosts.macs:
        yield replace(end, macs=hosts.macs)


def _losses(
    parties: _Parties, matches: tuple[PacketMatch, ...], site: Site
) -> Iterator[tuple[LossCode, tuple[str, ...]]]:
    rule = parties.rule
    if rule.wire == "never":
        yield LossCode.NEVER_ON_WIRE, ()
        return
    yield from _absent_roles(parties)
    yield from _versions(parties, matches)
    if Cast.DIRECTED_BROADCAST in rule.casts:
        yield from _broadcasts(parties, site)
    if Cast.MULTICAST in rule.casts:
        yield LossCode.GROUP_NOT_PRINTED, ()
    if rule.protocol != "icmp" and rule.originator.port is None and rule.responder.port is None:
        yield LossCode.PORT_NOT_PRINTED, ()
    if asks_without_address(rule) and not parties.hosts.askers:
        yield LossCode.ANY_HARDWARE_ADDRESS, ()
    if rule.application:
        yield LossCode.APPLICATION, (rule.application,)
    if rule.stage:
        yield LossCode.SERIES, ()


def _absent_roles(parties: _Parties) -> Iterator[tuple[LossCode, tuple[str, ...]]]:
    rule, hosts = parties.rule, parties.hosts
    # A row that is only sent to everybody needs no address of its responders.
    sides = (rule.originator, rule.responder) if Cast.UNICAST in rule.casts else (rule.originator,)
    for role in dict.fromkeys(role for side in sides for role in side.roles):
        if role is Role.OTHER:
            yield LossCode.ROLE_OTHER, ()
        elif not hosts.of_role(role) and not hosts.absent(role):
            yield LossCode.ROLE_WITHOUT_ADDRESS, (role.value,)


def _versions(parties: _Parties, matches: tuple[PacketMatch, ...]) -> Iterator[tuple[LossCode, tuple[str, ...]]]:
    rule, both = parties.rule, (parties.originators, parties.reached)
    if all(both) and not matches:
        yield LossCode.NO_COMMON_VERSION, ()
    elif rule.protocol == "icmp" and any(of_version(hosts.spans, 6) for hosts in both):
        yield LossCode.ICMP_IS_IPV4, ()


def _broadcasts(parties: _Parties, site: Site) -> Iterator[tuple[LossCode, tuple[str, ...]]]:
    hosts, by_segment = parties.hosts, parties.rule.addressing == "by-segment"
    if by_segment:
        yield LossCode.WOKEN_MACHINE, ()
        if not site.server_segments:
            yield LossCode.SERVER_SEGMENT_UNKNOWN, ()
    if outside := hosts.machines_outside_segments:
        yield LossCode.MACHINE_OUTSIDE_SEGMENTS, outside
    if without := hosts.segments_without_broadcast(other_segments=by_segment):
        yield LossCode.NO_DIRECTED_BROADCAST, without
