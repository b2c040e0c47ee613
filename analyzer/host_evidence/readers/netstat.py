"""``netstat -abno`` of Windows, English or Japanese, by the ``jc`` package.

jc knows the English headings only, so Japanese ones are put into English first; the lines themselves are the same in
both. ``-b`` prints the programs below the socket, and the last of them, in square brackets, is the program that has it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from analyzer.host_evidence.addresses import end, protocol
from analyzer.host_evidence.model import NO_PID, NO_PORT
from analyzer.host_evidence.readers.collect import Collector, clipped
from analyzer.host_evidence.readers.console import parser, tables
from analyzer.host_evidence.readers.polls import NOT_CONNECTED, PollLine, Polls, Socket

KIND = "netstat"

_ENGLISH = "  Proto  Local Address          Foreign Address        State           PID"
_TITLE = "Active Connections"
_HEADINGS = {
    "proto": ("proto", "プロトコル"),
    "local": ("local address", "ローカル アドレス", "ローカルアドレス"),
    "foreign": ("foreign address", "外部アドレス", "外部 アドレス", "リモート アドレス"),
}
_ROW = re.compile(r"\s*(TCP|UDP)\s+(\S+:\S+)\s+(\S+:\S+)(?:\s+([A-Z_0-9]+))?\s+(\d{1,10})\s*", re.ASCII)
_PROGRAM = re.compile(r"\s*\[(?P<name>[^\[\]]{1,260})\]\s*")


def is_header(line: str) -> bool:
    """Whether a line is the heading of such a table, in English or Japanese."""
    text = " ".join(line.strip().lower().split())
    return len(text) < 200 and text.startswith(_HEADINGS["proto"]) and all(
        any(word in text for word in words) for words in _HEADINGS.values()
    ) and "pid" in text  # fmt: skip


def read(path: Path, into: Collector) -> None:
    """Every table of the file. Raises HostEvidenceError where jc is not installed."""
    jc = parser()
    polls = Polls(f"file:{into.source}", KIND, into, restated=False)
    for table in tables(path, into, is_header):
        sockets = _sockets(table.lines)
        into.unread += sum(1 for _, line in table.lines if _is_odd(line))
        found = [_line(entry, number) for entry, number in _entries(jc, sockets)]
        lines = [one for one in found if one is not None]
        into.unread += len(sockets) - len(lines)
        polls.table(table.time, table.zoned, lines)
    polls.close()


class _PrintedSocket(NamedTuple):
    """The line of a socket with its number, and below it the programs that have it."""

    number: int
    lines: list[str]


def _sockets(lines: list[tuple[int, str]]) -> list[_PrintedSocket]:
    """The sockets of a table as jc expects them: it gives up a whole table for one line that it does not know."""
    found: list[_PrintedSocket] = []
    for number, line in lines:
        if _ROW.fullmatch(line):
            found.append(_PrintedSocket(number, [line]))
        elif found and _PROGRAM.fullmatch(line):
            found[-1].lines.append(line)
    return found


def _entries(jc: Any, sockets: list[_PrintedSocket]) -> Iterator[tuple[dict[str, Any], int]]:
    """What jc makes of each socket, with the number of its line. Where it does not make one entry of each, they are
    given to it one by one, and those that it does not take are left out."""
    parsed = _parsed(jc, [line for socket in sockets for line in socket.lines])
    if len(parsed) == len(sockets):
        yield from ((entry, socket.number) for entry, socket in zip(parsed, sockets, strict=True))
        return
    for socket in sockets:
        parsed = _parsed(jc, socket.lines)
        if len(parsed) == 1:
            yield parsed[0], socket.number


def _parsed(jc: Any, lines: list[str]) -> list[dict[str, Any]]:
    if not lines:
        return []
    try:
        return list(jc.parse("netstat", "\n".join([_TITLE, _ENGLISH, *lines]), quiet=True))
    except Exception:
        return []


def _is_odd(line: str) -> bool:
    """Whether a line begins as a socket does and is none."""
    return line.strip().startswith(("TCP", "UDP")) and not _ROW.fullmatch(line)


def _line(entry: dict[str, Any], number: int) -> PollLine | None:
    local = end(f"{entry.get('local_address')}:{entry.get('local_port')}")
    remote = end(f"{entry.get('foreign_address')}:{entry.get('foreign_port')}")
    proto = protocol(entry.get("proto", ""))
    if not proto or local is None or remote is None or local[1] == NO_PORT:
        return None
    connected = remote[1] > 0 and entry.get("state") != "LISTENING"
    match = _PROGRAM.fullmatch(str(entry.get("program_name", "")))
    pid = entry.get("pid")
    number_of = pid if isinstance(pid, int) else NO_PID
    # The kernel's own sockets: netstat names no owner of process 4, which is called System.
    name = match["name"] if match else "System" if number_of == 4 else ""
    return PollLine(
        Socket(proto, local, remote if connected else NOT_CONNECTED, clipped(name), "", number_of), str(number)
    )
