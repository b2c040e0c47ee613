"""The facts of flows that the fields of a row are compared with, as columns: one value a flow.

``FlowColumns`` are the columns that a source of flows has to give: the flow table (``flow_facts``), or the saved report
(``analyzer.explain.facts``). ``Facts`` adds what the profile says about the ends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from analyzer import net
from analyzer.columns import Integers, Truths, Words
from analyzer.compliance.identity.dhcp_ends import AnsweredClients, DhcpFacts
from analyzer.compliance.identity.hosts import (
    HostFacts,
    inside_one_host,
    segment_numbers,
    server_segments,
    spoke,
)
from analyzer.compliance.identity.roles import CAST_NUMBER
from analyzer.flows.hosts import Hosts
from analyzer.flows.marked import MarkedFrame
from analyzer.flows.table import FlowTable
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.protocols.wol import Magic
from analyzer.site import Site
from analyzer.values import Cast

BROADCAST_MAC = (1 << 48) - 1
NO_FACTS = ("responder_sent", "relayed")
"""Columns that other facts are made of."""
PORT_PROTOCOLS = (net.TCP, net.UDP, net.SCTP)
SIDES = {"orig_": "resp_", "resp_": "orig_"}
"""Beginnings of the names of columns that each side has, with that of the other side."""


class PayloadFacts(NamedTuple):
    """Facts from inside the frames. ``woken``: flow -> the MAC that it wakes; ``applications``: flow -> the application
    that dissection recognised in it; ``dhcp``: what DHCP messages say of the ends."""

    woken: Mapping[int, str]
    applications: Mapping[int, str]
    dhcp: DhcpFacts


NO_PAYLOAD_FACTS = PayloadFacts({}, {}, DhcpFacts({}, AnsweredClients({}, {}), {}))


class FlowColumns(NamedTuple):
    """The columns that a source of flows gives. A column has the name of its column in flows.csv, if there is one.

    ``proto``: IP protocol numbers. ``orig_p``, ``resp_p``: ports; ICMP: type and code. ``orig_roles``, ``resp_roles``:
    masks. ``cast``: numbers of roles.CAST_NUMBER. ``woken_segment``: the number of the segment of the machine that a
    magic packet names, -1 if not known. ``responder_sent``: whether the responder's address sent anything.
    ``application``: the application that dissection recognised, or nothing. ``relayed``: its DHCP requests name a relay
    of the profile; ``unlisted``: it answers DHCP by broadcast, to clients that the profile does not list.
    """

    proto: Integers
    orig_p: Integers
    resp_p: Integers
    orig_roles: Integers
    resp_roles: Integers
    cast: Integers
    woken_segment: Integers
    responder_sent: Truths
    application: Words
    relayed: Truths
    unlisted: Truths


@dataclass(frozen=True)
class Facts:
    """One value a flow. A column that both sides have is named ``orig_...`` for the originator and ``resp_...`` for the
    responder.

    Columns with the name of one of ``FlowColumns`` hold its values. ``orig_relay``, ``resp_relay``: a DHCP relay of the
    profile, by its address or by what the requests name. ``broadcast_segment``, ``other_group``: as in HostFacts, of
    the responder. ``link_service``: a protocol of one link, to a group of the link.
    ``maybe_broadcast``: the responder is in no segment of the profile and may be a segment's broadcast address.
    ``inside``: both ends are loopback addresses. ``server_segments``: numbers of the DPM Server's own segments.
    """

    proto: Integers
    orig_p: Integers
    resp_p: Integers
    orig_roles: Integers
    resp_roles: Integers
    orig_relay: Truths
    resp_relay: Truths
    cast: Integers
    broadcast_segment: Integers
    woken_segment: Integers
    other_group: Truths
    link_service: Truths
    maybe_broadcast: Truths
    inside: Truths
    application: Words
    unlisted: Truths
    server_segments: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.proto)

    @cached_property
    def recognised(self) -> Truths:
        """Whether dissection recognised anything."""
        return np.asarray(self.application != "", dtype=bool)

    @cached_property
    def icmp(self) -> Truths:
        """Whether the ports are an ICMP type and code."""
        return np.isin(self.proto, (net.ICMP, net.ICMP6))

    @cached_property
    def has_ports(self) -> Truths:
        return np.isin(self.proto, PORT_PROTOCOLS)

    @cached_property
    def from_relay(self) -> Truths:
        """Whether a DHCP relay sent the flow from one of its ports."""
        return np.asarray(self.orig_relay & self.has_ports)

    @cached_property
    def unicast(self) -> Truths:
        return np.asarray(self.cast == CAST_NUMBER[Cast.UNICAST])

    def reversed_(self) -> "Facts":
        """The facts of unicast flows as if the other side had opened them: the columns of the sides change places."""
        sided = [column.name for column in fields(self) if column.name[:5] in SIDES]
        return replace(self, **{name: getattr(self, SIDES[name[:5]] + name[5:]) for name in sided})


def facts_of_columns(columns: FlowColumns, hosts: Hosts, host_facts: HostFacts, site: Site) -> Facts:
    """The facts of flows. ``hosts``: the hosts of their ends; ``host_facts``: the profile's facts of these hosts."""
    resp = hosts.resp
    maybe_broadcast = (host_facts.maybe_broadcast & ~host_facts.in_segment)[resp] & ~columns.responder_sent
    named = {name: column for name, column in columns._asdict().items() if name not in NO_FACTS}
    return Facts(
        **named,
        orig_relay=host_facts.relay[hosts.orig] | columns.relayed,
        resp_relay=host_facts.relay[resp],
        broadcast_segment=host_facts.broadcast_segment[resp],
        other_group=host_facts.other_group[resp],
        link_service=host_facts.link_group[resp] & of_one_link(columns),
        maybe_broadcast=maybe_broadcast,
        inside=inside_one_host(hosts),
        server_segments=server_segments(site),
    )


def of_one_link(columns: FlowColumns) -> Truths:
    """Whether the protocol of a flow is one that keeps a link going."""
    by_port = (columns.proto == net.UDP) & np.isin(columns.resp_p, sorted(net.LINK_PORTS))
    return np.asarray(by_port | np.isin(columns.proto, sorted(net.LINK_PROTOCOLS)))


def flow_facts(
    table: FlowTable, hosts: Hosts, host_facts: HostFacts, site: Site, payload: PayloadFacts = NO_PAYLOAD_FACTS
) -> Facts:
    """The facts of every flow of a flow table. The roles are those of the addresses alone."""
    application = np.full(len(table), "", dtype=object)
    for flow, word in payload.applications.items():
        application[flow] = word
    woken_segment = np.full(len(table), -1, dtype=np.int64)
    for flow, target in payload.woken.items():
        woken_segment[flow] = segment_of_machine(target, site, host_facts.address_by_mac)
    cast = casts_of(table, hosts, host_facts)
    columns = FlowColumns(
        proto=table.proto,
        orig_p=table.orig_p,
        resp_p=table.resp_p,
        orig_roles=host_facts.roles[hosts.orig],
        resp_roles=host_facts.roles[hosts.resp],
        cast=cast,
        woken_segment=woken_segment,
        responder_sent=spoke(table, hosts)[hosts.resp],
        application=application,
        relayed=flows_among(payload.dhcp.relays, len(table)),
        unlisted=flows_among(payload.dhcp.unlisted.only, len(table)) & (cast != CAST_NUMBER[Cast.UNICAST]),
    )
    return facts_of_columns(columns, hosts, host_facts, site)


def flows_among(found: Mapping[int, str], count: int) -> Truths:
    """Whether each of so many flows is among those found."""
    among = np.zeros(count, dtype=bool)
    among[list(found)] = True
    return among


def casts_of(table: FlowTable, hosts: Hosts, host_facts: HostFacts) -> Integers:
    """The cast of every flow, as a number: that of the responder's address.

    A frame to the broadcast MAC with an address that may be a broadcast address is a directed broadcast, unless the
    address is in a segment of the profile: then the profile decides.
    """
    cast = host_facts.cast[hosts.resp]
    may_be = (host_facts.maybe_broadcast & ~host_facts.in_segment)[hosts.resp]
    unknown = broadcast_frames(table) & (cast == CAST_NUMBER[Cast.UNICAST]) & may_be
    return np.where(unknown, CAST_NUMBER[Cast.DIRECTED_BROADCAST], cast)


def broadcast_frames(table: FlowTable) -> Truths:
    """Flows whose frames were sent to the broadcast MAC."""
    return np.asarray(table.resp.mac == BROADCAST_MAC)


def woken_targets(
    magics: Iterable[tuple[MarkedFrame, Magic]], hosts: Hosts, host_facts: HostFacts, site: Site
) -> dict[int, str]:
    """Flow -> the MAC that its magic packets wake. Of several MACs: one that the flow's own address does not reach,
    else the first."""
    found: dict[int, str] = {}
    for mark, magic in magics:
        if not magic.named:
            continue
        aimed = int(host_facts.broadcast_segment[hosts.resp[mark.flow]])
        reached = (-1, aimed) if aimed >= 0 else (-1, *server_segments(site))
        target_segment = segment_of_machine(magic.target, site, host_facts.address_by_mac)
        if mark.flow not in found or target_segment not in reached:
            found[mark.flow] = magic.target
    return found


def segment_of_machine(mac: str, site: Site, address_by_mac: Mapping[str, str]) -> int:
    """The number of the segment of the machine with that MAC: by the profile, or by the address that the captures show;
    -1 if neither is known."""
    machine = site.machine(NO_ADDRESS, mac)
    if machine is None:
        return -1
    segment = site.segment(machine.address or address_by_mac.get(mac, NO_ADDRESS))
    return segment_numbers(site)[segment.name] if segment else -1
