"""Socket tables of one host to records, each of which lasts from the first table with its socket to the last."""

from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.host_evidence.addresses import WILDCARD
from analyzer.host_evidence.model import LOCAL_TABLE_CLOCK, NO_PORT, NO_TIME, TABLE_CLOCK, Attribution
from analyzer.host_evidence.readers.collect import Collector, base_name, clipped


class Socket(NamedTuple):
    """A line of a socket table. ``remote``: (WILDCARD, NO_PORT) for a socket that listens or is bound."""

    proto: str
    local: tuple[str, int]
    remote: tuple[str, int]
    program: str
    path: str
    pid: int


class PollLine(NamedTuple):
    """A socket and its place in the file."""

    socket: Socket
    record: str


NOT_CONNECTED = (WILDCARD, NO_PORT)


@dataclass
class _Span:
    since: int
    until: int
    first: bool
    table: int
    record: str


@dataclass
class Polls:
    """The tables of one host, in the order of the file. ``kind``: of the records. ``restated``: whether each table
    states its own time; else the time of a table may be that of an earlier one, and a socket that comes again under one
    time was seen later, nobody knows when."""

    host: str
    kind: str
    into: Collector
    restated: bool = True
    _clock: str = TABLE_CLOCK
    _number: int = 0
    _open: dict[Socket, _Span] = field(default_factory=dict)
    _time: int = NO_TIME
    _seen: set[Socket] = field(default_factory=set)

    def table(self, time: int, zoned: bool, lines: list[PollLine]) -> None:
        """A whole table, as it was at ``time``; NO_TIME where the file does not say when."""
        clock = TABLE_CLOCK if zoned or time == NO_TIME else LOCAL_TABLE_CLOCK
        if clock != self._clock or time == NO_TIME:
            self.close()
            self._clock = clock
        sockets = {line.socket for line in lines}
        again = time != NO_TIME and time == self._time
        if again and not self.restated and not self._seen.isdisjoint(sockets):
            self._without_time(lines)
            return
        if not again:
            self._end_gone()
            self._number += 1
        self._time, self._seen = time, self._seen | sockets if again else sockets
        self.into.saw_table(self.host, self.kind, clock, time)
        for line in lines:
            span = self._open.get(line.socket)
            if span is None:
                appeared = self._number > 1 and time != NO_TIME
                self._open[line.socket] = _Span(time, time, appeared, self._number, line.record)
            else:
                span.until, span.table = max(span.until, time), self._number
        if time == NO_TIME:
            self.close()

    def _end_gone(self) -> None:
        """End the sockets that the last table did not have."""
        for socket in [socket for socket, span in self._open.items() if span.table != self._number]:
            self._end(socket)

    def _without_time(self, lines: list[PollLine]) -> None:
        """Sockets that were seen at a time which the file does not state."""
        self.into.saw_table(self.host, self.kind, self._clock, NO_TIME)
        origin = PollOrigin(self.host, self._clock, self.kind, self.into.source)
        for line in lines:
            self.into.add(row(origin, line.socket, _Span(NO_TIME, NO_TIME, False, 0, line.record)), self.kind)

    def close(self) -> None:
        """No table follows, or none that could be compared with those before."""
        for socket in list(self._open):
            self._end(socket)
        self._number = 0
        self._time = NO_TIME

    def _end(self, socket: Socket) -> None:
        span = self._open.pop(socket)
        self.into.add(row(PollOrigin(self.host, self._clock, self.kind, self.into.source), socket, span), self.kind)


class PollOrigin(NamedTuple):
    """Where a record comes from."""

    host: str
    clock: str
    kind: str
    source: str


def row(origin: PollOrigin, socket: Socket, span: _Span) -> Attribution:
    """The record of a socket."""
    return Attribution(
        host=origin.host,
        proto=socket.proto,
        a_h=socket.local[0],
        a_p=socket.local[1],
        b_h=socket.remote[0],
        b_p=socket.remote[1],
        local="a",
        program=clipped(socket.program) or base_name(clipped(socket.path)),
        path=clipped(socket.path),
        pid=socket.pid,
        since=span.since,
        until=span.until,
        first=span.first,
        clock=origin.clock,
        kind=origin.kind,
        source=origin.source,
        record=span.record,
    )


def single(origin: PollOrigin, line: PollLine, since: int, into: Collector) -> None:
    """A socket of which only its own time is known, not that of a table."""
    span = _Span(since, since, since != NO_TIME, 0, line.record)
    into.add(row(origin, line.socket, span), origin.kind)
