"""Records and flows with the same two ends: found by number, without regard to which end is named first."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.host_evidence.addresses import WILDCARD
from analyzer.host_evidence.clocks import APART, Anchors
from analyzer.host_evidence.model import KINDS, NO_PORT, NO_TIME, SECOND, Attribution, Log, Nature, rows_of

Integers = NDArray[np.int64]

FLOW_COLUMNS = ("proto", "orig_h", "orig_p", "resp_h", "resp_p", "ts", "end", "begun", "rule")
"""What a table of flows must have: texts, ports, nanoseconds, whether the beginning was captured (bool), and the id of
the row that covers the flow (empty for none). ``orig_mac`` and ``resp_mac`` may be there too: the ends' own MACs."""

LOWEST_EPHEMERAL = 1024
SAME_EVENT = 2 * SECOND
"""Records of one connection that are closer than this are one event, written twice."""
_PROTOCOLS = {"tcp": 0, "udp": 1}
_UNSPECIFIED = "0.0.0.0"


@dataclass(frozen=True)
class Ends:
    """Two ends of each line, as numbers: address number and port in one; -1 where an end is not one of a flow's."""

    proto: Integers
    a: Integers
    b: Integers


class FlowLists(NamedTuple):
    """Columns of the flows as lists: single values are read from a list much faster than from a column. A MAC is empty
    where the table of flows has no column of MACs."""

    proto: list[str]
    orig_h: list[str]
    orig_p: list[int]
    orig_mac: list[str]
    resp_h: list[str]
    resp_p: list[int]
    resp_mac: list[str]
    ts: list[int]
    end: list[int]
    begun: list[bool]
    rule: list[str]


@dataclass(frozen=True)
class Tuples:
    """Flows and records by tuple. ``flow_group``, ``record_group``: the number of each one's tuple, -1 for a record
    whose tuple no flow has."""

    flows: pd.DataFrame
    records: pd.DataFrame
    rows: list[Attribution]
    addresses: Mapping[str, int]
    flow_ends: Ends
    record_ends: Ends
    flow_group: Integers
    record_group: Integers

    @cached_property
    def lists(self) -> FlowLists:
        no_macs = [""] * len(self.flows)
        columns: Iterator[list[Any]] = (
            self.flows[name].tolist() if name in self.flows else no_macs for name in FlowLists._fields
        )
        return FlowLists(*columns)

    @cached_property
    def flows_of(self) -> dict[int, Integers]:
        """The flows of each tuple that a record has, in the order of their times."""
        wanted = np.unique(self.record_group[self.record_group >= 0])
        held = np.flatnonzero(np.isin(self.flow_group, wanted))
        order = held[np.lexsort((held, self.flows["ts"].to_numpy()[held], self.flow_group[held]))]
        return _split(self.flow_group, order)

    @cached_property
    def records_of(self) -> dict[int, Integers]:
        """The records of each tuple that a flow has, in the order of their times."""
        held = np.flatnonzero(self.record_group >= 0)
        order = held[np.lexsort((held, self.records["since"].to_numpy()[held], self.record_group[held]))]
        return _split(self.record_group, order)


def _split(groups: Integers, order: Integers) -> dict[int, Integers]:
    """``order`` cut where the group changes."""
    if not len(order):
        return {}
    numbers = groups[order]
    borders = np.flatnonzero(np.diff(numbers)) + 1
    return {int(groups[part[0]]): part for part in np.split(order, borders)}


def tuples_of(flows: pd.DataFrame, records: pd.DataFrame) -> Tuples:
    """Flows (FLOW_COLUMNS) and records (model.COLUMNS) by their tuples."""
    known: dict[str, int] = {}
    orig = np.array([known.setdefault(text, len(known)) for text in flows["orig_h"]], dtype=np.int64)
    resp = np.array([known.setdefault(text, len(known)) for text in flows["resp_h"]], dtype=np.int64)
    flow_ends = Ends(
        _protocol_numbers(flows["proto"]),
        _ends(orig, flows["orig_p"].to_numpy()),
        _ends(resp, flows["resp_p"].to_numpy()),
    )
    record_ends = Ends(
        _protocol_numbers(records["proto"]),
        _ends(_numbered(records["a_h"], known), records["a_p"].to_numpy()),
        _ends(_numbered(records["b_h"], known), records["b_p"].to_numpy()),
    )
    flow_group, record_group = _groups(flow_ends, record_ends)
    return Tuples(flows, records, rows_of(records), known, flow_ends, record_ends, flow_group, record_group)


def relevant(flows: pd.DataFrame, records: pd.DataFrame, ports: frozenset[int]) -> pd.DataFrame:
    """The records that can be of a flow or of a port of the table: those of two ends that both are flows' ends, and
    those of a port that a flow goes to or that is among ``ports``. A large log has few of them."""
    ends = {*flows["orig_h"], *flows["resp_h"]}
    if _UNSPECIFIED in ends:
        ends.add(WILDCARD)
    both = records["a_h"].isin(ends).to_numpy() & records["b_h"].isin(ends).to_numpy()
    wanted = np.array(sorted({*flows["resp_p"].tolist(), *ports}), dtype=np.int64)
    listening = records["b_p"].to_numpy() == NO_PORT
    kept = np.where(listening, np.isin(records["a_p"].to_numpy(), wanted), both)
    return records[kept].reset_index(drop=True)


def _protocol_numbers(texts: "pd.Series[str]") -> Integers:
    return np.array([_PROTOCOLS.get(text, -1) for text in texts], dtype=np.int64)


def _numbered(addresses: "pd.Series[str]", known: Mapping[str, int]) -> Integers:
    """The number of each address among those of the flows; a host without an address yet is 0.0.0.0 there."""
    categories = [_UNSPECIFIED if text == WILDCARD else text for text in addresses.cat.categories]
    numbers = np.array([known.get(text, -1) for text in categories], dtype=np.int64)
    return numbers[addresses.cat.codes.to_numpy()] if len(numbers) else np.full(len(addresses), -1, dtype=np.int64)


def _ends(addresses: Integers, ports: Integers) -> Integers:
    return np.where((addresses < 0) | (ports == NO_PORT), -1, addresses << 16 | (ports & 0xFFFF))


def _groups(flows: Ends, records: Ends) -> tuple[Integers, Integers]:
    proto = np.concatenate([flows.proto, records.proto])
    low = np.concatenate([np.minimum(flows.a, flows.b), np.minimum(records.a, records.b)])
    high = np.concatenate([np.maximum(flows.a, flows.b), np.maximum(records.a, records.b)])
    valid = (proto >= 0) & (low >= 0)
    keys = pd.DataFrame({"proto": proto, "low": low, "high": high})
    numbers = keys.groupby(["proto", "low", "high"], sort=False).ngroup().to_numpy().astype(np.int64)
    numbers = np.where(valid, numbers, -1)
    flow_numbers, record_numbers = numbers[: len(flows.proto)], numbers[len(flows.proto) :].copy()
    record_numbers[~np.isin(record_numbers, np.unique(flow_numbers[flow_numbers >= 0]))] = -1
    return flow_numbers, record_numbers


def anchors(tuples: Tuples, fixed_ports: frozenset[int], logs: Iterable[Log] = ()) -> dict[tuple[str, str], Anchors]:
    """How far the records of each (host, clock) are from their flows, of those that can show what the clock is.

    ``fixed_ports``: the ports of the table, which no connection takes by chance. ``logs``: with the times of socket
    tables: a connection began at some time after the table before its first one. If that was too long ago, it shows
    nothing.
    """
    tables = {(log.source, log.host, log.channel, log.clock): log.tables for log in logs if log.tables}
    found: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    usable = _usable(tuples.records)
    for group, flows in tuples.flows_of.items():
        flow = int(flows[0])
        if len(flows) != 1 or not _is_ephemeral(tuples, flow, fixed_ports):
            continue
        lines = tuples.records_of[group]
        for row in _once(tuples.rows, lines[usable[lines]]):
            coarse = _since_table_before(row, tables.get((row.source, row.host, row.kind, row.clock), ()))
            if coarse <= APART:
                delta = row.since - tuples.lists.ts[flow]
                found.setdefault((row.host, row.clock), []).append((delta, row.since, coarse))
    return {
        key: Anchors(
            np.array([delta for delta, _, _ in held], dtype=np.int64),
            np.array([time for _, time, _ in held], dtype=np.int64),
            max(coarse for _, _, coarse in held),
        )
        for key, held in sorted(found.items())
    }


def _since_table_before(row: Attribution, tables: Sequence[int]) -> int:
    """Nanoseconds from the socket table before a record's first one to that one; 0 for a record of no table."""
    place = bisect_left(tables, row.since)
    return row.since - tables[place - 1] if place else 0


def _usable(records: pd.DataFrame) -> NDArray[np.bool_]:
    """Records that say when a connection began: events, notes beside its packets, and sockets that appeared. One that
    was blocked is asked for again and again."""
    begins = {Nature.CONNECTION, Nature.PACKET}
    events = [kind for kind, what in KINDS.items() if what.nature in begins]
    tables = [kind for kind, what in KINDS.items() if what.nature is Nature.SOCKETS]
    kind, first = records["kind"], records["first"].to_numpy()
    held = kind.isin(events).to_numpy() | (kind.isin(tables).to_numpy() & first)
    return np.asarray(held & (records["since"].to_numpy() != NO_TIME))


def _is_ephemeral(tuples: Tuples, flow: int, fixed_ports: frozenset[int]) -> bool:
    """Whether a flow begins in the capture, and one of its ports is of that connection alone."""
    if not tuples.lists.begun[flow]:
        return False
    ports = int(tuples.flow_ends.a[flow]) & 0xFFFF, int(tuples.flow_ends.b[flow]) & 0xFFFF
    return ports[0] != ports[1] and any(port >= LOWEST_EPHEMERAL and port not in fixed_ports for port in ports)


def _once(rows: list[Attribution], lines: Integers) -> Iterator[Attribution]:
    """The first record of each clock whose log has the connection once."""
    held: dict[tuple[str, str], list[Attribution]] = {}
    for line in lines.tolist():
        row = rows[line]
        held.setdefault((row.host, row.clock), []).append(row)
    for records in held.values():
        times = [row.since for row in records]
        if max(times) - min(times) <= SAME_EVENT:
            yield records[times.index(min(times))]
