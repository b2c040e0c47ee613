"""Roles read off the traffic, for captures that come without a profile. Inferred, and called so wherever it is shown.

A host is taken for the DPM Server because it behaves as the table's rows have the DPM Server behave: it answers on
their ports, or opens their flows. The table says which ports; nothing here knows one.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from analyzer import net
from analyzer.compliance.dhcp import ACK, NO_ADDRESS, Message, read_messages, read_options, sender_of
from analyzer.compliance.match import responder_port
from analyzer.compliance.relations import relate
from analyzer.flows import record as r
from analyzer.flows.build import Evidence
from analyzer.flows.table import FlowTable, Hosts, hosts_of
from analyzer.rules import Rule, RuleTable
from analyzer.site import Machine, Profile, Segment, Site
from analyzer.site.profile import Dhcp, Server
from analyzer.values import Role

SUBNET_MASK = 1
WELL_KNOWN = 1024


@dataclass(frozen=True)
class Inferred:
    """A drafted profile; ``evidence``: address -> role -> what it rests on; ``segments``: CIDR -> the same."""

    profile: Profile
    evidence: dict[str, dict[Role, str]]
    segments: dict[str, str]

    def told(self, address: str) -> str:
        """Everything that an address's roles rest on."""
        return "; ".join(self.evidence.get(address, {}).values())

    @property
    def site(self) -> Site:
        return Site.from_profile(self.profile)


@dataclass
class Signs:
    """What speaks for a role: address -> row -> number of flows."""

    of: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def add(self, address: str, rule: str, flows: int = 1) -> None:
        self.of[address][rule] += flows

    def told(self, address: str) -> str:
        return ", ".join(
            f"row {rule}: {count} flow{'s' * (count > 1)}" for rule, count in sorted(self.of[address].items())
        )


def infer(evidence: Evidence, rules: RuleTable) -> Inferred:
    """Draft a profile from what the captures show."""
    table = evidence.table
    hosts = hosts_of(table)
    messages = read_messages(table)
    blank = Site.from_profile(Profile(version=1, name="inferred"))
    touched = {rule.id: list(flows_of(table, hosts, rule, blank)) for rule in rules.rules}
    server, signs = find_server(rules, touched)
    peers = peers_of(server, rules, touched)
    dhcp = dhcp_servers(hosts, table, messages)
    segments = dict(leased_segments(messages))
    machines = {address for address in peers[Role.MANAGED_MACHINE].of if is_host(address)} - {server, *dhcp}
    consoles = {role: set(peers[role].of) - {server} - machines for role in (Role.IMAGE_BUILDER, Role.COMMAND_LINE)}
    machines |= pinged(table, hosts, rules, server, peers) - {server, *dhcp}.union(*consoles.values())
    told: dict[str, dict[Role, str]] = defaultdict(dict)
    if server:
        told[server][Role.DPM_SERVER] = f"acts as the DPM Server: {signs.told(server)}"
    for role, addresses in ((Role.MANAGED_MACHINE, machines), *consoles.items()):
        for address in addresses:
            told[address][role] = f"{role.value}: {peers[role].told(address)}"
    for address, count in dhcp.items():
        told[address][Role.DHCP_SERVER] = f"sent {count} DHCP answer{'s' * (count > 1)}"
    profile = Profile(
        version=1,
        name="inferred",
        segments=tuple(Segment(name=f"segment-{number}", cidr=cidr) for number, cidr in enumerate(sorted(segments), 1)),
        dpm_server=Server(addresses=(server,)) if server else None,
        dhcp=Dhcp(servers=tuple(sorted(dhcp, key=order)) or None, relays=relays_of(hosts, messages)),
        managed_machines=tuple(
            Machine(name=f"machine-{address}", address=address) for address in sorted(machines, key=order)
        ),
        image_builder=tuple(sorted(consoles[Role.IMAGE_BUILDER], key=order)),
        command_line=tuple(sorted(consoles[Role.COMMAND_LINE], key=order)),
    )
    return Inferred(profile, dict(told), segments)


def peers_of(server: str, rules: RuleTable, touched: dict[str, list[tuple[str, str, bool]]]) -> dict[Role, Signs]:
    """The hosts at the other end of the server's rows, by the role that the row gives them."""
    peers = {role: Signs() for role in Role}
    for rule in rules.rules:
        for orig, resp, answered in touched[rule.id]:
            if server == orig and Role.DPM_SERVER in rule.originator.roles and rule.reply:
                note_peer(peers, rule.responder.roles, resp, rule)
            elif server == resp and Role.DPM_SERVER in rule.responder.roles and answered:
                note_peer(peers, rule.originator.roles, orig, rule)
    return peers


def pinged(table: FlowTable, hosts: Hosts, rules: RuleTable, server: str, peers: dict[Role, Signs]) -> set[str]:
    """Hosts whose existence the server checked: a weak sign, for those that nothing else speaks for."""
    found = set()
    for rule in rules.rules:
        if rule.icmp_type is None or rule.originator.roles != (Role.DPM_SERVER,):
            continue
        echo = (table.column(r.F_PROTO) == net.ICMP) & (table.column(r.F_PORT0) == rule.icmp_type)
        for flow in np.flatnonzero(echo).tolist():
            address = hosts.names[hosts.resp[flow]][0]
            if hosts.names[hosts.orig[flow]][0] == server and is_host(address):
                found.add(address)
                note_peer(peers, rule.responder.roles, address, rule)
    return found


def flows_of(table: FlowTable, hosts: Hosts, rule: Rule, site: Site) -> Iterator[tuple[str, str, bool]]:
    """(originator, responder, whether it answered) of every flow on a port that the row fixes and few others use.

    A port below 1024 is anybody's, except TFTP's, which nobody serves by chance; so are an ICMP type and a group.
    """
    port = responder_port(rule, site)
    if port is None or rule.wire == "never" or (port < WELL_KNOWN and port != net.TFTP and rule.protocol != "tcp"):
        return
    fits = (table.column(r.F_PROTO) == net.PROTOCOL_NUMBERS[rule.protocol]) & (table.column(r.F_PORT1) == port)
    if rule.originator.port is not None:
        fits &= table.column(r.F_PORT0) == rule.originator.port
    transferred = set(relate(table, hosts, ()).transfers) if rule.transfer else set()
    for flow in np.flatnonzero(fits).tolist():
        answered = bool(table.resp(r.PKTS)[flow]) and (rule.protocol != "tcp" or bool(table.resp(r.SEEN)[flow] & 2))
        yield hosts.names[hosts.orig[flow]][0], hosts.names[hosts.resp[flow]][0], answered or flow in transferred


def find_server(rules: RuleTable, touched: dict[str, list[tuple[str, str, bool]]]) -> tuple[str, Signs]:
    """The host that does most of what the table has the DPM Server do; rows on well-known ports only add weight."""
    signs, served = Signs(), Signs()
    for rule in rules.rules:
        for orig, resp, answered in touched[rule.id]:
            if rule.originator.roles == (Role.DPM_SERVER,):
                signs.add(orig, rule.id)
                if answered or not rule.reply:
                    served.add(orig, rule.id)
            elif rule.responder.roles == (Role.DPM_SERVER,) and answered:
                signs.add(resp, rule.id)
                served.add(resp, rule.id)
    own = {rule.id for rule in rules.rules if (rule.responder.port or 0) >= WELL_KNOWN or rule.transfer}
    able = [address for address, seen in signs.of.items() if set(seen) & own]
    if not able:
        return "", signs

    def weight(address: str) -> tuple[int, int, int, int, str]:
        # Who is refused everywhere does not act as the server: what got service counts first.
        got, tried = served.of.get(address, {}), signs.of[address]
        return len(got), sum(got.values()), len(tried), sum(tried.values()), address

    return max(able, key=weight), signs


def note_peer(peers: dict[Role, Signs], roles: tuple[Role, ...], address: str, rule: Rule) -> None:
    for role in roles:
        peers[role].add(address, rule.id)


def dhcp_servers(hosts: Hosts, table: FlowTable, messages: tuple[Message, ...]) -> dict[str, int]:
    """Hosts that assigned addresses, with the number of their answers that did. An answer from port 4011, or one
    without an address in it, is a boot server's."""
    found: dict[str, int] = defaultdict(int)
    for mark, bootp in messages:
        from_port = table.raw[mark.flow, r.F_PORT0 if mark.from_orig else r.F_PORT1]
        if not bootp.request and bootp.your_ip != "0.0.0.0" and from_port == net.DHCP_SERVER:
            code = hosts.orig[mark.flow] if mark.from_orig else hosts.resp[mark.flow]
            found[hosts.names[code][0]] += 1
    return dict(found)


def relays_of(hosts: Hosts, messages: tuple[Message, ...]) -> tuple[str, ...]:
    """Hosts that passed on clients' requests in their own name (giaddr) and were answered."""
    senders = {
        (hosts.names[sender_of(hosts, mark)][0], bootp.relay_ip, bootp.xid) for mark, bootp in messages if bootp.request
    }
    answered = {(bootp.relay_ip, bootp.xid) for _, bootp in messages if not bootp.request}
    found = {
        relay for sender, relay, xid in senders if sender == relay and relay != NO_ADDRESS and (relay, xid) in answered
    }
    return tuple(sorted(found, key=order))


def leased_segments(messages: tuple[Message, ...]) -> Iterator[tuple[str, str]]:
    """The subnets that DHCP servers told their clients of (option 1), with what says so."""
    for mark, bootp in messages:
        mask = dict(read_options(mark.data)).get(SUBNET_MASK, b"") if bootp.kind == ACK else b""
        if len(mark.data) and len(mask) == 4 and bootp.your_ip != "0.0.0.0":
            try:
                network = ipaddress.ip_network(f"{bootp.your_ip}/{ipaddress.IPv4Address(mask)}", strict=False)
            except ValueError:
                continue
            yield str(network), f"a DHCP server gave {bootp.your_ip} the mask {ipaddress.IPv4Address(mask)}"


def is_host(address: str) -> bool:
    """Whether it may be one machine's own address."""
    parsed = ipaddress.ip_address(address)
    return not (
        parsed.is_multicast or parsed.is_unspecified or address == "255.255.255.255" or address.endswith(".255")
    )


def order(address: str) -> tuple[int, int]:
    parsed = ipaddress.ip_address(address)
    return parsed.version, int(parsed)
