"""Named columns of flow records, so that nothing outside this package reads a record by slot number."""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, overload

import numpy as np

from analyzer.columns import Integers, Truths
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.tcp import INACTIVE, L_FIN, RESET
from analyzer.flows.packed import PackedLines


class HasRecords(Protocol):
    """Something with records: one line of integers for each flow. ``first_slot``: where its part of a line begins."""

    @property
    def records(self) -> PackedLines: ...
    @property
    def first_slot(self) -> int: ...


class RecordColumn:
    """An attribute that is one column of its owner's ``records``, of shape (flows,)."""

    def __init__(self, slot: int) -> None:
        self.slot = slot

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, rows: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, rows: HasRecords, owner: Any) -> Integers: ...
    def __get__(self, rows: HasRecords | None, owner: Any) -> Integers | Self:
        if rows is None:
            return self
        column = rows.__dict__[self.name] = rows.records.column(rows.first_slot + self.slot)
        return column


@dataclass(frozen=True, eq=False)
class SideColumns:
    """One side of every flow. ``records``: those of the flow table, in which this side's block begins at
    ``first_slot``; each column has shape (flows,).

    -1: not seen, where a count would be 0. Times are integer nanoseconds since the epoch.
    """

    records: PackedLines
    first_slot: int

    pkts = RecordColumn(r.S_PKTS)
    """Packets that this side sent, copies included."""
    payload_bytes = RecordColumn(r.S_BYTES)
    """Octets of transport payload, as sent."""
    ip_bytes = RecordColumn(r.S_IP_BYTES)
    """Octets from the IP header on, as sent."""
    copies = RecordColumn(r.S_COPIES)
    """Packets that repeat one that was captured just before."""
    first_ns = RecordColumn(r.S_FIRST)
    """The time of its first packet."""
    last_ns = RecordColumn(r.S_LAST)
    """The time of its last packet."""
    mac = RecordColumn(r.S_MAC)
    """Its hardware address as a number: of its first frame, or of the first frame sent to it."""
    ttl = RecordColumn(r.S_TTL)
    """The time to live of its first packet."""
    first_payload = RecordColumn(r.S_HEAD)
    """The first four octets of its first payload, as one number."""
    last_payload = RecordColumn(r.S_LAST_HEAD)
    """UDP: the first four octets of its last payload, as one number."""
    last_length = RecordColumn(r.S_LAST_LENGTH)
    """UDP: the length of its last payload in octets."""
    longest = RecordColumn(r.S_MOST_LENGTH)
    """UDP: the length of its longest payload in octets."""
    tcp_state = RecordColumn(r.S_STATE)
    """TCP: the state that it ended in, one of the numbers of ``flows.conn_state``."""
    seen_letters = RecordColumn(r.S_SEEN)
    """TCP: the letters of its history, as the bits of ``letter_bits``."""
    syns = RecordColumn(r.S_SYNS)
    """TCP: its segments with SYN."""
    late_syns = RecordColumn(r.S_LATE_SYNS)
    """TCP: its segments with SYN that came after the peer's first answer to one: a SYN-ACK, ACK, data, FIN or RST."""
    rst_ttl = RecordColumn(r.S_RST_TTL)
    """TCP: the time to live of its last RST."""
    retransmitted = RecordColumn(r.S_RETRANSMITTED)
    """TCP: its segments with data that was sent before."""
    repeats = RecordColumn(r.S_REPEATS)
    """TCP: the last segments in a row that repeat data or FIN, with nothing new sent or acknowledged between; UDP: the
    last datagrams in a row that repeat the one before: with the same length and first octets, on watched ports with the
    same payload."""
    zero_windows = RecordColumn(r.S_ZERO_WINDOWS)
    """TCP: its segments that close the window."""
    gaps = RecordColumn(r.S_GAPS)
    """TCP: how often the peer acknowledged data of this side that is not in the capture."""

    @property
    def octets_sent(self) -> Integers:
        """TCP: how many octets it sent, each once, FIN as one, as far as sequence numbers show; modulo 2**32."""
        return self._after_syn(self._column(r.S_NEXT))

    @property
    def data_octets_sent(self) -> Integers:
        """TCP: the same without FIN."""
        return self.octets_sent - ((self.seen_letters >> L_FIN) & 1)

    @property
    def octets_acknowledged(self) -> Integers:
        """TCP: how many octets the peer acknowledged, FIN as one: 0 for the SYN alone, -1 where not even that was
        acknowledged."""
        acked = self._column(r.S_ACKED)
        return np.where(acked >= 0, np.maximum(self._after_syn(acked), 0), -1)

    def _column(self, slot: int) -> Integers:
        return self.records.column(self.first_slot + slot)

    def _after_syn(self, numbers: Integers) -> Integers:
        """How far sequence numbers are after that of the first octet."""
        past = (numbers - self._column(r.S_ISN) - 1) & 0xFFFFFFFF
        return np.where(past >= 1 << 31, past - (1 << 32), past)

    @property
    def was_reset(self) -> Truths:
        """TCP: whether the state that it ended in is that of a side that sent a RST."""
        return np.asarray(self.tcp_state >= RESET)

    @property
    def is_inactive(self) -> Truths:
        """TCP: whether nothing of it was seen that begins a connection or belongs to one."""
        return np.asarray(self.tcp_state == INACTIVE)


@dataclass(frozen=True, eq=False)
class IcmpErrorColumns:
    """The first ICMP error that quotes each flow. ``records``: those of the flow table; columns have shape (flows,)."""

    records: PackedLines
    first_slot: ClassVar[int] = 0

    count = RecordColumn(r.F_ERR_COUNT)
    """How many errors quote the flow; without any, the other columns are -1."""
    type = RecordColumn(r.F_ERR_TYPE)
    code = RecordColumn(r.F_ERR_CODE)
    ttl = RecordColumn(r.F_ERR_TTL)
    """The time to live of the packet with the error."""
    frame = RecordColumn(r.F_ERR_FRAME)
    """The number of its frame in its capture."""
    capture = RecordColumn(r.F_ERR_CAPTURE)
    """The number of its capture."""
    time_ns = RecordColumn(r.F_ERR_TIME)

    def source_words(self, flow: int) -> tuple[int, int, int, int]:
        """The address that sent the error, as four 32-bit words."""
        one, two, three, four = (int(self.records.column(r.F_ERR_SRC + word)[flow]) for word in range(4))
        return one, two, three, four
