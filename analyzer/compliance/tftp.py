"""How a TFTP request ended, from the headers of its datagrams. Sources: RFC 1350, RFC 2348 (block size)."""

from enum import StrEnum
from typing import NamedTuple

from analyzer.compliance.judge import Judgement
from analyzer.flows import record as r
from analyzer.flows.table import Integers
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
    """A read request: the file's name as sent (text from the network), and the block size asked for."""

    file: str
    block: int


class Transfer(NamedTuple):
    """A request with its ending; ``ended``: nanoseconds, of the last datagram; ``by_row``: a row of the table covers
    it."""

    request: int
    asked: Asked
    ending: Ending
    ended: int
    by_row: bool


def read_request(data: bytes) -> Asked | None:
    """The request in a datagram to port 69; None for anything else."""
    if len(data) < HEADER or data[:2] != bytes((0, READ)):
        return None
    words = data[2:].split(b"\0")
    options = {key.lower(): value for key, value in zip(words[2::2], words[3::2], strict=False)}
    size = options.get(b"blksize", b"")
    block = int(size) if size.isdigit() and len(size) <= 5 else DEFAULT_BLOCK
    return Asked(words[0].decode("utf-8", "replace"), block)


def transfer_of(judgement: Judgement, request: int) -> Transfer:
    """How the request that is flow ``request`` ended."""
    table = judgement.table
    marks = table.marks_of(request)
    asked = next((found for mark in marks if (found := read_request(mark.data))), Asked("", DEFAULT_BLOCK))
    answers = judgement.relations.transfers.get(request, [])
    lines = [table.raw[flow] for flow in answers] or [table.raw[request]]
    served_by_orig = [int(judgement.hosts.orig[flow]) == int(judgement.hosts.resp[request]) for flow in answers] or [
        False
    ]
    endings = [ending_of(line, first, asked.block) for line, first in zip(lines, served_by_orig, strict=True)]
    order = list(Ending)
    ending = min(endings, key=order.index)
    stopped = judgement.outcome[request] in unreachable_outcomes()
    if ending is Ending.SILENT and stopped:
        ending = Ending.UNREACHABLE
    by_row = bool(judgement.matched.covering[request] >= 0)
    return Transfer(request, asked, ending, max(int(line[r.F_LAST]) for line in lines), by_row)


def unreachable_outcomes() -> frozenset[int]:
    words = list(Outcome)
    return frozenset({words.index(Outcome.UNREACHABLE), words.index(Outcome.ADMIN_PROHIBITED)})


def ending_of(line: Integers, served_by_orig: bool, block: int) -> Ending:
    """How the flow that carries a file ended.

    The last block is the one that is shorter than the block size: shorter than the longest one sent, or, where it is
    the only one, shorter than what the client asked for.
    """
    server = r.F_SIDE + (0 if served_by_orig else r.SIDE_WIDTH)
    client = r.F_SIDE + (r.SIDE_WIDTH if served_by_orig else 0)
    if line[server + r.PKTS] == 0:
        return Ending.SILENT
    sent, answered = int(line[server + r.LAST_HEAD]), int(line[client + r.LAST_HEAD])
    if sent >> 16 == ERROR or answered >> 16 == ERROR:
        return Ending.FAILED
    acknowledged = sent >> 16 == DATA and answered >> 16 == ACKNOWLEDGE and sent & 0xFFFF == answered & 0xFFFF
    shorter = line[server + r.LAST_LENGTH] < line[server + r.MOST_LENGTH]
    only = sent & 0xFFFF == 1 and line[server + r.LAST_LENGTH] - HEADER < block
    return Ending.COMPLETE if acknowledged and (shorter or only) else Ending.STOPPED
