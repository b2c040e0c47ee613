"""What the captures could show: where they were taken, which directions they contain, and when they end.

Only the contents of the captures decide. If one host is an end of all unicast frames, the capture was taken on that
host. If a capture shows unicast between others, it was taken at a tap or a mirror port.
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
from analyzer.flows.evidence import Evidence, gaps
from analyzer.flows.history import letter_bits
from analyzer.flows.hosts import Hosts
from analyzer.flows.senders import Senders
from analyzer.flows.table import FROM_ORIG, FROM_RESP, FlowTable
from analyzer.values import Cast

ACKED_OR_SENT = letter_bits("AD")
LAST_SECONDS = 3_000_000_000
"""A flow that begins later than this before the end of a capture may have been answered after it."""

NO_ADDRESSES: frozenset[str] = frozenset()


class VantageKind(StrEnum):
    """What a capture demonstrably is. HOST: one host's own traffic. TAP: it shows unicast between others. TRANSIT: it
    shows what a router forwarded, an ``any`` capture, or too little to decide."""

    HOST = "home"
    TAP = "tap"
    TRANSIT = "through"


@dataclass(frozen=True)
class Vantage:
    """One vantage: the captures of one place. Times are in nanoseconds.

    ``number``: from 0. ``label``: the name of its first capture. ``first``, ``last``: times of its first and last
    frame. ``ends``: times when capturing ended or paused. ``kind``: what the place is. ``host_addresses``: for HOST,
    the addresses of that host. ``senders``: addresses that sent unicast; ``local_senders``: those of them with no
    router between. ``pairs``: for TRANSIT, the pairs of addresses with traffic, each in both orders. ``bidirectional``:
    whether any conversation shows both directions; ``complements``: if not, the numbers of the vantages that show the
    other direction. ``cut_headers``: number of frames with incomplete headers; ``over_limit``: number of frames
    beyond the limit of flows.
    """

    number: int
    label: str
    first: int
    last: int
    ends: tuple[int, ...]
    kind: VantageKind
    host_addresses: frozenset[str]
    senders: frozenset[str]
    local_senders: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    bidirectional: bool
    complements: tuple[int, ...]
    cut_headers: int
    over_limit: int


@dataclass(frozen=True)
class JudgingContext:
    """The evidence, its hosts, and what the profile says about them; judging reads all of it."""

    evidence: Evidence
    hosts: Hosts
    host_facts: HostFacts
    facts: Facts


def find_vantages(context: JudgingContext) -> tuple[Vantage, ...]:
    """Every vantage of the evidence, in order."""
    evidence, hosts, facts = context.evidence, context.hosts, context.facts
    table = evidence.table
    unicast = facts.cast == CAST_NUMBER[Cast.UNICAST]
    bidirectional = (table.sides == FROM_ORIG | FROM_RESP).any(axis=0) | shows_answers(table, hosts, unicast)
    found = []
    for number, senders in enumerate(evidence.senders):
        seen = table.seen[:, number]
        captures = [capture for capture in evidence.captures if capture.vantage == number + 1]
        first, last = evidence.span(number + 1)
        flows = np.flatnonzero(seen & unicast & ~facts.inside)
        cooked = any(capture.is_cooked for capture in captures)
        # An `any` capture with copies shows packets that its host forwards: the host may be neither of the ends.
        forwards = cooked and any(capture.duplicates for capture in captures)
        kind, addresses = (
            (VantageKind.TRANSIT, NO_ADDRESSES) if forwards else kind_of(senders, flows, hosts, cooked=cooked)
        )
        found.append(
            Vantage(
                number=number,
                label=label_of([capture.name for capture in captures]),
                first=first,
                last=last,
                ends=(*(end for end, begin in gaps(evidence, number + 1) if begin - end > LAST_SECONDS), last),
                kind=kind,
                host_addresses=addresses,
                senders=senders.addresses,
                local_senders=senders.local_addresses,
                pairs=pairs_of(flows, hosts) if kind is VantageKind.TRANSIT else frozenset(),
                bidirectional=bool(bidirectional[number]),
                complements=find_complements(table, number, bidirectional),
                cut_headers=sum(capture.asides[Aside.CUT_SHORT] for capture in captures),
                over_limit=sum(capture.asides[Aside.OVER] for capture in captures),
            )
        )
    return tuple(correct_incomplete_hosts(found, evidence, hosts, unicast))


def shows_answers(table: FlowTable, hosts: Hosts, unicast: Truths) -> Truths:
    """Whether a vantage shows packets to a host and packets from it in different flows, one value a vantage: both
    directions between two hosts, or unicast to a host that sent to many (the answer to a DHCP broadcast). In a capture
    of one direction no host is both."""
    count = len(hosts.names)
    pairs = hosts.orig * count + hosts.resp
    backwards = hosts.resp * count + hosts.orig
    found = np.zeros(table.sides.shape[1], dtype=bool)
    for number, sides in enumerate(table.sides.T):
        from_orig, from_resp = sides & FROM_ORIG != 0, sides & FROM_RESP != 0
        there = np.concatenate([pairs[from_orig & unicast], backwards[from_resp & unicast]])
        back = np.concatenate([backwards[from_orig & unicast], pairs[from_resp & unicast]])
        addressed = np.concatenate([hosts.resp[from_orig & unicast], hosts.orig[from_resp & unicast]])
        found[number] = np.isin(there, back).any() or np.isin(hosts.orig[from_orig & ~unicast], addressed).any()
    return found


def find_complements(table: FlowTable, number: int, bidirectional: Truths) -> tuple[int, ...]:
    """The numbers of the one-sided vantages that show the other direction of what this one shows.

    The two files of a tap that writes each direction to its own file are such complements. Empty where the vantage
    shows both directions."""
    if bidirectional[number]:
        return ()
    own = table.sides[:, [number]]
    shared = (own > 0) & (table.sides > 0)
    other = (own | table.sides) == FROM_ORIG | FROM_RESP
    complements = ~bidirectional & shared.any(axis=0) & (other | ~shared).all(axis=0)
    return tuple(np.flatnonzero(complements).tolist())


def label_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def pairs_of(flows: NDArray[np.int64], hosts: Hosts) -> frozenset[tuple[str, str]]:
    """The pairs of addresses that these flows are between, each pair in both orders."""
    ends = flows[group_rows([hosts.orig[flows], hosts.resp[flows]]).first]
    names = [
        (hosts.names[one][0], hosts.names[two][0])
        for one, two in zip(hosts.orig[ends].tolist(), hosts.resp[ends].tolist(), strict=True)
    ]
    return frozenset(names) | frozenset((two, one) for one, two in names)


def kind_of(
    senders: Senders, flows: NDArray[np.int64], hosts: Hosts, *, cooked: bool
) -> tuple[VantageKind, frozenset[str]]:
    """The kind of a vantage, and for HOST the addresses of the host.

    Hardware addresses decide where the link layer has both of them; otherwise IP addresses do. A cooked capture
    (``cooked``) is always taken on one machine and has the sender's hardware address only."""
    if cooked or -1 in senders.macs_in_all_frames or not len(flows):
        host = find_common_host(flows, hosts)
        return (
            (VantageKind.HOST, frozenset({hosts.names[host][0]})) if host >= 0 else (VantageKind.TRANSIT, NO_ADDRESSES)
        )
    if not senders.macs_in_all_frames:
        return VantageKind.TAP, frozenset()
    if len(senders.macs_in_all_frames) > 1:
        return VantageKind.TRANSIT, frozenset()  # one pair only: nothing shows on which of the two it was taken
    if senders.interface_forwards or not senders.interface_addresses:
        return VantageKind.TRANSIT, frozenset()
    return VantageKind.HOST, senders.interface_addresses


def find_common_host(flows: NDArray[np.int64], hosts: Hosts) -> int:
    """The number of the one host that is an end of all these flows; -1 where there is none or more than one."""
    if not len(flows):
        return -1
    orig, resp = hosts.orig[flows], hosts.resp[flows]
    common = {code for code in hosts.names_of(flows[0]) if ((orig == code) | (resp == code)).all()}
    return common.pop() if len(common) == 1 else -1


def is_on_path(vantage: Vantage, address: str, peer: str) -> bool:
    """Whether packets from ``peer`` to ``address`` demonstrably pass a vantage.

    They do at the host itself, on a link that the host is on, and where other traffic of the two passed."""
    if vantage.kind is VantageKind.TRANSIT:
        return (address, peer) in vantage.pairs
    return address in (vantage.host_addresses if vantage.kind is VantageKind.HOST else vantage.local_senders)


def correct_incomplete_hosts(
    vantages: list[Vantage], evidence: Evidence, hosts: Hosts, unicast: Truths
) -> Iterator[Vantage]:
    """The vantages, with kind HOST changed to TRANSIT where another vantage shows packets of that host that are missing
    here: then the captures were not taken on the host."""
    table = evidence.table
    begins = table.first_ns
    for vantage in vantages:
        if vantage.kind is VantageKind.HOST and len(vantages) > 1:
            codes = codes_of(hosts, vantage.host_addresses)
            sent = np.isin(hosts.orig, codes) * FROM_ORIG | np.isin(hosts.resp, codes) * FROM_RESP
            elsewhere = np.bitwise_or.reduce(table.sides, axis=1) & ~table.sides[:, vantage.number]
            meanwhile = (begins >= vantage.first + LAST_SECONDS) & (begins <= vantage.last - LAST_SECONDS)
            if (unicast & meanwhile & (sent & elsewhere != 0)).any():
                flows = np.flatnonzero(table.seen[:, vantage.number])
                yield replace(
                    vantage, kind=VantageKind.TRANSIT, host_addresses=frozenset(), pairs=pairs_of(flows, hosts)
                )
                continue
        yield vantage


def codes_of(hosts: Hosts, addresses: frozenset[str]) -> list[int]:
    """The numbers of the hosts at these addresses."""
    return [code for code, (address, _) in enumerate(hosts.names) if address in addresses]
