"""``ss -tunap`` of Linux, by the ``jc`` package. Only root sees every program."""

import re
from pathlib import Path
from typing import Any

from analyzer.host_evidence.addresses import end, protocol
from analyzer.host_evidence.model import NO_PID, NO_PORT
from analyzer.host_evidence.readers.collect import Collector, clipped
from analyzer.host_evidence.readers.console import parser, tables
from analyzer.host_evidence.readers.polls import NOT_CONNECTED, PollLine, Polls, Socket

KIND = "ss"

_HEADER = "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess"
_ROW = re.compile(
    r"(?P<netid>tcp|udp)\s+(?P<state>[A-Z][A-Z0-9-]*)\s+(?P<recv>\d+)\s+(?P<send>\d+)\s+"
    r"(?P<local>\S+:\S+)\s+(?P<peer>\S+:\S+)(?:\s+(?P<rest>.*))?",
    re.ASCII,
)
_USERS = re.compile(r"users:\(\(.*\)\)")


def is_header(line: str) -> bool:
    """Whether a line is the heading of such a table; without ``Netid`` the protocol would not be known."""
    text = line.strip()
    return text.startswith("Netid") and "Local Address:Port" in text and "Peer Address:Port" in text


def read(path: Path, into: Collector) -> None:
    """Every table of the file. Raises HostEvidenceError where jc is not installed."""
    jc = parser()
    polls = Polls(f"file:{into.source}", KIND, into, restated=False)
    for table in tables(path, into, is_header):
        lines: list[PollLine] = []
        for number, text in table.lines:
            if match := _ROW.fullmatch(text.strip()):
                lines += _lines(jc, match, number, into)
            elif text.startswith(("tcp", "udp")):
                into.unread += 1
        polls.table(table.time, table.zoned, lines)
    polls.close()


def _lines(jc: Any, match: re.Match[str], number: int, into: Collector) -> list[PollLine]:
    """A socket for each program that has it. jc reads one line at a time, since it gives up a whole table for one."""
    users = _USERS.search(match["rest"] or "")
    shown = (
        f"{match['netid']:<6}{match['state']:<11}{match['recv']}  {match['send']}  {match['local']}  {match['peer']}"
    )
    try:
        entries = jc.parse("ss", f"{_HEADER}\n{shown}  {users[0] if users else ''}", quiet=True)
    except Exception:
        entries = []
    return _sockets(entries[0], match, number, into) if entries else _odd(into)


def _odd(into: Collector) -> list[PollLine]:
    into.unread += 1
    return []


def _sockets(entry: dict[str, Any], match: re.Match[str], number: int, into: Collector) -> list[PollLine]:
    local, remote = end(match["local"]), end(match["peer"])
    proto = protocol(match["netid"])
    if not proto or local is None or remote is None or local[1] == NO_PORT:
        return _odd(into)
    options = entry.get("opts")
    users = options.get("process_id") if isinstance(options, dict) else None
    owners = [
        (clipped(str(user.get("user", ""))), int(pid) if pid.isascii() and pid.isdigit() and len(pid) <= 10 else NO_PID)
        for pid, user in sorted((users or {}).items())
    ]
    there = remote if remote[1] not in {NO_PORT, 0} else NOT_CONNECTED
    return [PollLine(Socket(proto, local, there, name, "", pid), str(number)) for name, pid in owners or [("", NO_PID)]]
