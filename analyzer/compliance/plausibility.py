"""Compares a given profile with the traffic: what it states, the captures should show.

A wrong address in a profile makes wrong verdicts. These checks give warnings, never verdicts.
"""

from collections.abc import Collection, Iterator

import numpy as np

from analyzer.compliance.judgement import Judgement
from analyzer.compliance.role_inference import InferredProfile, infer_profile, order
from analyzer.flows.evidence import Evidence
from analyzer.messages import Message, message
from analyzer.site import Site
from analyzer.values import Role

NAMED = 5
"""Addresses that a warning names; it counts the others."""


def doubts_of_profile(judgement: Judgement) -> tuple[Message, ...]:
    """What the traffic shows that does not agree with the profile, the most serious first."""
    evidence, rules, site = judgement.evidence, judgement.rules, judgement.site
    if not len(evidence.table):
        return tuple(gaps_of(site))
    senders = senders_of(evidence)
    server = site.profile.dpm_server
    present = [address for address in (server.addresses if server else ()) if address in senders]
    seen = infer_profile(evidence, rules, present[0] if present else "")
    return (
        *(() if present else about_server(site, seen)),
        *gaps_of(site),
        *about_machines(judgement, seen),
        *about_dhcp(site, seen, senders),
    )


def senders_of(evidence: Evidence) -> frozenset[str]:
    """The addresses that sent a packet of a flow."""
    table, hosts = evidence.table, evidence.table.hosts
    codes = np.concatenate([hosts.orig[table.orig.pkts > 0], hosts.resp[table.resp.pkts > 0]])
    return frozenset(hosts.names[code][0] for code in np.unique(codes).tolist())


def about_server(site: Site, seen: InferredProfile) -> Iterator[Message]:
    """The profile's DPM Server sent nothing. ``other``: a host that acts as a DPM Server."""
    server, other = site.profile.dpm_server, seen.profile.dpm_server
    if server:
        yield message(
            "note-server-silent",
            addresses=tuple(map(str, server.addresses)),
            other=str(other.addresses[0]) if other else "",
        )


def gaps_of(site: Site) -> Iterator[Message]:
    """Lists of the profile that are empty."""
    if not site.machines:
        yield message("note-no-machine")
    if not site.profile.segments:
        yield message("note-no-segment")


def about_machines(judgement: Judgement, seen: InferredProfile) -> Iterator[Message]:
    """Hosts that act as managed machines and have no role in the profile."""
    found = [
        address
        for address, roles in seen.evidence.items()
        if Role.MANAGED_MACHINE in roles and judgement.roles_at(address) == {Role.OTHER}
    ]
    if found:
        yield message("note-unlisted-machines", **named(found))


def about_dhcp(site: Site, seen: InferredProfile, senders: Collection[str]) -> Iterator[Message]:
    """No DHCP server of the profile sent a packet, and other hosts assign addresses."""
    listed, answering = site.profile.dhcp.servers, seen.profile.dhcp.servers
    if not isinstance(listed, tuple) or not isinstance(answering, tuple) or set(listed) & set(senders):
        return
    if others := set(map(str, answering)) - set(map(str, listed)):
        yield message("note-dhcp-silent", listed=tuple(map(str, listed)), **named(others))


def named(addresses: Collection[str]) -> dict[str, tuple[str, ...] | int]:
    """The first addresses, and the number of the others."""
    ordered = sorted(addresses, key=order)
    return {"others": tuple(ordered[:NAMED]), "more": len(ordered[NAMED:])}
