"""Which DHCP relay sent a flow, and whether the clients that it answers are those of the profile, by the messages.

Source: RFC 2131 (``giaddr``: the relay's address on the client's side, which need not be the one that it sends from).
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from analyzer.compliance.exchanges.dhcp import DhcpMessage
from analyzer.compliance.identity.hosts import HostFacts
from analyzer.compliance.identity.roles import CAST_NUMBER
from analyzer.flows.hosts import Hosts
from analyzer.flows.marked import MarkedFrame
from analyzer.flows.table import FlowTable
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.site import Site
from analyzer.values import Cast, Role


def relays_named(hosts: Hosts, site: Site, messages: tuple[DhcpMessage, ...]) -> dict[int, str]:
    """Flow -> the relay of the profile that all its requests name, where they come from another address."""
    named: dict[int, set[str]] = defaultdict(set)
    for mark, bootp in messages:
        if bootp.request and mark.from_orig:
            named[mark.flow].add(bootp.relay_ip)
    return {
        flow: min(relays)
        for flow, relays in named.items()
        if relays <= site.relays and hosts.names[hosts.orig[flow]][0] not in site.relays
    }


def answers_elsewhere(
    hosts: Hosts, host_facts: HostFacts, messages: tuple[DhcpMessage, ...]
) -> dict[MarkedFrame, tuple[str, str]]:
    """The frames of answers that were sent neither to the relay that they name nor to the client -> (where they were
    sent, the relay's address)."""
    found = {}
    for mark, bootp in messages:
        if bootp.request or bootp.relay_ip == NO_ADDRESS:
            continue
        code = hosts.resp[mark.flow] if mark.from_orig else hosts.orig[mark.flow]
        receiver = hosts.names[code][0]
        unicast = host_facts.cast[code] == CAST_NUMBER[Cast.UNICAST]
        if unicast and receiver not in (bootp.relay_ip, bootp.your_ip, bootp.client_ip):
            found[mark] = receiver, bootp.relay_ip
    return found


class AnsweredClients(NamedTuple):
    """Flow -> a client that it answers and that the profile does not list. ``only``: flows that answer no other client;
    ``too``: flows that do. A message that could not be read may be for another client."""

    only: dict[int, str]
    too: dict[int, str]


def unlisted_clients(table: FlowTable, site: Site, messages: tuple[DhcpMessage, ...]) -> AnsweredClients:
    """The clients of DHCP answers that the profile does not list, the first of each flow."""
    read: dict[int, int] = defaultdict(int)
    first: dict[int, str] = {}
    others: set[int] = set()
    for mark, bootp in messages:
        read[mark.flow] += 1
        if bootp.request or not mark.from_orig:
            others.add(mark.flow)
        elif bootp.has_mac and site.roles(NO_ADDRESS, bootp.client_mac) == {Role.OTHER}:
            first.setdefault(mark.flow, bootp.client_mac)
        else:
            others.add(mark.flow)
    kept = np.bincount(table.marks.flow, minlength=len(table))
    only = {flow for flow in first if flow not in others and read[flow] == kept[flow]}
    return AnsweredClients(
        {flow: mac for flow, mac in first.items() if flow in only},
        {flow: mac for flow, mac in first.items() if flow not in only},
    )


class DhcpFacts(NamedTuple):
    """``relays``: flow -> the DHCP relay of the profile that its requests from another address name; ``unlisted``: the
    clients of answers that the profile does not list; ``elsewhere``: the frames of answers that were not sent to the
    relay that they name -> (where they were sent, the relay)."""

    relays: dict[int, str]
    unlisted: AnsweredClients
    elsewhere: dict[MarkedFrame, tuple[str, str]]


def dhcp_facts(table: FlowTable, host_facts: HostFacts, site: Site, messages: tuple[DhcpMessage, ...]) -> DhcpFacts:
    """What DHCP messages say of the ends of their flows."""
    return DhcpFacts(
        relays_named(table.hosts, site, messages),
        unlisted_clients(table, site, messages),
        answers_elsewhere(table.hosts, host_facts, messages),
    )
