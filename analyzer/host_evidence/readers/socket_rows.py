"""Socket tables as osquery and Velociraptor export them, as CSV or JSON: rows with a name for each column.

osquery: ``process_open_sockets`` and ``listening_ports``, joined with ``processes`` or not, as a plain list of rows or
as its result log writes them (differential, or snapshot). Velociraptor: ``Windows.Network.Netstat``,
``NetstatEnriched`` and ``Linux.Network.Netstat``; its ``Timestamp`` is when the socket was made.

The protocol is a word or a number of IP. Where a row has the numbers of a socket instead (``Family`` 2, ``Type`` 1),
they say it. ``Linux.Network.Netstat`` states none for its rows of /proc/net/tcp, which are known by their columns.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from analyzer.host_evidence.addresses import WILDCARD, address, port, protocol
from analyzer.host_evidence.model import LOCAL_TABLE_CLOCK, NO_PID, NO_PORT, NO_TIME, TABLE_CLOCK
from analyzer.host_evidence.moments import moment
from analyzer.host_evidence.readers.collect import Collector, clipped
from analyzer.host_evidence.readers.json_lines import lines, parsed, records, unread
from analyzer.host_evidence.readers.polls import (
    NOT_CONNECTED,
    PollLine,
    PollOrigin,
    Polls,
    Socket,
    single,
)

OSQUERY, VELOCIRAPTOR, VELOCIRAPTOR_LINUX = "osquery", "velociraptor", "velociraptor-linux"
_LISTENING = {"LISTEN", "LISTENING", "2"}
_NAMES: Mapping[str, tuple[str, ...]] = {
    "proto": ("protocol", "typestring", "type", "proto"),
    "family": ("family",),
    "local_h": ("localaddress", "laddrip", "srcip", "address", "localip", "localaddr"),
    "local_p": ("localport", "laddrport", "srcport", "port"),
    "remote_h": ("remoteaddress", "raddrip", "destip", "remoteip", "remoteaddr"),
    "remote_p": ("remoteport", "raddrport", "destport"),
    "state": ("state", "status"),
    "pid": ("pid", "processid", "processinfopid"),
    "path": ("processpath", "exe", "executable", "imagepath", "path"),
    "name": ("processname", "name", "program", "processinfocommand"),
    "time": ("timestamp", "createtime", "created"),
    "host": ("fqdn", "hostidentifier", "hostname", "computername"),
    "taken": ("unixtime", "takenat"),
}
"""Columns by their letters and digits alone, the best first."""
_NESTED: Mapping[str, tuple[str, ...]] = {
    "laddr": ("IP", "Port"), "raddr": ("IP", "Port"), "processinfo": ("Pid", "Command"),
}  # fmt: skip
"""Columns of Velociraptor that hold an object, and its values that are read."""
_OF_PROC_NET_TCP = frozenset({"inode", "uid", "state", "localaddr", "localport", "remoteaddr", "remoteport"})
"""Columns of ``Linux.Network.Netstat``: lines of /proc/net/tcp with the process that has the inode, if there is one."""
_INTERNET = frozenset({"2", "10", "23", "30", "ipv4", "ipv6", "inet", "inet6"})
"""Families of IP: AF_INET, and AF_INET6 of Linux, Windows and Darwin."""
_SOCKET_TYPES = {"1": "tcp", "2": "udp"}
"""SOCK_STREAM and SOCK_DGRAM."""
_ABSOLUTE = re.compile(r"(/|[A-Za-z]:[\\/]|\\).*", re.DOTALL)
_DELIMITERS = ",;\t|"
"""osquery writes ``|`` between the cells of its CSV by default."""
LONGEST_HEADING = 10_000
"""Characters of a heading that are read."""


class _SocketRow(NamedTuple):
    """A row with the columns of _NAMES, as text, and its place in the file."""

    cells: Mapping[str, str]
    number: int


def is_row(record: object) -> str:
    """The kind of a row that a record is, or holds: OSQUERY, VELOCIRAPTOR or nothing."""
    if not isinstance(record, dict):
        return ""
    first = next(_inner(record), None)
    if first is None:
        return ""
    plain = {_letters(str(name)) for name in _flattened(first)}
    if plain >= _OF_PROC_NET_TCP:
        return VELOCIRAPTOR_LINUX
    if not {"local_p", "pid"} <= set(_cells(first)):
        return ""
    return VELOCIRAPTOR if plain & {"laddrip", "srcip", "raddrip"} else OSQUERY


def is_heading(line: str) -> str:
    """The kind of rows below a CSV heading, or nothing."""
    names = _names_of(line)
    row = {
        name: dict.fromkeys(_NESTED[letters], "1") if (letters := _letters(name)) in _NESTED else "1" for name in names
    }
    return is_row(row) if len(names) > 3 else ""


def read_json(path: Path, into: Collector) -> None:
    """Rows as JSON. Raises TooMuch where a limit was reached."""
    _take(_json_rows(path, into), into)


def read_csv(path: Path, into: Collector) -> None:
    """Rows as CSV, whose first line names the columns. Raises TooMuch where a limit was reached."""
    _take(_csv_rows(path, into), into)


def _json_rows(path: Path, into: Collector) -> Iterator[tuple[str, _SocketRow]]:
    for number, record in enumerate(records(path, into), 1):
        kind = is_row(record)
        if not kind:
            unread(into)
            continue
        for inner in _inner(record):
            outer = {**{name: value for name, value in record.items() if not isinstance(value, dict | list)}, **inner}
            yield kind, _SocketRow(_cells(outer), number)


def _csv_rows(path: Path, into: Collector) -> Iterator[tuple[str, _SocketRow]]:
    text = lines(path, into)
    heading = next(text, "")
    kind, names = is_heading(heading), _names_of(heading)
    reader = csv.reader(text, delimiter=_delimiter(heading))
    while kind:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            unread(into)
            continue
        if cells:
            row = {name: _deep(cell) for name, cell in zip(names, cells, strict=False)}
            yield kind, _SocketRow(_cells(row), reader.line_num + 1)


def _deep(cell: str) -> object:
    """A cell, or the object that it holds as JSON: Velociraptor writes ``Laddr`` so into CSV."""
    found = parsed(cell) if cell.startswith("{") else None
    return found if isinstance(found, dict) else cell


def _names_of(heading: str) -> list[str]:
    """The columns that a heading names; none where it is no line of CSV."""
    try:
        return next(csv.reader([heading[:LONGEST_HEADING]], delimiter=_delimiter(heading)), [])
    except csv.Error:
        return []


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _inner(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The rows in a record of osquery's result log; else the record itself."""
    if record.get("action") == "removed":
        return
    for key in ("snapshot", "columns"):
        held = record.get(key)
        if isinstance(held, list | dict):
            yield from (row for row in (held if isinstance(held, list) else [held]) if isinstance(row, dict))
            return
    yield record


def _flattened(record: Mapping[str, Any]) -> dict[str, Any]:
    """Velociraptor nests ``Laddr: {IP, Port}``; CSV calls the same ``Laddr.IP``."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            found.update({f"{name}.{inner}": deep for inner, deep in value.items()})
        else:
            found[str(name)] = value
    return found


def _cells(record: Mapping[str, Any]) -> dict[str, str]:
    by_letters: dict[str, str] = {}
    for name, value in list(_flattened(record).items())[:200]:
        if value is not None:
            by_letters.setdefault(_letters(str(name)), clipped(value))
    found = {}
    for cell, names in _NAMES.items():
        for name in names:
            if name in by_letters:
                found[cell] = by_letters[name]
                break
    return found


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _take(rows: Iterator[tuple[str, _SocketRow]], into: Collector) -> None:
    """Rows that share a table's time are a table; others stand alone, with the time of their socket."""
    polls: dict[tuple[str, str], Polls] = {}
    table: list[PollLine] = []
    current: tuple[str, str, str] | None = None

    def end() -> None:
        if current is not None:
            kind, host, taken = current
            time, zoned = moment(taken)
            polls.setdefault((kind, host), Polls(host, kind, into)).table(time, zoned, list(table))
            table.clear()

    for kind, row in rows:
        line = _line(kind, row, into)
        if line is None:
            continue
        host = row.cells.get("host") or f"file:{into.source}"
        if "taken" not in row.cells:
            _add_row(kind, host, row, line, into)
            continue
        key = (kind, host, row.cells["taken"])
        if key != current:
            end()
            current = key
        table.append(line)
    end()
    for one in polls.values():
        one.close()


def _add_row(kind: str, host: str, row: _SocketRow, line: PollLine, into: Collector) -> None:
    since, zoned = moment(row.cells.get("time", ""))
    clock = TABLE_CLOCK if zoned or since == NO_TIME else LOCAL_TABLE_CLOCK
    if kind == OSQUERY:
        since = NO_TIME  # osquery's own tables have no time of a socket
    into.saw(host, kind, clock, since, None)
    single(PollOrigin(host, clock, kind, into.source), line, since, into)


def _protocol(kind: str, cells: Mapping[str, str]) -> str:
    """The protocol of a row; nothing for one that has no ports, or is not known."""
    text = cells.get("proto", "")
    if text in _SOCKET_TYPES:
        return _SOCKET_TYPES[text] if cells.get("family", "").lower() in _INTERNET else ""
    return "tcp" if kind == VELOCIRAPTOR_LINUX and not text else protocol(text)


def _says_a_protocol(cells: Mapping[str, str]) -> bool:
    """Whether a row says what its protocol is, be it one without ports."""
    text = cells.get("proto", "")
    return bool(cells.get("family") if text in _SOCKET_TYPES else text)


def _line(kind: str, row: _SocketRow, into: Collector) -> PollLine | None:
    cells = row.cells
    proto = _protocol(kind, cells)
    local = _end(cells, "local")
    if not proto or local is None or local[1] in {NO_PORT, 0}:
        if proto or not _says_a_protocol(cells):
            unread(into)
        return None
    remote = _end(cells, "remote") or NOT_CONNECTED
    if cells.get("state", "").upper() in _LISTENING or remote[1] <= 0 or remote[0] == WILDCARD:
        remote = NOT_CONNECTED
    path = cells.get("path", "")
    path = path if _ABSOLUTE.fullmatch(path) else ""
    number = cells.get("pid", "")
    pid = int(number) if number.isascii() and number.isdigit() and len(number) <= 10 else NO_PID
    return PollLine(Socket(proto, local, remote, cells.get("name", "").rstrip("\n"), path, pid), str(row.number))


def _end(cells: Mapping[str, str], side: str) -> tuple[str, int] | None:
    found, number = address(cells.get(f"{side}_h", "")), port(cells.get(f"{side}_p", ""))
    return None if found is None or number is None else (found, number)
