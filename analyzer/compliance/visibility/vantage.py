"""What the captures could show: from where they were taken, which way they look, and where they end.

Nothing here is assumed; a vantage is known by what it demonstrably saw. A capture whose unicast frames all involve one
host is that host's own view; one that shows unicast between others is a tap or a mirror.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analyzer.capture.frame import Aside
from analyzer.columns import Truths, group_rows
from analyzer.compliance.identity.hosts import HostFacts
from analyzer.compliance.identity.roles import CAST_NUMBER
from analyzer.compliance.matching.facts import Facts
from analyzer.flows import record as r
from analyzer.flows.evidence import Evidence, gaps
from analyzer.flows.senders import Surroundings
from analyzer.flows.table import FROM_ORIG, FROM_RESP, FlowTable, Hosts
from analyzer.values import Cast

ACKED_OR_SENT = 0b1100
"""The history letters A and D, as bits of record.SEEN."""
LAST_SECONDS = 3_000_000_000
"""A flow that begins later than this before the end of a capture may have been answered after it."""

NOBODY: frozenset[str] = frozenset()


class Kind(StrEnum):
    """What a capture demonstrably is. HOME: one host's own view. TAP: it shows unicast between others. THROUGH: all
    that is shown is what passed it - a router's view, an ``any`` capture, or too little to tell."""

    HOME = "home"
    TAP = "tap"
    THROUGH = "through"


@dataclass(frozen=True)
class View:
    """One vantage. ``label``: its first capture. ``home``: the addresses of the host whose view it is. ``heard``:
    addresses that sent unicast; ``local``: those that no router stood before. ``both_ways``: whether any
    conversation shows both directions; ``halves``: where none does, the vantages that show the other one. ``ends``:
    when capturing ended or paused. ``pairs``: for THROUGH, who spoke with whom. ``cut_headers``: frames whose
    headers were not whole; ``over``: frames beyond the limit of flows. Times in nanoseconds."""

    number: int
    label: str
    first: int
    last: int
    ends: tuple[int, ...]
    kind: Kind
    home: frozenset[str]
    heard: frozenset[str]
    local: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    both_ways: bool
    halves: tuple[int, ...]
    cut_headers: int
    over: int


@dataclass(frozen=True)
class Scene:
    """What the captures showed, and what the profile makes of it."""

    evidence: Evidence
    hosts: Hosts
    known: HostFacts
    facts: Facts


def views(scene: Scene) -> tuple[View, ...]:
    """Every vantage of the evidence, in order."""
    evidence, hosts, facts = scene.evidence, scene.hosts, scene.facts
    table = evidence.table
    unicast = facts.cast == CAST_NUMBER[Cast.UNICAST]
    both_ways = (table.sides == FROM_ORIG | FROM_RESP).any(axis=0)
    found = []
    for number, around in enumerate(evidence.surroundings):
        seen = table.seen[:, number]
        captures = [capture for capture in evidence.captures if capture.vantage == number + 1]
        first, last = evidence.span(number + 1)
        flows = np.flatnonzero(seen & unicast & ~facts.inside)
        cooked = any(link.startswith("linux-sll") for capture in captures for link in capture.link_types)
        # An `any` capture with copies shows packets on their way through: its host forwards, and may be nobody's.
        forwards = cooked and any(capture.duplicates for capture in captures)
        kind, home = (Kind.THROUGH, NOBODY) if forwards else kind_of(around, flows, hosts, cooked=cooked)
        found.append(
            View(
                number=number,
                label=label_of([capture.name for capture in captures]),
                first=first,
                last=last,
                ends=(*(end for end, begin in gaps(evidence, number + 1) if begin - end > LAST_SECONDS), last),
                kind=kind,
                home=home,
                heard=around.heard,
                local=around.local,
                pairs=pairs_of(flows, hosts) if kind is Kind.THROUGH else frozenset(),
                both_ways=bool(both_ways[number]),
                halves=halves_of(table, number, both_ways),
                cut_headers=sum(capture.asides[Aside.CUT_SHORT] for capture in captures),
                over=sum(capture.asides[Aside.OVER] for capture in captures),
            )
        )
    return tuple(unless_it_missed(found, evidence, hosts, unicast))


def halves_of(table: FlowTable, number: int, both_ways: Truths) -> tuple[int, ...]:
    """The vantages that show one direction only, and the other one of what this vantage shows: together they are one,
    as the two files of a tap are that writes each direction to a file of its own."""
    if both_ways[number]:
        return ()
    own = table.sides[:, [number]]
    shared = (own > 0) & (table.sides > 0)
    other = (own | table.sides) == FROM_ORIG | FROM_RESP
    halves = ~both_ways & shared.any(axis=0) & (other | ~shared).all(axis=0)
    return tuple(np.flatnonzero(halves).tolist())


def label_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def pairs_of(flows: NDArray[np.int64], hosts: Hosts) -> frozenset[tuple[str, str]]:
    """The pairs of addresses that spoke, each pair both ways round."""
    ends = flows[group_rows([hosts.orig[flows], hosts.resp[flows]]).first]
    names = [
        (hosts.names[one][0], hosts.names[two][0])
        for one, two in zip(hosts.orig[ends].tolist(), hosts.resp[ends].tolist(), strict=True)
    ]
    return frozenset(names) | frozenset((two, one) for one, two in names)


def kind_of(
    around: Surroundings, flows: NDArray[np.int64], hosts: Hosts, *, cooked: bool
) -> tuple[Kind, frozenset[str]]:
    """What a vantage is, and whose. By hardware addresses where the link layer has both, else by addresses alone: a
    cooked capture is always one machine's own view, and names only the sender's."""
    if cooked or -1 in around.in_all or not len(flows):
        home = home_of(flows, hosts)
        return (Kind.HOME, frozenset({hosts.names[home][0]})) if home >= 0 else (Kind.THROUGH, frozenset())
    if not around.in_all:
        return Kind.TAP, frozenset()
    if len(around.in_all) > 1:
        return Kind.THROUGH, frozenset()  # one pair only: whose view it is cannot be told
    if around.forwards or not around.behind:
        return Kind.THROUGH, frozenset()
    return Kind.HOME, around.behind


def home_of(flows: NDArray[np.int64], hosts: Hosts) -> int:
    """The one host that every one of these flows involves; -1 where there is none, or where several would do."""
    if not len(flows):
        return -1
    orig, resp = hosts.orig[flows], hosts.resp[flows]
    common = {code for code in hosts.names_of(flows[0]) if ((orig == code) | (resp == code)).all()}
    return common.pop() if len(common) == 1 else -1


def hears(view: View, address: str, peer: str) -> bool:
    """Whether a vantage demonstrably stands where packets from ``peer`` to ``address`` pass: it is that host's own
    view, on a link that the host is on, or other traffic of the two passed."""
    if view.kind is Kind.THROUGH:
        return (address, peer) in view.pairs
    return address in (view.home if view.kind is Kind.HOME else view.local)


def unless_it_missed(looks: list[View], evidence: Evidence, hosts: Hosts, unicast: Truths) -> Iterator[View]:
    """The vantages, a host's own view only where it missed nothing that this host sent and another one saw
    meanwhile."""
    table = evidence.table
    begins = table.column(r.F_FIRST)
    for view in looks:
        if view.kind is Kind.HOME and len(looks) > 1:
            codes = codes_of(hosts, view.home)
            sent = np.isin(hosts.orig, codes) * FROM_ORIG | np.isin(hosts.resp, codes) * FROM_RESP
            elsewhere = np.bitwise_or.reduce(table.sides, axis=1) & ~table.sides[:, view.number]
            meanwhile = (begins >= view.first + LAST_SECONDS) & (begins <= view.last - LAST_SECONDS)
            if (unicast & meanwhile & (sent & elsewhere != 0)).any():
                flows = np.flatnonzero(table.seen[:, view.number])
                yield replace(view, kind=Kind.THROUGH, home=frozenset(), pairs=pairs_of(flows, hosts))
                continue
        yield view


def codes_of(hosts: Hosts, addresses: frozenset[str]) -> list[int]:
    """The numbers of the hosts at these addresses."""
    return [code for code, (address, _) in enumerate(hosts.names) if address in addresses]
