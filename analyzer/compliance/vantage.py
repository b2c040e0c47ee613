"""What the captures could show: from where they were taken, which way they look, and where they end.

Nothing here is assumed; a vantage is known by what it demonstrably saw. A capture whose unicast frames all involve one
host is that host's own view; one that shows unicast between others is a tap or a mirror.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.facts import CAST_NUMBER, ROLE_BIT, Facts, HostFacts, Truths
from analyzer.flows import record as r
from analyzer.flows.build import Evidence
from analyzer.flows.table import Hosts
from analyzer.values import Cast, Role

FIRST_TTLS = frozenset({32, 64, 128, 255})
"""The times to live that systems start packets with."""
ACKED_OR_SENT = 0b1100
"""The history letters A and D, as bits of record.SEEN."""
LAST_SECONDS = 3_000_000_000
"""A flow that begins later than this before the end of a capture may have been answered after it."""


@dataclass(frozen=True)
class View:
    """One vantage. ``home``: the host (code) that all its unicast flows involve, -1 for a tap. ``both_ways``:
    whether any conversation shows both directions. ``local``: addresses whose packets arrived with a time to live
    that no router has reduced. ``cut_headers``: frames whose headers were
    not whole. Times in nanoseconds."""

    number: int
    first: int
    last: int
    home: int
    both_ways: bool
    local: frozenset[str]
    cut_headers: int


def views(evidence: Evidence, hosts: Hosts, facts: Facts) -> tuple[View, ...]:
    """Every vantage of the evidence, in order."""
    table = evidence.table
    unicast = facts.cast == CAST_NUMBER[Cast.UNICAST]
    orig_spoke, resp_spoke = table.orig(r.PKTS) > 0, table.resp(r.PKTS) > 0
    found = []
    for number in range(table.seen.shape[1]):
        seen = table.seen[:, number]
        flows = np.flatnonzero(seen & unicast)
        first, last = evidence.span(number + 1)
        local = frozenset(address for address, ttl in evidence.stations[number] if ttl in FIRST_TTLS)
        both = bool((seen & orig_spoke & resp_spoke).any())
        cut = sum(
            count
            for capture in evidence.captures
            if capture.vantage == number + 1
            for aside, count in capture.asides.items()
            if aside.name == "CUT_SHORT"
        )
        found.append(View(number, first, last, home_of(flows, hosts), both, local, cut))
    return tuple(found)


def home_of(flows: NDArray[np.int64], hosts: Hosts) -> int:
    """The one host that every one of these flows involves; -1 where there is none, or where several would do."""
    if not len(flows):
        return -1
    counts = Counter(hosts.orig[flows].tolist()) + Counter(
        code for flow, code in zip(flows.tolist(), hosts.resp[flows].tolist(), strict=True) if hosts.orig[flow] != code
    )
    homes = [code for code, count in counts.items() if count == len(flows)]
    return int(homes[0]) if len(homes) == 1 else -1


def why_unseen(evidence: Evidence, hosts: Hosts, known: HostFacts, facts: Facts, looks: tuple[View, ...]) -> list[str]:
    """For every flow, why an answer to it could not have been seen; nothing where it could."""
    table = evidence.table
    answering = frozenset(np.flatnonzero(known.roles & ROLE_BIT[Role.DHCP_SERVER]).tolist())
    reasons = [""] * len(table)
    unanswered = (table.orig(r.PKTS) == 0) | (table.resp(r.PKTS) == 0)
    one_sided = one_sided_pairs(evidence, hosts)
    for flow in np.flatnonzero(unanswered).tolist():
        broadcast = facts.cast[flow] == CAST_NUMBER[Cast.LIMITED_BROADCAST]
        blind = []
        for number in np.flatnonzero(table.seen[flow]).tolist():
            why = why_blind(looks[number], int(table.raw[flow, r.F_FIRST]))
            if not why and broadcast:
                why = why_blind_to_broadcast(looks[number], hosts, answering)
            blind.append(why)
        pair = frozenset((int(hosts.orig[flow]), int(hosts.resp[flow])))
        if all(blind):
            reasons[flow] = blind[0]
        elif pair in one_sided:
            reasons[flow] = "another connection of these two shows one side only, although both spoke"
    return reasons


def why_blind(view: View, begins: int) -> str:
    """Why a vantage that saw a flow begin could not have seen an answer to it."""
    if view.last - begins < LAST_SECONDS:
        return "it begins in the last three seconds of the capture"
    if not view.both_ways:
        return "the capture shows one direction only: no conversation in it has both"
    if view.cut_headers:
        return f"{view.cut_headers} frames of the capture are cut inside their headers; the answer may be among them"
    return ""


def why_blind_to_broadcast(view: View, hosts: Hosts, answering: frozenset[int]) -> str:
    """A broadcast is answered by unicast: at one host's own view, another host's answer does not pass."""
    if view.home < 0 or not answering or view.home in answering:
        return ""
    return f"this is the view of {hosts.names[view.home][0]}: unicast answers of another server do not pass it"


def one_sided_pairs(evidence: Evidence, hosts: Hosts) -> set[frozenset[int]]:
    """Pairs of hosts with a connection in which one side acknowledges what this capture never saw."""
    table = evidence.table
    spoke_on = (table.orig(r.SEEN) & ACKED_OR_SENT) != 0
    acknowledged = (table.column(r.F_PROTO) == net.TCP) & spoke_on & (table.resp(r.PKTS) == 0)
    return {
        frozenset((int(hosts.orig[flow]), int(hosts.resp[flow])))
        for flow in np.flatnonzero(acknowledged & (table.orig(r.SYNS) > 0)).tolist()
    }


def can_see(view: View, hosts: Hosts, one: frozenset[str], two: frozenset[str]) -> bool:
    """Whether unicast between two parties (addresses) passes the vantage: it is the home of one of them, or a tap on
    whose own link one of them was heard."""
    if view.home >= 0:
        return hosts.names[view.home][0] in one | two
    return bool(view.local & (one | two))


def seen_at(looks: tuple[View, ...], seen: Truths) -> str:
    """The vantages that saw a flow and those that did not, in words; nothing where there is only one."""
    if len(looks) < 2:
        return ""
    where = [str(view.number + 1) for view in looks if seen[view.number]]
    missing = [str(view.number + 1) for view in looks if not seen[view.number]]
    return f"seen at vantage {', '.join(where)}" + (f", not at {', '.join(missing)}" if missing else "")
