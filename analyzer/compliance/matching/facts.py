"""What the rows of a table ask of flows, as columns: addresses become roles, casts and segments of the profile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from analyzer.columns import Integers, Truths, Words
from analyzer.compliance.identity.hosts import HostFacts, inside_one_host, segment_numbers, server_segments, spoke
from analyzer.compliance.identity.roles import CAST_NUMBER
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FlowTable, MarkedFrame
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.protocols.wol import Magic
from analyzer.site import Site
from analyzer.values import Cast

BROADCAST_MAC = (1 << 48) - 1


class PayloadFacts(NamedTuple):
    """What was read inside flows. ``woken``: flow -> the MAC that it wakes; ``applications``: flow -> what dissection
    recognised in it."""

    woken: Mapping[int, str]
    applications: Mapping[int, str]


NO_PAYLOAD_FACTS = PayloadFacts({}, {})


@dataclass(frozen=True)
class Facts:
    """One value a flow. ``orig_roles`` and ``resp_roles`` are masks, ``cast`` a number, ``broadcast_segment`` as in
    HostFacts, ``woken_segment`` that of the machine that a magic packet names (-1: not known).

    ``application``: what dissection recognised, "" for nothing. ``maybe_broadcast``: the responder lies in no segment
    of the profile and may be one's broadcast address. ``inside``: both ends are loopback addresses.
    ``server_segments``: numbers of the DPM Server's own segments.
    """

    proto: Integers
    orig_p: Integers
    resp_p: Integers
    orig_roles: Integers
    resp_roles: Integers
    orig_relay: Truths
    cast: Integers
    broadcast_segment: Integers
    woken_segment: Integers
    other_group: Truths
    link_group: Truths
    maybe_broadcast: Truths
    inside: Truths
    application: Words
    server_segments: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.proto)

    @cached_property
    def recognised(self) -> Truths:
        """Whether dissection recognised anything."""
        return np.asarray(self.application != "", dtype=bool)


def flow_facts(
    table: FlowTable,
    hosts: Hosts,
    host_facts: HostFacts,
    site: Site,
    payload: PayloadFacts = NO_PAYLOAD_FACTS,
) -> Facts:
    """The facts of every flow, its ends told by their addresses alone."""
    application = np.full(len(table), "", dtype=object)
    for flow, word in payload.applications.items():
        application[flow] = word
    woken_segment = np.full(len(table), -1, dtype=np.int64)
    for flow, target in payload.woken.items():
        woken_segment[flow] = segment_of_machine(target, site, host_facts.address_by_mac)
    heard = table.resp.mac == BROADCAST_MAC
    cast = host_facts.cast[hosts.resp]
    # A frame to everybody on the link that carries no limited broadcast is a directed one, unless the profile knows the
    # address for one host's.
    unknown = heard & (cast == CAST_NUMBER[Cast.UNICAST]) & ~host_facts.in_segment[hosts.resp]
    cast = np.where(unknown, CAST_NUMBER[Cast.DIRECTED_BROADCAST], cast)
    return Facts(
        proto=table.proto,
        orig_p=table.orig_p,
        resp_p=table.resp_p,
        orig_roles=host_facts.roles[hosts.orig],
        resp_roles=host_facts.roles[hosts.resp],
        orig_relay=host_facts.relay[hosts.orig],
        cast=cast,
        broadcast_segment=host_facts.broadcast_segment[hosts.resp],
        woken_segment=woken_segment,
        other_group=host_facts.other_group[hosts.resp],
        link_group=host_facts.link_group[hosts.resp],
        maybe_broadcast=(host_facts.maybe_broadcast & ~host_facts.in_segment & ~spoke(table, hosts))[hosts.resp],
        inside=inside_one_host(hosts),
        application=application,
        server_segments=server_segments(site),
    )


def woken_targets(
    magics: Iterable[tuple[MarkedFrame, Magic]], hosts: Hosts, host_facts: HostFacts, site: Site
) -> dict[int, str]:
    """Flow -> the MAC that its magic packets wake; where they name several, one that the flow's own address does not
    reach, else the first."""
    found: dict[int, str] = {}
    for mark, magic in magics:
        if not magic.named:
            continue
        aimed = int(host_facts.broadcast_segment[hosts.resp[mark.flow]])
        reached = (-1, aimed) if aimed >= 0 else (-1, *server_segments(site))
        if mark.flow not in found or segment_of_machine(magic.target, site, host_facts.address_by_mac) not in reached:
            found[mark.flow] = magic.target
    return found


def segment_of_machine(mac: str, site: Site, address_by_mac: Mapping[str, str]) -> int:
    """The number of the segment that the machine of that MAC lives in, by the profile or else by the address that the
    captures show it at; -1 where neither says."""
    machine = site.machine(NO_ADDRESS, mac)
    if machine is None:
        return -1
    segment = site.segment(machine.address or address_by_mac.get(mac, NO_ADDRESS))
    return segment_numbers(site)[segment.name] if segment else -1
