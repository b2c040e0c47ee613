"""Roles inferred from the traffic, for captures without a profile. Every output calls them inferred.

The host that behaves as the DPM Server does in the rows of the table is taken for the DPM Server: it answers on their
ports, or opens their flows. The ports come from the table.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import group_rows
from analyzer.compliance.exchanges.dhcp import DhcpMessage, read_messages, sender_of
from analyzer.compliance.exchanges.pairing import find_relations
from analyzer.compliance.exchanges.relays import forwarded_answers, relays_seen
from analyzer.compliance.matching.match import responder_port
from analyzer.flows.evidence import Evidence
from analyzer.flows.history import letter_bits
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FlowTable
from analyzer.messages import Message, message
from analyzer.protocols.dhcp import ACK, NO_ADDRESS, read_options
from analyzer.rules import Rule, RuleTable
from analyzer.site import Machine, Profile, Segment, Site
from analyzer.site.profile import Dhcp, Server
from analyzer.values import Role

SUBNET_MASK = 1
SHORTEST_PREFIX = 8
"""Masks of fewer bits are no network's: none wider was ever assigned."""
WELL_KNOWN = 1024


@dataclass(frozen=True)
class InferredProfile:
    """A drafted profile. ``evidence``: address -> role -> its evidence, in words; ``segments``: CIDR -> its evidence;
    ``relays``: address of a DHCP relay -> its evidence.

    Only for a draft that somebody checks: ``macs``: address of a machine -> MAC, evidence; ``likely``: CIDR of a
    segment without a known mask -> its evidence."""

    profile: Profile
    evidence: dict[str, dict[Role, Message]]
    segments: dict[str, Message]
    relays: dict[str, Message]
    macs: dict[str, tuple[str, Message]] = field(default_factory=dict)
    likely: dict[str, Message] = field(default_factory=dict)

    @property
    def site(self) -> Site:
        return Site.from_profile(self.profile)


@dataclass
class RoleEvidence:
    """Evidence for a role: address -> row -> number of flows."""

    of: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def add(self, address: str, rule: str, flows: int) -> None:
        self.of[address][rule] += flows

    def rows(self, address: str) -> tuple[Message, ...]:
        """The rows that an address has flows of, each with their number."""
        return tuple(
            message("flows-of-row", rule=rule, flows=count) for rule, count in sorted(self.of[address].items())
        )


class HostPair(NamedTuple):
    """Flows between two hosts: how many, and whether they were answered."""

    orig: str
    resp: str
    answered: bool
    flows: int


def infer_profile(evidence: Evidence, rules: RuleTable, known_server: str = "") -> InferredProfile:
    """Draft a profile from what the captures show. ``known_server``: the DPM Server's address, if it is known."""
    table = evidence.table
    hosts = table.hosts
    messages = read_messages(table)
    blank = Site.from_profile(Profile(version=1, name="inferred"))
    pairs_by_rule = {rule.id: list(pairs_on_port(table, hosts, rule, blank)) for rule in rules.rules}
    found, evidence_of = find_server(rules, pairs_by_rule)
    server = known_server or found
    peers = peers_of(server, rules, pairs_by_rule)
    dhcp = dhcp_servers(hosts, table, messages)
    relays = {address: count for address, count in relays_seen(hosts, table, messages).items() if is_unicast(address)}
    segments = dict(leased_segments(messages))
    machines = {address for address in peers[Role.MANAGED_MACHINE].of if is_host(address)} - {server, *dhcp}
    consoles = {
        role: set(filter(is_unicast, peers[role].of)) - {server} - machines
        for role in (Role.IMAGE_BUILDER, Role.COMMAND_LINE)
    }
    machines |= pinged(table, hosts, rules, server, peers) - {server, *dhcp}.union(*consoles.values())
    evidence_by_address: dict[str, dict[Role, Message]] = defaultdict(dict)
    if server:
        code = "role-given-server" if known_server else "role-dpm-server"
        evidence_by_address[server][Role.DPM_SERVER] = message(code, rows=evidence_of.rows(server))
    for role, addresses in ((Role.MANAGED_MACHINE, machines), *consoles.items()):
        for address in addresses:
            evidence_by_address[address][role] = message(
                "role-of-rows", role=role.value, rows=peers[role].rows(address)
            )
    for address, count in dhcp.items():
        evidence_by_address[address][Role.DHCP_SERVER] = message("role-dhcp-server", answers=count)
    profile = Profile(
        version=1,
        name="inferred",
        segments=tuple(Segment(name=f"segment-{number}", cidr=cidr) for number, cidr in enumerate(sorted(segments), 1)),
        dpm_server=Server(addresses=(server,)) if server else None,
        dhcp=Dhcp(servers=tuple(sorted(dhcp, key=order)) or None, relays=tuple(sorted(relays, key=order))),
        managed_machines=tuple(
            Machine(name=f"machine-{address}", address=address) for address in sorted(machines, key=order)
        ),
        image_builder=tuple(sorted(consoles[Role.IMAGE_BUILDER], key=order)),
        command_line=tuple(sorted(consoles[Role.COMMAND_LINE], key=order)),
    )
    named = {address: message("dhcp-relay-seen", messages=count) for address, count in relays.items()}
    return InferredProfile(profile, dict(evidence_by_address), segments, named)


def peers_of(server: str, rules: RuleTable, pairs_by_rule: dict[str, list[HostPair]]) -> dict[Role, RoleEvidence]:
    """The hosts at the other end of the server's rows, by the role that the row gives them."""
    peers = {role: RoleEvidence() for role in Role}
    for rule in rules.rules:
        for orig, resp, answered, flows in pairs_by_rule[rule.id]:
            if server == orig and Role.DPM_SERVER in rule.originator.roles and rule.reply:
                add_peer(peers, rule.responder.roles, resp, rule, flows)
            elif server == resp and Role.DPM_SERVER in rule.responder.roles and answered:
                add_peer(peers, rule.originator.roles, orig, rule, flows)
    return peers


def pinged(table: FlowTable, hosts: Hosts, rules: RuleTable, server: str, peers: dict[Role, RoleEvidence]) -> set[str]:
    """Hosts that the server pinged: weak evidence, used for hosts without other evidence."""
    found = set()
    for rule in rules.rules:
        if rule.icmp_type is None or rule.originator.roles != (Role.DPM_SERVER,):
            continue
        echo = (table.proto == net.ICMP) & (table.orig_p == rule.icmp_type)
        for orig, address, _, flows in pairs_among(hosts, np.flatnonzero(echo), np.ones(len(table), dtype=bool)):
            if orig == server and is_host(address):
                found.add(address)
                add_peer(peers, rule.responder.roles, address, rule, flows)
    return found


def pairs_on_port(table: FlowTable, hosts: Hosts, rule: Rule, site: Site) -> Iterator[HostPair]:
    """The pairs with flows on a port that the row fixes and few others use.

    A port below 1024, an ICMP type or a multicast group shows no role: any host may use it. TFTP's port does.
    """
    port = responder_port(rule, site)
    if port is None or rule.wire == "never" or (port < WELL_KNOWN and port != net.TFTP and rule.protocol != "tcp"):
        return
    fits = (table.proto == net.PROTOCOL_NUMBERS[rule.protocol]) & (table.resp_p == port)
    if rule.originator.port is not None:
        fits &= table.orig_p == rule.originator.port
    answered = (table.resp.pkts > 0) & ((rule.protocol != "tcp") | (table.resp.seen_letters & letter_bits("H") != 0))
    if rule.transfer:
        answered[list(find_relations(table, hosts, ()).transfers)] = True
    yield from pairs_among(hosts, np.flatnonzero(fits), answered)


def pairs_among(hosts: Hosts, flows: NDArray[np.int64], answered: NDArray[np.bool_]) -> Iterator[HostPair]:
    """The pairs that these flows are between, in the order of their first ones."""
    first, kind = group_rows([hosts.orig[flows], hosts.resp[flows], answered[flows]])
    counts = np.bincount(kind, minlength=len(first)).tolist()
    for place in np.argsort(first).tolist():
        orig, resp = hosts.names_of(flow := int(flows[first[place]]))
        yield HostPair(hosts.names[orig][0], hosts.names[resp][0], bool(answered[flow]), counts[place])


def find_server(rules: RuleTable, pairs_by_rule: dict[str, list[HostPair]]) -> tuple[str, RoleEvidence]:
    """The host that does most of what the DPM Server does in the table, and its evidence. Rows on well-known ports are
    not enough alone."""
    evidence_of, served = RoleEvidence(), RoleEvidence()
    for rule in rules.rules:
        for orig, resp, answered, flows in pairs_by_rule[rule.id]:
            if rule.originator.roles == (Role.DPM_SERVER,):
                evidence_of.add(orig, rule.id, flows)
                if answered or not rule.reply:
                    served.add(orig, rule.id, flows)
            elif rule.responder.roles == (Role.DPM_SERVER,) and answered:
                evidence_of.add(resp, rule.id, flows)
                served.add(resp, rule.id, flows)
    own = {rule.id for rule in rules.rules if (rule.responder.port or 0) >= WELL_KNOWN or rule.transfer}
    able = [address for address, seen in evidence_of.of.items() if set(seen) & own and is_unicast(address)]
    if not able:
        return "", evidence_of

    def weight(address: str) -> tuple[int, int, int, int, str]:
        # A host that is refused everywhere is not the server, so flows with service count first.
        got, tried = served.of.get(address, {}), evidence_of.of[address]
        return len(got), sum(got.values()), len(tried), sum(tried.values()), address

    return max(able, key=weight), evidence_of


def add_peer(peers: dict[Role, RoleEvidence], roles: tuple[Role, ...], address: str, rule: Rule, flows: int) -> None:
    for role in roles:
        peers[role].add(address, rule.id, flows)


def dhcp_servers(hosts: Hosts, table: FlowTable, messages: tuple[DhcpMessage, ...]) -> dict[str, int]:
    """Hosts that assigned addresses, with the number of their answers that did. An answer from port 4011, or one
    without an address in it, is a boot server's; one that a relay forwarded is not the relay's."""
    found: dict[str, int] = defaultdict(int)
    forwarded = forwarded_answers(hosts, table, messages)
    for one in messages:
        mark, bootp = one
        from_port = (table.orig_p if mark.from_orig else table.resp_p)[mark.flow]
        assigns = not bootp.request and bootp.your_ip != NO_ADDRESS and one not in forwarded
        if assigns and from_port == net.DHCP_SERVER:
            found[hosts.names[sender_of(hosts, mark)][0]] += 1
    return {address: count for address, count in found.items() if is_unicast(address)}


def leased_segments(messages: tuple[DhcpMessage, ...]) -> Iterator[tuple[str, Message]]:
    """(CIDR, evidence) of the subnets in DHCP answers (option 1)."""
    for mark, bootp in messages:
        mask = dict(read_options(mark.data)).get(SUBNET_MASK, b"") if bootp.kind == ACK else b""
        prefix = prefix_of(mask)
        if prefix is not None and prefix >= SHORTEST_PREFIX and is_unicast(bootp.your_ip):
            yield (
                str(ipaddress.ip_network(f"{bootp.your_ip}/{prefix}", strict=False)),
                message("segment-of-mask", address=bootp.your_ip, mask=str(ipaddress.IPv4Address(mask))),
            )


def prefix_of(mask: bytes) -> int | None:
    """The number of ones of an IPv4 mask; None for what is none: other octets, or a one behind a zero."""
    bits = f"{int.from_bytes(mask):032b}"
    return bits.count("1") if len(mask) == 4 and "01" not in bits else None


def is_host(address: str) -> bool:
    """Whether it may be one machine's own address."""
    return is_unicast(address) and not address.endswith(".255")


def is_unicast(address: str) -> bool:
    """Whether a host can have the address at all; senders can write any."""
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_multicast or parsed.is_unspecified or address == "255.255.255.255")


def order(address: str) -> tuple[int, int]:
    parsed = ipaddress.ip_address(address)
    return parsed.version, int(parsed)
