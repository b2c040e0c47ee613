"""Who the ends of every flow are: an address is a machine's while the machine has it, and the MAC in the frame or in
the message says whose it is.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analyzer import net
from analyzer.compliance.dhcp import NO_ADDRESS, Message
from analyzer.compliance.facts import CAST_NUMBER, ROLE_BIT, HostFacts, Integers, Words, role_mask
from analyzer.compliance.tenants import Tenants, address_of
from analyzer.flows import record as r
from analyzer.flows.surroundings import FIRST_TTLS
from analyzer.flows.table import FlowTable, Hosts
from analyzer.site import Site
from analyzer.values import Cast, Role

UNICAST = CAST_NUMBER[Cast.UNICAST]
MACHINE_OR_OTHER = ROLE_BIT[Role.MANAGED_MACHINE] | ROLE_BIT[Role.OTHER]


@dataclass(frozen=True)
class Who:
    """One value a flow and side: ``*_roles`` masks, ``*_machine`` names, empty where the end is no machine. ``cards``:
    the MACs that frames show with one address alone; the others are routers'."""

    orig_roles: Integers
    resp_roles: Integers
    orig_machine: Words
    resp_machine: Words
    cards: frozenset[int]


def holders_of(table: FlowTable, hosts: Hosts, site: Site, messages: tuple[Message, ...]) -> dict[str, str]:
    """Address -> MAC of the hosts that only their MAC tells apart: by lease, or because a machine of the profile
    sent from there itself, with no router before it."""
    known = {machine.mac for machine in site.machines if machine.mac}
    leases = [(address_of(message), message.bootp.client_mac) for message in messages]
    holders = {address: mac for address, mac in leases if address != NO_ADDRESS and mac in known}
    for codes, block in sides(hosts):
        macs, ttls = table.raw[:, block + r.S_MAC], table.raw[:, block + r.S_TTL]
        spoke = (table.raw[:, block + r.PKTS] > 0) & np.isin(ttls, FIRST_TTLS)
        pairs = np.unique(np.column_stack([codes, macs])[spoke], axis=0).tolist()
        holders |= {hosts.names[code][0]: mac for code, number in pairs if (mac := net.mac_text(number)) in known}
    return holders


def sides(hosts: Hosts) -> Iterator[tuple[Integers, int]]:
    """(host numbers, where the side's block begins in a record), the originator's first."""
    yield hosts.orig, r.F_SIDE
    yield hosts.resp, r.F_SIDE + r.SIDE_WIDTH


def who_is_who(
    table: FlowTable,
    hosts: Hosts,
    known: HostFacts,
    site: Site,
    messages: tuple[Message, ...],
) -> Who:
    """The roles and machines of both ends of every flow."""
    names = np.array([*known.machine, ""], dtype=object)
    who = Who(
        known.roles[hosts.orig],
        known.roles[hosts.resp],
        names[hosts.orig].astype(object),
        names[hosts.resp].astype(object),
        cards_of(table, hosts),
    )
    holders = known.holders
    by_mac = np.array([bool(holders.get(address)) and not own for address, own in hosts.names], dtype=bool)
    tenants = Tenants(messages)
    for (codes, block), roles, machine in zip(
        sides(hosts), (who.orig_roles, who.resp_roles), (who.orig_machine, who.resp_machine), strict=True
    ):
        for flow in np.flatnonzero(by_mac[codes]).tolist():
            address = hosts.names[codes[flow]][0]
            line = table.raw[flow]
            tenant = tenants.at(address, int(line[r.F_FIRST]))
            if tenant is None or (not tenant and not line[block + r.PKTS]):
                tenant = holders[
                    address
                ]  # what is sent to an address that was given back is still meant for its last holder
            mac = own_mac(line, block, who.cards) or tenant
            found = site.machine(address, mac)
            roles[flow], machine[flow] = role_mask(site.roles(address, mac)), found.name if found else ""
    for flow, by_orig, mask, name in clients_named(table, hosts, known, site, messages):
        (who.orig_roles if by_orig else who.resp_roles)[flow] = mask
        (who.orig_machine if by_orig else who.resp_machine)[flow] = name
    return who


def cards_of(table: FlowTable, hosts: Hosts) -> frozenset[int]:
    """The MACs that sent for one IPv4 address alone."""
    spoken: dict[int, set[int]] = defaultdict(set)
    own = np.array([":" not in address and address != NO_ADDRESS for address, _ in hosts.names], dtype=bool)
    for codes, block in sides(hosts):
        spoke = (table.raw[:, block + r.PKTS] > 0) & own[codes]
        for mac, code in np.unique(np.column_stack([table.raw[:, block + r.S_MAC], codes])[spoke], axis=0).tolist():
            spoken[mac].add(code)
    return frozenset(mac for mac, found in spoken.items() if len(found) == 1)


def own_mac(line: Integers, block: int, cards: frozenset[int]) -> str:
    """The MAC of a side that spoke with no router before it; nothing where a router's stands in the frame, which may
    leave the time to live as it is."""
    spoke, ttl, mac = line[block + r.PKTS] > 0, int(line[block + r.S_TTL]), int(line[block + r.S_MAC])
    return net.mac_text(mac) if spoke and ttl in FIRST_TTLS and mac in cards else ""


def clients_named(
    table: FlowTable, hosts: Hosts, known: HostFacts, site: Site, messages: tuple[Message, ...]
) -> Iterator[tuple[int, bool, int, str]]:
    """(flow, whether the client is its originator, roles, machine): a DHCP message names its client. An answer by
    unicast goes to it, whether or not that ever took the address, and what a router forwarded comes from it."""
    both, cards = list(sides(hosts)), cards_of(table, hosts)
    elsewhere = known.relay | (known.roles & ~MACHINE_OR_OTHER != 0) | (known.cast != UNICAST)
    for mark, bootp in messages:
        by_orig = mark.from_orig is bootp.request
        codes, block = both[0 if by_orig else 1]
        client, line = site.machine(NO_ADDRESS, bootp.client_mac), table.raw[mark.flow]
        relayed = int(line[r.F_PORT0 if by_orig else r.F_PORT1]) == net.DHCP_SERVER
        if client and not relayed and not elsewhere[codes[mark.flow]] and not own_mac(line, block, cards):
            yield mark.flow, by_orig, role_mask(site.roles(NO_ADDRESS, bootp.client_mac)), client.name
