"""Waivers: which flows they excuse, and until when. A waiver that has lapsed excuses nothing and is reported.

Expiry is judged against the flow's own time, never against today: a report made again next year says the same.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.identity.hosts import HostFacts
from analyzer.compliance.identity.roles import ROLE_BIT
from analyzer.compliance.matching.facts import Facts
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FlowTable
from analyzer.site import Site
from analyzer.values import Role

ROLE_WORDS = {role.value: role for role in Role}


@dataclass(frozen=True)
class Waived:
    """``by``: (flows,) the waiver in force that excuses the flow, -1 for none; ``lapsed``: the one that would have,
    had it not lapsed."""

    by: NDArray[np.int64]
    lapsed: NDArray[np.int64]


def waive(table: FlowTable, hosts: Hosts, host_facts: HostFacts, facts: Facts, site: Site) -> Waived:
    """Every waiver of the profile against every flow; the first that fits counts."""
    by = np.full(len(table), -1, dtype=np.int64)
    lapsed = np.full(len(table), -1, dtype=np.int64)
    for number, waiver in enumerate(site.profile.waivers):
        ends = [end_fits(text, hosts, host_facts) for text in (waiver.orig, waiver.resp)]
        fits = ends[0][hosts.orig] & ends[1][hosts.resp] & service_fits(waiver.service, facts)
        until = end_of_day(str(waiver.expires))
        in_force = fits & (table.first_ns < until)
        by[in_force & (by < 0)] = number
        lapsed[fits & ~in_force & (lapsed < 0)] = number
    return Waived(by, np.where(by >= 0, -1, lapsed))


def end_of_day(date: str) -> int:
    """The nanosecond after the day that an expiry names, UTC."""
    day = datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC)
    return (int(day.timestamp()) + 86_400) * 1_000_000_000


def end_fits(text: str, hosts: Hosts, host_facts: HostFacts) -> NDArray[np.bool_]:
    """Which hosts an end of a waiver names: an address, a network, a machine, a role, or any."""
    if text == "any":
        return np.ones(len(hosts.names), dtype=bool)
    if text in ROLE_WORDS:
        return np.asarray(host_facts.roles & ROLE_BIT[ROLE_WORDS[text]] != 0)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return np.array([machine == text for machine in host_facts.machine], dtype=bool)
    addresses = (ipaddress.ip_address(address) for address, _ in hosts.names)
    return np.array([address.version == network.version and address in network for address in addresses], dtype=bool)


def service_fits(text: str, facts: Facts) -> NDArray[np.bool_]:
    """Which flows a waiver's service names: ``any``, ``tcp/3389``, ``udp/any``, ``icmp/8``, ``47/any``."""
    if text == "any":
        return np.ones(len(facts), dtype=bool)
    name, _, port = text.partition("/")
    fits = facts.proto == (int(name) if name.isdigit() else net.PROTOCOL_NUMBERS[name])
    if port not in ("", "any"):
        fits &= (facts.orig_p if name.startswith("icmp") else facts.resp_p) == int(port)
    return np.asarray(fits)
