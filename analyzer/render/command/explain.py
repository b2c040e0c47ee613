"""The explanation of a flow or of a row as text.

A drafted row and a waiver are printed as lines of a file that can be copied.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from analyzer.explain.comparison import FieldComparison, FieldState, FlowExplanation, RowComparison
from analyzer.explain.rows import RowExplanation
from analyzer.messages.english import sentence
from analyzer.palette import mark
from analyzer.render.shared.page_model import host_text
from analyzer.render.shared.row_draft import allowing, drafted, excusing
from analyzer.render.shared.screen import plain
from analyzer.render.shared.wireshark import display_filter
from analyzer.report.advice import advice_of
from analyzer.text import visible
from analyzer.timezone import local_time
from analyzer.values import Verdict

NEAR = 3
MOST_FLOWS = 20
MARKS = {FieldState.HOLDS: "+", FieldState.FAILS: "-", FieldState.UNKNOWN: "?"}

STYLES = {FieldState.HOLDS: "green", FieldState.FAILS: "bold red", FieldState.UNKNOWN: "yellow"}


@dataclass(frozen=True)
class StyledLine:
    """A line of an explanation. ``style``: its colour on a terminal."""

    text: str
    style: str = ""


def text(explanation: FlowExplanation) -> str:
    """The verdict, its reasons, and every row considered: the nearest field by field, the others in a line. For an
    unexpected flow also what would allow or excuse it."""
    return "".join(f"{visible(line.text)}\n" for line in styled(explanation, distant=True))


def row_text(explanation: RowExplanation) -> str:
    """A row, its status with each machine, the flows that exercised it, and what would satisfy it."""
    return "".join(f"{visible(line)}\n" for line in row_lines(explanation))


def print_explanation(explanation: FlowExplanation, *, distant: bool, out: Console) -> None:
    """The same on a terminal, in colour. ``distant``: also the rows for other services."""
    for line in styled(explanation, distant=distant):
        out.print(Text(plain(visible(line.text), out), style=line.style), soft_wrap=True)


def styled(explanation: FlowExplanation, *, distant: bool) -> Iterator[StyledLine]:
    """The lines with their styles."""
    yield from (
        line if isinstance(line, StyledLine) else StyledLine(line) for line in lines(explanation, distant=distant)
    )


def lines(explanation: FlowExplanation, *, distant: bool) -> Iterator[str | StyledLine]:
    flow, rows = explanation.flow, explanation.rows
    reason = f" ({flow['reason']})" if flow["reason"] else ""
    yield StyledLine(f"{flow['flow']}: {flow['verdict']}{reason}", mark(flow["verdict"]).terminal)
    if flow["verdict"] == Verdict.UNEXPECTED:
        judged = [row for row in rows if row.rule.id == flow["rule"]]
        yield from (field_line(field) for row in judged for field in row.failing_fields)
    yield f"  {ends(flow)}, {flow['service']}, {time(flow['ts'], explanation.timezone)}"
    yield f"  {flow['detail']}"
    advice = advice_of(flow["verdict"], flow["reason"])
    if advice and flow["verdict"] in (Verdict.UNEXPECTED, Verdict.BLOCKED):
        yield f"  What to do next: {sentence(advice)}"
    yield f"  Source: {flow['citation']}"
    if flow["executable"]:
        yield f"  Executables as printed: {flow['executable']}"
    yield from programs(explanation)
    yield f"  Outcome: {flow['outcome']}; conn_state {flow['conn_state']}; originator by {flow['direction_basis']}"
    yield f"  First frame: {flow['first_frame']} of {flow['capture']}; Wireshark: {display_filter(flow)}"
    yield from (
        f"  Read inside it: {name} {value}"
        for name, value in sorted(explanation.read.items())
        if name not in ("request", "judged_as")
    )
    if explanation.judged["flow"] != flow["flow"]:
        yield (
            "  It answers a request, and is judged like that request. The comparison below is of the request: "
            f"{explanation.judged['flow']}"
        )
    yield ""
    yield from considered(explanation, distant=distant)
    yield from what_would_allow(explanation)


def considered(explanation: FlowExplanation, *, distant: bool) -> Iterator[str | StyledLine]:
    """The rows for the service of the flow, field by field, and those for other services."""
    rows = explanation.rows
    near = [row for row in rows if row.same_service or row.rule.id == explanation.flow["rule"]]
    if not near:
        yield from ("No row of the table covers this service.", "")
    for row in near:
        yield from field_by_field(row)
    others = [row for row in rows if row not in near]
    if not distant and others:
        yield f"Rows for other services: {', '.join(row.rule.id for row in others)}. --all shows where each fails."
    elif others:
        yield "Rows for other services:"
        for row in others:
            failing = ", ".join(f"{field.name} ({sentence(field.row)})" for field in row.failing_fields)
            yield f"  {row.rule.id}: {failing}"


def what_would_allow(explanation: FlowExplanation) -> Iterator[str]:
    """Of an unexpected flow the nearest row, a drafted row and the waiver; of a blocked one the waiver."""
    flow, rows = explanation.flow, explanation.rows
    if flow["verdict"] == Verdict.UNEXPECTED:
        draft = drafted(explanation.judged, {row.rule.id for row in rows})
        yield from ("", *nearest(rows), "", *allowing(draft), "", *excusing(flow, "Or add"))
    elif flow["verdict"] == Verdict.BLOCKED:
        yield from ("", *excusing(flow, "Until it works, add"))


def programs(explanation: FlowExplanation) -> Iterator[str]:
    """What evidence of hosts shows of the programs, with the records; nothing without evidence."""
    flow = explanation.flow
    if flow["program_source"]:
        word, program = flow["program_evidence"] or "not declared", flow["program"] or "not known"
        yield f"  Programs by evidence of hosts: {word}: {program}"
        yield f"  Records: {flow['program_source']}"
    for record in explanation.records:
        place = f"{record.source} #{record.record} ({record.kind}) of {record.host}"
        if record.process_source:
            place += f" with {record.process_source} #{record.process_record} ({record.process_kind})"
        shown = record.path or record.program or "a program without a name"
        yield f"    {record.end}: {shown}, process {record.pid}; {place}; path {record.match}, time {record.timing}"


def field_by_field(row: RowComparison) -> Iterator[str | StyledLine]:
    yield f"Row {row.rule.id} - {row.citation}"
    width = max(len(field.name) for field in row.fields)
    yield from (field_line(field, width) for field in row.fields)
    yield ""


def field_line(field: FieldComparison, width: int = 0) -> StyledLine:
    shown = f"  {MARKS[field.state]} {field.name.ljust(width)}  {field.state.ljust(9 if width else 0)}  {both(field)}"
    return StyledLine(shown, STYLES[field.state])


def both(field: FieldComparison) -> str:
    """What the row states and what the flow has."""
    return f"row: {sentence(field.row)}; flow: {sentence(field.flow)}"


def nearest(rows: list[RowComparison]) -> Iterator[str]:
    """The rows that fail in the fewest fields, and in which."""
    yield "The nearest rows, by the number of fields that fail:"
    for row in sorted(rows, key=lambda row: row.distance)[:NEAR]:
        failing = [f"{field.name} ({both(field)})" for field in row.failing_fields]
        yield f"  {row.rule.id} fails in {row.failing}: {', '.join(failing)}"


def row_lines(explanation: RowExplanation) -> Iterator[str]:
    rule = explanation.rule
    yield f"Row {rule.id} - {explanation.citation}"
    width = max(len(name) for name, _ in explanation.fields)
    yield from (f"  {name.ljust(width)}  {sentence(stated)}" for name, stated in explanation.fields)
    yield from (f"  {note}" for note in (rule.note, *explanation.footnotes) if note)
    yield from ("", "Its status:")
    for line in explanation.lines:
        machine = f"{line['machine']}: " if line["machine"] else ""
        first, last = (time(line[name], explanation.timezone) for name in ("first_seen", "last_seen"))
        seen = f", from {first} to {last}" if first else ""
        yield f"  {machine}{line['status']} ({line['flows']} flow{'s' * (line['flows'] != 1)}{seen})"
        yield f"    {line['why']}"
    yield from ("", *flow_lines(explanation), "", f"What would satisfy it: {sentence(explanation.wanted)}")
    yield from (f"  {status}: {sentence(needed)}" for status, needed in explanation.satisfies)


def flow_lines(explanation: RowExplanation) -> Iterator[str]:
    shown = explanation.flows[:MOST_FLOWS]
    if not shown:
        yield "No flow of the report exercised it."
        return
    more = f", the first {len(shown)} of {len(explanation.flows)}" if len(explanation.flows) > len(shown) else ""
    yield f"Flows that exercised it{more}:"
    if explanation.of_all:
        yield "  (with any machine: some name theirs inside their messages only)"
    for flow in shown:
        answer = f", in its answer to row {flow['rule']}" if flow["rule"] != explanation.rule.id else ""
        began = time(flow["ts"], explanation.timezone)
        yield f"  {flow['flow']}  {began}  {flow['verdict']} ({flow['outcome']})  {ends(flow)}{answer}"


def time(utc: str, timezone: str) -> str:
    """A time of the document, with all its digits, and in brackets in the time zone."""
    local = local_time(utc, timezone) if timezone else ""
    return f"{utc} ({local})" if local else utc


def ends(flow: dict[str, Any]) -> str:
    return f"{end(flow, 'orig')} -> {end(flow, 'resp')}"


def end(flow: dict[str, Any], side: str) -> str:
    """One end of a flow, with its role."""
    port = flow[f"{side}_p"]
    shown = f" port {port}" if flow["proto"] in ("tcp", "udp") and port >= 0 else ""
    return f"{host_text(flow[f'{side}_h'], flow[f'{side}_name'])}{shown} {flow[f'{side}_role']}"
