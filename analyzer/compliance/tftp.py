"""How a TFTP request ended, from the headers of its datagrams. Sources: RFC 1350, RFC 2348 (block size)."""

from enum import StrEnum
from typing import NamedTuple

from analyzer import net
from analyzer.compliance.judge import Judgement
from analyzer.flows import record as r
from analyzer.flows.table import FlowTable, Integers
from analyzer.values import Outcome

READ, WRITE, DATA, ACKNOWLEDGE, ERROR = 1, 2, 3, 4, 5
HEADER = 4
DEFAULT_BLOCK = 512


class Ending(StrEnum):
    COMPLETE = "complete"
    FAILED = "error"
    STOPPED = "stopped"
    SILENT = "no answer"
    UNREACHABLE = "unreachable"


class Asked(NamedTuple):
    """A request: the file's name, mode and options as sent (text from the network), the block size asked for, and
    whether the file is to be written to the server."""

    file: str = ""
    block: int = DEFAULT_BLOCK
    mode: str = ""
    options: str = ""
    writes: bool = False


class Transfer(NamedTuple):
    """A request with its ending. ``ended``: nanoseconds, of the last datagram; ``by_row``: a row of the table covers
    it; ``from_server``: it went to a server of the table, whoever asked; ``error``: what the ERROR packet says, nothing
    without one."""

    request: int
    asked: Asked
    ending: Ending
    ended: int
    by_row: bool
    from_server: bool
    error: str = ""


def read_request(data: bytes) -> Asked | None:
    """The request in a datagram to port 69; None for anything else."""
    if len(data) < HEADER or data[0] or data[1] not in (READ, WRITE):
        return None
    words = [word.decode("utf-8", "replace") for word in data[2:].split(b"\0")]
    options = dict(zip(words[2:-1:2], words[3:-1:2], strict=False))
    size = next((value for key, value in options.items() if key.lower() == "blksize"), "")
    return Asked(
        file=words[0],
        block=int(size) if size.isascii() and size.isdigit() and len(size) <= 5 else DEFAULT_BLOCK,
        mode=words[1].lower() if len(words) > 1 else "",
        options=", ".join(f"{key}={value}" for key, value in options.items()),
        writes=data[1] == WRITE,
    )


def transfer_of(judgement: Judgement, request: int, *, from_server: bool) -> Transfer:
    """How the request that is flow ``request`` ended; ``from_server``: it went to a server of the table."""
    table = judgement.table
    asked = asked_by(table, request)
    answers = judgement.relations.transfers.get(request, [])
    flows = answers or [request]
    by_orig = [int(judgement.hosts.orig[flow]) == int(judgement.hosts.resp[request]) for flow in answers] or [False]
    sides = [sender(first, asked) for first in by_orig]
    # A transfer that paused for more than a minute is several flows, and one with a block alone may be its last.
    longest = max(int(table.raw[flow, side + r.MOST_LENGTH]) for flow, side in zip(flows, sides, strict=True))
    ending = min(
        (ending_of(table.raw[flow], side, asked, longest) for flow, side in zip(flows, sides, strict=True)),
        key=list(Ending).index,
    )
    if ending is Ending.SILENT and judgement.outcome[request] in unreachable_outcomes():
        ending = Ending.UNREACHABLE
    return Transfer(
        request=request,
        asked=asked,
        ending=ending,
        ended=max(int(table.raw[flow, r.F_LAST]) for flow in flows),
        by_row=bool(judgement.matched.covering[request] >= 0),
        from_server=from_server,
        error=error_of(table, flows) if ending is Ending.FAILED else "",
    )


def asked_by(table: FlowTable, request: int) -> Asked:
    """What a request asked for; nothing where its datagram was not captured."""
    return next((found for mark in table.marks_of(request) if (found := read_request(mark.data))), Asked())


def error_of(table: FlowTable, flows: list[int]) -> str:
    """The ERROR packet's own words, else what its code stands for."""
    for flow in flows:
        for mark in table.marks_of(flow):
            if mark.data[:2] == bytes((0, ERROR)) and len(mark.data) >= HEADER:
                words = mark.data[HEADER:].partition(b"\0")[0].decode("utf-8", "replace")
                return words or error_name(mark.data[3])
        for side in (r.F_SIDE, r.F_SIDE + r.SIDE_WIDTH):
            head = int(table.raw[flow, side + r.LAST_HEAD])
            if head >> 16 == ERROR:
                return error_name(head & 0xFFFF)
    return ""


def error_name(code: int) -> str:
    return net.TFTP_ERRORS.get(code, f"code {code}")


def sender(served_by_orig: bool, asked: Asked) -> int:
    """Where the block of the side that sends the file begins in a record."""
    return r.F_SIDE + (0 if served_by_orig is not asked.writes else r.SIDE_WIDTH)


def unreachable_outcomes() -> frozenset[int]:
    words = list(Outcome)
    return frozenset({words.index(Outcome.UNREACHABLE), words.index(Outcome.ADMIN_PROHIBITED)})


def ending_of(line: Integers, source: int, asked: Asked, longest: int) -> Ending:
    """How a flow that carries a file, or a part of it, ended.

    ``source``: where the block of the side that sends the file begins. The last block is the one that is shorter than
    the block size: shorter than the longest one sent, or, where it is the only one, shorter than what was asked for.
    """
    target = 2 * r.F_SIDE + r.SIDE_WIDTH - source
    server = target if asked.writes else source
    if line[server + r.PKTS] == 0:
        return Ending.SILENT
    sent, answered = int(line[source + r.LAST_HEAD]), int(line[target + r.LAST_HEAD])
    if sent >> 16 == ERROR or answered >> 16 == ERROR:
        return Ending.FAILED
    acknowledged = sent >> 16 == DATA and answered >> 16 == ACKNOWLEDGE and sent & 0xFFFF == answered & 0xFFFF
    shorter = line[source + r.LAST_LENGTH] < longest
    only = sent & 0xFFFF == 1 and line[source + r.LAST_LENGTH] - HEADER < asked.block
    return Ending.COMPLETE if acknowledged and (shorter or only) else Ending.STOPPED
