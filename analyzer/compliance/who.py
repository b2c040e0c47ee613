"""Who the ends of every flow are: an address is a machine's while the machine has it, and the MAC in the frame or in
the message says whose it is.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analyzer import net
from analyzer.compliance.dhcp import NO_ADDRESS, Message
from analyzer.compliance.facts import HostFacts, Integers, Words, role_mask
from analyzer.compliance.tenants import Tenants, address_of
from analyzer.flows import record as r
from analyzer.flows.surroundings import FIRST_TTLS
from analyzer.flows.table import FlowTable, Hosts
from analyzer.site import Site

@dataclass(frozen=True)
class Who:
    """One value a flow and side: ``*_roles`` masks, ``*_machine`` names, empty where the end is no machine."""

    orig_roles: Integers
    resp_roles: Integers
    orig_machine: Words
    resp_machine: Words


def holders_of(table: FlowTable, hosts: Hosts, site: Site, messages: tuple[Message, ...]) -> dict[str, str]:
    """Address -> MAC of the hosts that only their MAC tells apart: by lease, or because a machine of the profile
    sent from there itself (a router has no machine's MAC)."""
    known = {machine.mac for machine in site.machines if machine.mac}
    leases = [(address_of(message), message.bootp.client_mac) for message in messages]
    holders = {address: mac for address, mac in leases if address != NO_ADDRESS and mac in known}
    for codes, block in sides(hosts):
        macs, spoke = table.raw[:, block + r.S_MAC], table.raw[:, block + r.PKTS] > 0
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
            mac = own_mac(line, block) or (holders[address] if tenant is None else tenant)
            found = site.machine(address, mac)
            roles[flow], machine[flow] = role_mask(site.roles(address, mac)), found.name if found else ""
    give_answers_their_clients(hosts, known, site, messages, who)
    return who


def own_mac(line: Integers, block: int) -> str:
    """The MAC of a side that spoke with no router before it; nothing where a router's stands in the frame."""
    spoke, ttl = line[block + r.PKTS] > 0, int(line[block + r.S_TTL])
    return net.mac_text(int(line[block + r.S_MAC])) if spoke and ttl in FIRST_TTLS else ""


def give_answers_their_clients(
    hosts: Hosts, known: HostFacts, site: Site, messages: tuple[Message, ...], who: Who
) -> None:
    """A DHCP answer by unicast goes to the client that it names, whether or not that ever took the address."""
    for mark, bootp in messages:
        if bootp.request or not mark.from_orig or known.relay[hosts.resp[mark.flow]]:
            continue
        client = site.machine(NO_ADDRESS, bootp.client_mac)
        if client is not None and not who.resp_machine[mark.flow]:
            who.resp_roles[mark.flow] |= role_mask(site.roles(NO_ADDRESS, bootp.client_mac))
            who.resp_machine[mark.flow] = client.name
