"""How TFTP requests ended, from the headers of their datagrams. Sources: RFC 1350, RFC 2347 and 2348 (block size)."""

from bisect import bisect_left, bisect_right
from enum import StrEnum
from typing import NamedTuple

from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.outcome import icmp_outcome
from analyzer.flows.columns import SideColumns
from analyzer.flows.table import FlowTable
from analyzer.protocols.tftp import (
    ACKNOWLEDGE,
    DATA,
    DEFAULT_BLOCK,
    ERROR,
    HEADER,
    OPTIONS,
    Asked,
    block_size,
    error_name,
    read_request,
)
from analyzer.values import Outcome

REPEATED_WITHIN = 10_000_000_000
"""A request that comes again sooner than this after an answer is the same one, which lost its answer."""
LATEST = 1 << 62
STOPPED_BY_ICMP = (Outcome.UNREACHABLE, Outcome.ADMIN_PROHIBITED)


class Ending(StrEnum):
    """The result of a request. UNCLEAR: the captures do not show it, since the flow went on to serve another
    request, or since the one block there is may be the last or not: its size was agreed on unseen."""

    COMPLETE = "complete"
    FAILED = "error"
    STOPPED = "stopped"
    SILENT = "no answer"
    UNREACHABLE = "unreachable"
    UNCLEAR = "unclear"


class Transfer(NamedTuple):
    """A request with its ending. ``request``: its flow; ``began``, ``ended``: nanoseconds, of the request and of the
    last datagram; ``by_row``: a row of the table covers it; ``from_server``: it went to a server of the table, from
    any host; ``error``: the text of the ERROR packet, empty without one."""

    request: int
    asked: Asked
    ending: Ending
    began: int
    ended: int
    by_row: bool
    from_server: bool
    error: str = ""


class AnswerFlow(NamedTuple):
    """A flow that serves requests. ``by_orig``: the server is its originator."""

    flow: int
    by_orig: bool

    def server(self, table: FlowTable) -> SideColumns:
        """The server's side of the flows."""
        return table.orig if self.by_orig else table.resp

    def client(self, table: FlowTable) -> SideColumns:
        """The client's side of the flows."""
        return table.resp if self.by_orig else table.orig


def transfers_of(judgement: Judgement, request: int, *, from_server: bool) -> list[Transfer]:
    """How the requests in flow ``request`` ended: a ROM may ask for one file after the other from the same port.

    ``from_server``: they went to a server of the table.
    """
    table = judgement.table
    answers = answers_to(judgement, request)
    asked = requests_in(judgement, request, answers)
    begins = [began for began, _ in asked]
    served = answers_by_request(table, answers, begins)
    last_served = {answer: place for place, some in enumerate(served) for answer in some}
    transfers = []
    for place, (began, words) in enumerate(asked):
        until = begins[place + 1] if place + 1 < len(begins) else LATEST
        own = [answer for answer in served[place] if last_served[answer] == place]
        error = error_of(judgement, served[place], (began, until))
        ending = Ending.SILENT
        if own:
            ending = ending_of(judgement, own, words, began)
        elif served[place]:
            ending = Ending.FAILED if error else Ending.UNCLEAR
        elif table.icmp_error.count[request] and icmp_outcome(table, request) in STOPPED_BY_ICMP:
            ending = Ending.UNREACHABLE
        flows = [answer.flow for answer in served[place]] or [request]
        transfers.append(
            Transfer(
                request=request,
                asked=words,
                ending=ending,
                began=began,
                ended=min(until, max(int(table.last_ns[flow]) for flow in flows)),
                by_row=bool(judgement.matched.covering[request] >= 0),
                from_server=from_server,
                error=error if ending is Ending.FAILED else "",
            )
        )
    return transfers


def answers_to(judgement: Judgement, request: int) -> list[AnswerFlow]:
    """The flows in which a server serves the requests of flow ``request``: from ports of its own, by time, and at last
    from port 69."""
    table, hosts = judgement.table, judgement.hosts
    elsewhere = judgement.relations.answers_elsewhere.get(request)
    answers = [
        AnswerFlow(flow, by_orig=bool(hosts.orig[flow] != hosts.orig[request]))
        for flow in (*judgement.relations.transfers.get(request, []), *([] if elsewhere is None else [elsewhere]))
    ]
    return [*answers, AnswerFlow(request, by_orig=False)] if table.resp.pkts[request] else answers


def requests_in(judgement: Judgement, request: int, answers: list[AnswerFlow]) -> list[tuple[int, Asked]]:
    """(time, what was asked) of every request in a flow, one that was only repeated once; where none was captured, one
    that asks for nothing that is known."""
    table = judgement.table
    found: list[tuple[int, Asked]] = []
    last = 0
    answered = min((int(answer.server(table).first_ns[answer.flow]) for answer in answers), default=LATEST)
    for mark in judgement.transfer_marks.of_flow(request):
        words = read_request(mark.data) if mark.from_orig else None
        if words and found and words == found[-1][1]:
            over = answered < mark.time and mark.time - last > REPEATED_WITHIN
            last, words = mark.time, words if over else None
        if words:
            found.append((mark.time, words))
            last = mark.time
    return found or [(int(table.first_ns[request]), Asked())]


def answers_by_request(table: FlowTable, answers: list[AnswerFlow], begins: list[int]) -> list[list[AnswerFlow]]:
    """Which flows serve each of the requests that began at ``begins``: a flow serves the latest request before it. A
    request that has none of its own is served by those of the one before it in which the server went on."""
    served: list[list[AnswerFlow]] = [[] for _ in begins]
    for answer in answers:
        served[max(bisect_right(begins, int(table.first_ns[answer.flow])) - 1, 0)].append(answer)
    for place in range(1, len(begins)):
        before = dict.fromkeys((*served[place - 1], *answers[-1:]))
        served[place] = served[place] or [answer for answer in before if went_on(table, answer, begins[place])]
    return served


def went_on(table: FlowTable, answer: AnswerFlow, time: int) -> bool:
    """Whether a flow began before ``time``, and the server still sent something in it then."""
    flow = answer.flow
    return bool(table.first_ns[flow] < time <= answer.server(table).last_ns[flow])


def asked_by(judgement: Judgement, request: int) -> Asked:
    """What a request asked for; nothing where its datagram was not captured."""
    return next(
        (found for mark in judgement.transfer_marks.of_flow(request) if (found := read_request(mark.data))), Asked()
    )


def error_of(judgement: Judgement, answers: list[AnswerFlow], time: tuple[int, int]) -> str:
    """The text of the ERROR packet, else the meaning of its code; of several the last within ``time``."""
    table = judgement.table
    began, until = time
    for answer in answers:
        marks = judgement.transfer_marks.of_flow(answer.flow)
        within = (bisect_left(marks, edge, key=lambda mark: mark.time) for edge in time)
        for mark in reversed(marks[slice(*within)]):
            if mark.data[:2] == bytes((0, ERROR)) and len(mark.data) >= HEADER:
                words = mark.data[HEADER:].partition(b"\0")[0].decode("utf-8", "replace")
                return words or error_name(mark.data[3])
        for side in (table.orig, table.resp):
            head = int(side.last_payload[answer.flow])
            if head >> 16 == ERROR and began <= side.last_ns[answer.flow] < until:
                return error_name(head & 0xFFFF)
    return ""


def ending_of(judgement: Judgement, answers: list[AnswerFlow], asked: Asked, began: int) -> Ending:
    """How the flows that carry a file, each the whole of it or a part, ended: the best of their endings."""
    table = judgement.table
    sources = [sender(table, answer, asked) for answer in answers]
    # A transfer that paused for more than a minute is several flows; the last may have a single block.
    longest = max(int(side.longest[answer.flow]) for answer, side in zip(answers, sources, strict=True))
    agreed = agreed_block(judgement, answers, began, longest - HEADER)
    endings = [ending_of_part(table, answer, asked, (longest - HEADER, agreed)) for answer in answers]
    return min(endings, key=list(Ending).index)


def sender(table: FlowTable, answer: AnswerFlow, asked: Asked) -> SideColumns:
    """The side that sends the file's blocks."""
    return answer.client(table) if asked.writes else answer.server(table)


def agreed_block(judgement: Judgement, answers: list[AnswerFlow], began: int, longest: int) -> int:
    """The block size that the server granted; 0 where its OACK was not kept, or not captured: 512 unless it granted
    another."""
    for answer in answers:
        for mark in judgement.transfer_marks.of_flow(answer.flow):
            if mark.time >= began and mark.data[:2] == bytes((0, OPTIONS)):
                words = [word.decode("utf-8", "replace") for word in mark.data[2:].split(b"\0")]
                return block_size(dict(zip(words[:-1:2], words[1:-1:2], strict=False)))
    without = all(answer.server(judgement.table).first_payload[answer.flow] >> 16 != OPTIONS for answer in answers)
    return DEFAULT_BLOCK if without and longest <= DEFAULT_BLOCK else 0


def ending_of_part(table: FlowTable, answer: AnswerFlow, asked: Asked, blocks: tuple[int, int]) -> Ending:
    """How one such flow ended. ``blocks``: the length of the longest block sent, and the size agreed on, 0 if unknown.

    The last block is the one that is shorter than the block size: shorter than the longest one sent, or, where it is
    the only one, shorter than what was agreed. Where that is not known it is 512, or what was asked for, or between.
    """
    flow, source = answer.flow, sender(table, answer, asked)
    target = answer.server(table) if asked.writes else answer.client(table)
    if answer.server(table).pkts[flow] == 0:
        return Ending.SILENT
    sent, answered = int(source.last_payload[flow]), int(target.last_payload[flow])
    if sent >> 16 == ERROR or answered >> 16 == ERROR:
        return Ending.FAILED
    acknowledged = sent >> 16 == DATA and answered >> 16 == ACKNOWLEDGE and sent & 0xFFFF == answered & 0xFFFF
    longest, agreed = blocks
    length, only = int(source.last_length[flow]) - HEADER, sent & 0xFFFF == 1
    if acknowledged and (length < longest or (only and length < (agreed or min(asked.block, DEFAULT_BLOCK)))):
        return Ending.COMPLETE
    between = only and not agreed and DEFAULT_BLOCK < length < asked.block
    return Ending.UNCLEAR if acknowledged and between else Ending.STOPPED
