"""The conversation that a flow belongs to, without ephemeral ports: originator, responder and service.

The responder's port is the service's where the flow's beginning, its protocol or a row shows the responder. If
only the first packet shows it, this packet may be an answer that was captured first: then the ports decide. A port of
the range without registrations is ephemeral on either side, unless a table fixes it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import group_rows
from analyzer.difference.columns import index
from analyzer.difference.host_identity import HostNames, host_names, mapped, objects
from analyzer.report import Report
from analyzer.values import Basis, Cast

WELL_KNOWN = 1024
EPHEMERAL = 32768
"""The first port that systems of today give to clients (Linux)."""
DYNAMIC_PORTS = 49152
"""The first port of the range without registrations (RFC 6335)."""
SIDES = ("originator", "responder")
PORTED = ("tcp", "udp")
NAMED = ("orig_h", "orig_name", "resp_h", "resp_name")
"""The addresses of both ends in a report, and their names in its profile."""
DYNAMIC = "dynamic"
"""The service of a conversation between two ports, neither of which is known to be the service's."""

Ports = frozenset[tuple[str, int]]


@dataclass(frozen=True)
class ConversationKeys:
    """Of every flow of a report, one value a flow: the host that asked, the host that was asked, and the service.

    ``named``: column of NAMED -> the address of that host in the report, or its name in the profile.
    """

    orig: NDArray[np.object_]
    resp: NDArray[np.object_]
    service: NDArray[np.object_]
    named: dict[str, NDArray[np.object_]]


def conversation_keys(
    reports: tuple[Report, Report], names: tuple[HostNames, HostNames]
) -> tuple[ConversationKeys, ConversationKeys]:
    """The ends and services of all flows of two reports; what one of them shows of a port counts for both."""
    fixed = table_ports(reports)
    sides = [ReportFlows(report, own, fixed) for report, own in zip(reports, names, strict=True)]
    asked = served_ports(sides)
    first, second = (side.keys(asked) for side in sides)
    return first, second


def table_ports(reports: Iterable[Report]) -> Ports:
    """The ports that the tables in use fix, on either side of a row."""
    return frozenset(
        (str(row["protocol"]), int(row[side]["port"]))
        for report in reports
        for row in table_rows(report)
        for side in SIDES
        if row[side].get("port") is not None
    )


def table_rows(report: Report) -> Iterator[dict[str, Any]]:
    """The rows of the table that a report was judged by, as plain data."""
    for pack in report.meta.packs:
        yield from pack.get("rules", ())


class ReportFlows:
    """The flows of one report, for which keys are made."""

    def __init__(self, report: Report, names: HostNames, fixed: Ports) -> None:
        flows = report.flows
        self.flows = flows
        self.proto = flows["proto"].to_numpy(dtype=object)
        self.orig = host_names(flows["orig_h"], flows["orig_mac"], names)
        self.resp = host_names(flows["resp_h"], flows["resp_mac"], names)
        self.orig_p, self.resp_p = flows["orig_p"].to_numpy(), flows["resp_p"].to_numpy()
        self.request = requests_of(report)
        between = np.isin(self.proto, PORTED) & (flows["cast"] == Cast.UNICAST).to_numpy() & (self.request < 0)
        unproven = between & flows["direction_basis"].isin((Basis.FIRST_PACKET, Basis.SERVICE_PORT)).to_numpy()
        ranks = [ranked(self.proto, ports, fixed) for ports in (self.orig_p, self.resp_p)]
        self.reversed_ = unproven & (ranks[0] < 2) & (ranks[0] < ranks[1])
        self.dynamic = between & ~self.reversed_ & (ranks[1] == 3)
        self.unknown = unproven & ~self.reversed_ & (ranks[1] == 2)

    def keys(self, asked: pd.MultiIndex) -> ConversationKeys:
        """``asked``: protocol, host and port of what is known to be served."""
        service, reversed_ = self.labels(), np.flatnonzero(self.reversed_)
        service[reversed_] = services(self.proto[reversed_], self.orig_p[reversed_])
        unknown = np.flatnonzero(self.unknown)
        lost = unknown[~self.served(unknown).isin(asked)]
        lost = np.union1d(lost, np.flatnonzero(self.dynamic))
        service[lost] = self.proto[lost] + f"/{DYNAMIC}"
        transfers = np.flatnonzero(self.request >= 0)
        service[transfers] = service[self.request[transfers]] + " transfer"
        named: dict[str, NDArray[np.object_]] = {}
        for what in ("h", "name"):
            names = [f"{side}_{what}" for side in ("orig", "resp")]
            named |= zip(
                names, self.exchanged(*(self.flows[name].to_numpy(dtype=object) for name in names)), strict=True
            )
        orig, resp = self.exchanged(self.orig, self.resp)
        return ConversationKeys(orig, resp, service, named)

    def exchanged(
        self, orig: NDArray[np.object_], resp: NDArray[np.object_]
    ) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """A value of both ends, as the conversation has its ends: exchanged where an answer was captured first, those
        of the request for a transfer."""
        transfers = self.request >= 0
        line = np.where(transfers, self.request, np.arange(len(self.request)))
        reversed_ = self.reversed_ & ~transfers
        return np.where(reversed_, resp[line], orig[line]), np.where(reversed_, orig[line], resp[line])

    def labels(self) -> NDArray[np.object_]:
        """The document's own words, and ICMP's code if it has a meaning."""
        labels = self.flows["service"].to_numpy(dtype=object, copy=True)
        coded = np.flatnonzero(np.isin(self.proto, ("icmp", "icmp6")) & (self.resp_p > 0))
        labels[coded] = labels[coded] + mapped(self.resp_p[coded].astype(object), lambda code: f" code {code}")
        return labels

    def served(self, lines: NDArray[np.int64]) -> pd.MultiIndex:
        return index(self.proto[lines], self.resp[lines], self.resp_p[lines])


def requests_of(report: Report) -> NDArray[np.int64]:
    """The line of the request that each flow answers (TFTP), -1 where it answers none."""
    pairs = {flow: seen["request"] for flow, seen in report.meta.observations.items() if "request" in seen}
    lines = pd.Index(report.flows["flow"], dtype=object)
    request = np.full(len(lines), -1, dtype=np.int64)
    if pairs:
        answers, asks = (lines.get_indexer(pd.Index(list(names), dtype=object)) for names in (pairs, pairs.values()))
        there = (answers >= 0) & (asks >= 0)
        request[answers[there]] = asks[there]
    return request


def ranked(proto: NDArray[np.object_], ports: NDArray[np.int64], fixed: Ports) -> NDArray[np.int64]:
    """0: a port of the table or a well-known one; 1: one that no system of today gives to clients; 2: one that some
    give; 3: one of the range without registrations."""
    known = fixed | set(net.SERVICES)
    ranks = np.where(ports < WELL_KNOWN, 0, np.where(ports < EPHEMERAL, 1, np.where(ports < DYNAMIC_PORTS, 2, 3)))
    for word in PORTED:
        ranks[(proto == word) & np.isin(ports, [port for name, port in known if name == word])] = 0
    return ranks


def served_ports(sides: Iterable[ReportFlows]) -> pd.MultiIndex:
    """Protocol, host and port of those of the doubtful responders that were asked from several places: what is asked
    again is a service."""
    parts = [(side, np.flatnonzero(side.unknown)) for side in sides]
    ends = [(side.proto, side.resp, side.resp_p, side.orig, side.orig_p) for side, _ in parts]
    chosen = [[column[lines] for column in columns] for columns, (_, lines) in zip(ends, parts, strict=True)]
    columns = [np.concatenate(both) for both in zip(*chosen, strict=True)]
    codes = [pd.factorize(column)[0] for column in columns]
    places = group_rows(codes).first
    served = group_rows([column[places] for column in codes[:3]])
    several = places[served.first[np.bincount(served.codes, minlength=len(served.first)) > 1]]
    return index(*(column[several] for column in columns[:3]))


def services(proto: NDArray[np.object_], ports: NDArray[np.int64]) -> NDArray[np.object_]:
    """The names of services by protocol and port."""
    protocols, words = pd.factorize(proto)
    first, kind = group_rows([protocols, ports]) if len(ports) else (np.empty(0, int), np.empty(0, int))
    labels = objects(
        net.service_name(words[name], port, port)
        for name, port in zip(protocols[first].tolist(), ports[first].tolist(), strict=True)
    )
    return labels[kind] if len(kind) else labels
