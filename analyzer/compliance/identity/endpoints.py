"""The roles and machines of the ends of every flow.

A machine has an address for a time only. The MAC in the frame or in the DHCP message shows which machine had it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analyzer import net
from analyzer.columns import Integers, Truths, Words, group_rows
from analyzer.compliance.exchanges.dhcp import DhcpMessage
from analyzer.compliance.identity.hosts import HostFacts
from analyzer.compliance.identity.leases import Leases
from analyzer.compliance.identity.roles import CAST_NUMBER, ROLE_BIT, role_mask
from analyzer.flows.columns import SideColumns
from analyzer.flows.hosts import Hosts
from analyzer.flows.senders import FIRST_TTLS
from analyzer.flows.table import FlowTable
from analyzer.protocols.dhcp import ID_PREFIX, NO_ADDRESS
from analyzer.site import Site
from analyzer.values import Cast, Role

UNICAST = CAST_NUMBER[Cast.UNICAST]
MACHINE_OR_OTHER = ROLE_BIT[Role.MANAGED_MACHINE] | ROLE_BIT[Role.OTHER]


class FlowEnd(NamedTuple):
    """One side of every flow. ``codes``: number of its host; ``sent``: whether it sent anything; ``own``: its own MAC,
    -1 if not known; ``ports``: its port."""

    codes: Integers
    sent: Truths
    own: Integers
    ports: Integers


@dataclass(frozen=True)
class Endpoints:
    """One value a flow and side: ``*_roles`` are masks, ``*_machine`` names, empty if the end is no machine.
    ``host_macs``: the MACs that frames show with one address only, sorted; the others are those of routers.
    ``leases``: which client had an address at which time, by the DHCP messages."""

    orig_roles: Integers
    resp_roles: Integers
    orig_machine: Words
    resp_machine: Words
    host_macs: Integers
    leases: Leases


def find_mac_by_address(table: FlowTable, hosts: Hosts, site: Site, leases: Leases) -> dict[str, str]:
    """Address -> MAC of machines that the profile knows by MAC: from a lease, or from frames that the machine itself
    sent, with no router between. An address that a client asked for and was refused is not its own."""
    host_facts = {machine.mac for machine in site.machines if machine.mac}
    mac_by_address = {address: mac for address, mac in leases.claims() if mac in host_facts}
    numbers = np.array(sorted(net.mac_number(mac) for mac in host_facts), dtype=np.int64)
    for codes, side in sides(table, hosts):
        own = np.flatnonzero((side.pkts > 0) & np.isin(side.ttl, FIRST_TTLS) & np.isin(side.mac, numbers))
        for flow in own[group_rows([codes[own], side.mac[own]]).first].tolist():
            mac_by_address[hosts.names[codes[flow]][0]] = net.mac_text(int(side.mac[flow]))
    return mac_by_address


def sides(table: FlowTable, hosts: Hosts) -> Iterator[tuple[Integers, SideColumns]]:
    """(host numbers, columns) of each side of the flows, the originator's first."""
    yield hosts.orig, table.orig
    yield hosts.resp, table.resp


def find_endpoints(  # noqa: PLR0913, PLR0917 - each of them is a fact about the ends
    table: FlowTable,
    hosts: Hosts,
    host_facts: HostFacts,
    site: Site,
    messages: tuple[DhcpMessage, ...],
    leases: Leases,
) -> Endpoints:
    """The roles and machines of both ends of every flow."""
    names = np.array([*host_facts.machine, ""], dtype=object)
    endpoints = Endpoints(
        host_facts.roles[hosts.orig],
        host_facts.roles[hosts.resp],
        names[hosts.orig],
        names[hosts.resp],
        find_host_macs(table, hosts),
        leases,
    )
    mac_by_address = host_facts.mac_by_address
    by_mac = np.array([bool(mac_by_address.get(address)) and not own for address, own in hosts.names], dtype=bool)
    ends = [
        FlowEnd(codes, side.pkts > 0, own_macs(side, endpoints.host_macs), port)
        for (codes, side), port in zip(sides(table, hosts), (table.orig_p, table.resp_p), strict=True)
    ]
    for end, roles, machine in zip(
        ends,
        (endpoints.orig_roles, endpoints.resp_roles),
        (endpoints.orig_machine, endpoints.resp_machine),
        strict=True,
    ):
        flows = np.flatnonzero(by_mac[end.codes])
        codes, begins, sent, own = end.codes[flows], table.first_ns[flows], end.sent[flows], end.own[flows]
        first, kind = group_rows([codes, own, sent, endpoints.leases.periods(hosts, codes, begins)])
        found = []
        for place in first.tolist():
            address = hosts.names[codes[place]][0]
            lessee = endpoints.leases.at(address, int(begins[place]))
            if lessee is None or lessee.startswith(ID_PREFIX) or (not lessee and not sent[place]):
                # A packet to an address that was given back is still meant for the last client that had it.
                lessee = mac_by_address[address]
            mac = net.mac_text(int(own[place])) or lessee
            held = site.machine(address, mac)
            found.append((role_mask(site.roles(address, mac)), held.name if held else ""))
        roles[flows] = np.array([mask for mask, _ in found], dtype=np.int64)[kind]
        machine[flows] = np.array([name for _, name in found], dtype=object)[kind]
    for flow, by_orig, mask, name in clients_named(ends, hosts.names, host_facts, site, messages):
        (endpoints.orig_roles if by_orig else endpoints.resp_roles)[flow] = mask
        (endpoints.orig_machine if by_orig else endpoints.resp_machine)[flow] = name
    return endpoints


def find_host_macs(table: FlowTable, hosts: Hosts) -> Integers:
    """The MACs that sent from one IPv4 address only, sorted."""
    own = np.array([":" not in address and address != NO_ADDRESS for address, _ in hosts.names], dtype=bool)
    found = []
    for codes, side in sides(table, hosts):
        sent = np.flatnonzero((side.pkts > 0) & own[codes])
        found.append((side.mac[sent], codes[sent]))
    macs, codes = (np.concatenate(both) for both in zip(*found, strict=True))
    single, times = np.unique(macs[group_rows([macs, codes]).first], return_counts=True)
    return np.asarray(single[times == 1])


def own_macs(side: SideColumns, host_macs: Integers) -> Integers:
    """The MAC of a side that sent with no router between, else -1; one value a flow. A frame of a router has the
    router's MAC, even if the router left the time to live as it was."""
    own = (side.pkts > 0) & np.isin(side.ttl, FIRST_TTLS) & np.isin(side.mac, host_macs)
    return np.where(own, side.mac, -1)


def clients_named(
    ends: list[FlowEnd],
    names: Sequence[tuple[str, str]],
    host_facts: HostFacts,
    site: Site,
    messages: tuple[DhcpMessage, ...],
) -> Iterator[tuple[int, bool, int, str]]:
    """(flow, whether the client is its originator, roles, machine): a DHCP message names its client. An answer by
    unicast goes to it, whether or not that ever took the address, and what a router forwarded comes from it."""
    elsewhere = host_facts.relay | (host_facts.roles & ~MACHINE_OR_OTHER != 0) | (host_facts.cast != UNICAST)
    for mark, bootp in messages:
        by_orig = mark.from_orig is bootp.request
        end = ends[0 if by_orig else 1]
        client = site.machine(NO_ADDRESS, bootp.client_mac)
        # A relayed request comes from the relay, and its answer goes there (giaddr).
        names_relay = bootp.relay_ip != NO_ADDRESS and (
            bootp.request or names[end.codes[mark.flow]][0] == bootp.relay_ip
        )
        relayed = names_relay or end.ports[mark.flow] == net.DHCP_SERVER
        if client and not relayed and not elsewhere[end.codes[mark.flow]] and end.own[mark.flow] < 0:
            yield mark.flow, by_orig, role_mask(site.roles(NO_ADDRESS, bootp.client_mac)), client.name
