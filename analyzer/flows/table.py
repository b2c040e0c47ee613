"""The flow table: every flow of a run, by named columns."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analyzer.columns import Integers
from analyzer.flows.columns import IcmpErrorColumns, RecordColumn, SideColumns
from analyzer.flows.hosts import Hosts, distinct_hosts
from analyzer.flows.kernel import record as r
from analyzer.flows.marked import MarkedFrames, frames_of
from analyzer.flows.packed import PackedLines
from analyzer.values import Basis

FROM_ORIG, FROM_RESP = 1, 2
"""Bits of ``FlowTable.sides``."""

DIRECTION_BASES = (
    Basis.SYN, Basis.SYN_ACK, Basis.PROTOCOL, Basis.FIRST_PACKET, Basis.RULE, Basis.SERVICE_PORT,
)  # fmt: skip
"""The words for ``FlowTable.direction_basis``, by number."""


@dataclass(frozen=True)
class FlowTable:
    """Every flow of a run, sorted by first time, then capture and frame. Columns have shape (flows,).

    ``records``: (flows, record.WIDTH) as columns, which only this package reads. ``sides``: (flows, vantages), which
    sides of the flow the vantage captured, as bits (FROM_ORIG, FROM_RESP); 0 where it did not capture the flow.
    ``marks``: the frames kept for later stages, in the order of their times. ``places[v]``: (flows of vantage v,), the
    line of this table that each of its flows went into, -1 where it went into none.
    """

    records: PackedLines
    sides: NDArray[np.uint8]
    marks: MarkedFrames = field(default_factory=lambda: frames_of(()))
    places: tuple[Integers, ...] = ()
    first_slot: ClassVar[int] = 0

    ip_version = RecordColumn(r.F_VERSION)
    """4 or 6."""
    proto = RecordColumn(r.F_PROTO)
    """The IP protocol number."""
    orig_p = RecordColumn(r.F_PORT0)
    """The originator's port; ICMP: the type. -1 where the protocol has no ports."""
    resp_p = RecordColumn(r.F_PORT1)
    """The responder's port; ICMP: the code. -1 where the protocol has no ports."""
    first_ns = RecordColumn(r.F_FIRST)
    """The time of the first packet: nanoseconds since the epoch."""
    last_ns = RecordColumn(r.F_LAST)
    """The time of the last packet: nanoseconds since the epoch."""
    capture = RecordColumn(r.F_CAPTURE)
    """The number of the capture of the first frame, in ``Evidence.captures``."""
    first_frame = RecordColumn(r.F_FRAME)
    """The number of the first frame in that capture, from 1."""
    vlan = RecordColumn(r.F_VLAN)
    """-1 without a tag; else the outer tag, the inner one in bits 12 to 23, and bit 24 set when there are two."""
    tunnels = RecordColumn(r.F_TUNNEL)
    """The tunnels that its packets came through, as bits of ``capture.frame.TUNNEL_NAMES``; 0 for none."""
    direction_basis = RecordColumn(r.F_BASIS)
    """Why the originator is the originator: a place in DIRECTION_BASES."""

    def __len__(self) -> int:
        return len(self.records)

    @cached_property
    def orig(self) -> SideColumns:
        """The originator's side."""
        return SideColumns(self.records, r.side_slot(0, 0))

    @cached_property
    def resp(self) -> SideColumns:
        """The responder's side."""
        return SideColumns(self.records, r.side_slot(1, 0))

    @cached_property
    def icmp_error(self) -> IcmpErrorColumns:
        """The ICMP errors that quote the flows."""
        return IcmpErrorColumns(self.records)

    @cached_property
    def hosts(self) -> Hosts:
        """The ends of the flows."""
        return distinct_hosts(self.records)

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """(flows, vantages): whether the vantage captured the flow."""
        return np.asarray(self.sides > 0)

    def select(self, flows: Integers) -> "FlowTable":
        """A table of these flows alone, without marked frames."""
        return FlowTable(self.records.take(flows), self.sides[flows])

    def part(self, start: int, stop: int) -> "FlowTable":
        """A table of these neighbouring flows alone, without marked frames. It shares the memory of this table."""
        return FlowTable(self.records.take(slice(start, stop)), self.sides[start:stop])
