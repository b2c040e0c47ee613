"""The explanation of a flow or of a row as text.

A drafted row and a waiver are printed as lines of a file that can be copied.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from rich.console import Console
from rich.text import Text

from analyzer.compliance.matching.fields import FIELDS
from analyzer.compliance.verdict.decision import BLOCKED_BY
from analyzer.explain.comparison import FieldComparison, FieldState, FlowExplanation, RowComparison
from analyzer.explain.rows import RowExplanation
from analyzer.messages import message
from analyzer.messages.english import sentence
from analyzer.palette import mark
from analyzer.render.shared.page_model import display_filter
from analyzer.render.shared.screen import plain
from analyzer.rules.model import Protocol
from analyzer.text import visible
from analyzer.values import Cast, Outcome, Role, Verdict

NEAR = 3
MOST_FLOWS = 20
ROW_PROTOCOLS = get_args(Protocol)
MARKS = {FieldState.HOLDS: "+", FieldState.FAILS: "-", FieldState.UNKNOWN: "?"}

STYLES = {FieldState.HOLDS: "green", FieldState.FAILS: "bold red", FieldState.UNKNOWN: "yellow"}

FIELD_OF_REASON = {field.reason: field for field in reversed(FIELDS)}
"""Reason -> the most important field that gives it."""


@dataclass(frozen=True)
class RowDraft:
    """A row that would allow a flow, as far as the capture shows. ``number``: the responder's port, or the ICMP type.
    ``cautions``: what has to be known before it is used."""

    name: str
    protocol: str
    number: int
    printed: str
    originator: str
    responder: str
    cast: str
    reply: bool
    application: str
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class Line:
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


def styled(explanation: FlowExplanation, *, distant: bool) -> Iterator[Line]:
    """The lines with their styles."""
    yield from (line if isinstance(line, Line) else Line(line) for line in lines(explanation, distant=distant))


def lines(explanation: FlowExplanation, *, distant: bool) -> Iterator[str | Line]:
    flow, rows = explanation.flow, explanation.rows
    reason = f" ({flow['reason']})" if flow["reason"] else ""
    yield Line(f"{flow['flow']}: {flow['verdict']}{reason}", mark(flow["verdict"]).terminal)
    if flow["verdict"] == Verdict.UNEXPECTED:
        judged = [row for row in rows if row.rule.id == flow["rule"]]
        yield from (field_line(field) for row in judged for field in row.failing_fields)
    yield f"  {ends(flow)}, {flow['service']}, {flow['ts']}"
    yield f"  {flow['detail']}"
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


def considered(explanation: FlowExplanation, *, distant: bool) -> Iterator[str | Line]:
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
        shown = record.path or record.program or "a program without a name"
        yield f"    {record.end}: {shown}, process {record.pid}; {place}; path {record.match}, time {record.timing}"


def field_by_field(row: RowComparison) -> Iterator[str | Line]:
    yield f"Row {row.rule.id} - {row.citation}"
    width = max(len(field.name) for field in row.fields)
    yield from (field_line(field, width) for field in row.fields)
    yield ""


def field_line(field: FieldComparison, width: int = 0) -> Line:
    shown = f"  {MARKS[field.state]} {field.name.ljust(width)}  {field.state.ljust(9 if width else 0)}  {both(field)}"
    return Line(shown, STYLES[field.state])


def both(field: FieldComparison) -> str:
    """What the row states and what the flow has."""
    return f"row: {sentence(field.row)}; flow: {sentence(field.flow)}"


def nearest(rows: list[RowComparison]) -> Iterator[str]:
    """The rows that fail in the fewest fields, and in which."""
    yield "The nearest rows, by the number of fields that fail:"
    for row in sorted(rows, key=lambda row: row.distance)[:NEAR]:
        failing = [f"{field.name} ({both(field)})" for field in row.failing_fields]
        yield f"  {row.rule.id} fails in {row.failing}: {', '.join(failing)}"


def drafted(flow: Mapping[str, Any], taken: set[str]) -> RowDraft | str:
    """The row that would allow an unexpected flow, or why there is none.

    ``taken``: ids that rows have already. The row takes what the capture shows: both roles, the protocol, the
    responder's port and the cast.
    """
    if why := no_row_can(flow):
        return why
    protocol = str(flow["proto"])
    number = int(flow["orig_p"] if protocol == "icmp" else flow["resp_p"])
    originator, responder = str(flow["orig_role"]), str(flow["resp_role"])
    servers = {Role.DPM_SERVER.value, Role.DHCP_SERVER.value}
    if flow["cast"] != Cast.UNICAST:
        # A broadcast address has no role, so the row names the role that the packet is meant for.
        responder = (Role.MANAGED_MACHINE if originator in servers else Role.DPM_SERVER).value
    return RowDraft(
        name=free_name(f"own-{protocol}-{number}", taken),
        protocol=protocol,
        number=number,
        printed="<" if responder in servers else ">" if originator in servers else "none",
        originator=originator,
        responder=responder,
        cast=str(flow["cast"]),
        reply=protocol == "tcp" or flow["outcome"] != Outcome.ONE_WAY,
        application=str(flow["application"]),
        cautions=tuple(cautions(flow, {originator, responder})),
    )


def no_row_can(flow: Mapping[str, Any]) -> str:
    """Why no row can allow a flow; nothing where one can."""
    field = FIELD_OF_REASON.get(flow["reason"])
    if field and not field.own_row_helps:
        return sentence(message(field.own_row))
    if flow["proto"] not in ROW_PROTOCOLS:
        return f"No row can allow it: rows exist for {', '.join(ROW_PROTOCOLS)} only, and this is {flow['service']}."
    other = Role.OTHER.value
    if flow["orig_role"] == other and (flow["resp_role"] == other or flow["cast"] != Cast.UNICAST):
        return (
            "No row can allow it: neither end has a DPM role, and a row needs a DPM role. If one of the ends has a DPM "
            "role, add it to the profile."
        )
    return ""


def cautions(flow: Mapping[str, Any], roles: set[str]) -> Iterable[str]:
    """What has to be known before a row is made of a flow."""
    field = FIELD_OF_REASON.get(flow["reason"])
    if field and field.own_row:
        yield sentence(message(field.own_row))
    if Role.OTHER.value in roles:
        yield (
            "`other` is every host that the profile does not name: if this host has a role, name it in the profile "
            "instead."
        )
    if flow["outcome"] in BLOCKED_BY:
        yield f"It got no service ({flow['outcome']}): with the row it is no longer unexpected, but blocked."


def free_name(name: str, taken: set[str]) -> str:
    """``name``, numbered where a row has this id already: a row of the same id would replace it."""
    number, chosen = 1, name
    while chosen in taken:
        number += 1
        chosen = f"{name}-{number}"
    return chosen


def allowing(draft: RowDraft | str) -> Iterator[str]:
    """The overlay that would allow the flow, or why there is none."""
    if isinstance(draft, str):
        yield draft
        return
    file = f"{draft.name}.yaml"
    yield (
        "To allow it, add your own row, but only if your copy of the guide prints it. A capture does not prove that."
    )
    yield from draft.cautions
    yield f"Save these lines as {file}, replace what says FILL IN, and analyse again with --rules {file}"
    yield from ("", f"# --- {file}", *overlay(draft), "# --- end")


def overlay(draft: RowDraft) -> Iterator[str]:
    """A rule pack with the one row."""
    icmp = draft.protocol == "icmp"
    yield from ("version: 1", f"id: {draft.name}", "kind: overlay", "provenance:")
    yield f"  title: {quoted('FILL IN: what these rows are')}"
    yield f"  source: {quoted('your own copy of the guide')}"
    yield from ("rules:", f"  - id: {draft.name}")
    yield f"    item: {quoted('FILL IN: the item as printed')}"
    yield "    page: 0  # FILL IN: the page of the guide"
    yield from (f"    protocol: {draft.protocol}", *([f"    icmp_type: {draft.number}"] if icmp else []))
    yield from (f"    application: {quoted(draft.application)}",) if draft.application else ()
    yield f"    printed: {quoted(draft.printed)}  # FILL IN: the direction sign as printed"
    yield from ("    originator:", f"      roles: [{draft.originator}]", "    responder:")
    yield f"      roles: [{draft.responder}]"
    yield from () if icmp else (f"      port: {draft.number}",)
    yield f"    casts: [{draft.cast}]"
    yield from () if draft.reply else ("    reply: false  # none was seen, and none was due",)


def excusing(flow: dict[str, Any], begin: str) -> Iterator[str]:
    """The waiver that would excuse the flow. ``begin``: the first words."""
    number = flow["orig_p"] if flow["proto"].startswith("icmp") else flow["resp_p"]
    yield (
        f"{begin} a waiver: somebody takes responsibility until a date. Add all six keys under `waivers:` of the site "
        "profile"
    )
    yield ""
    yield f"  - orig: {quoted(flow['orig_h'])}"
    yield f"    resp: {quoted(flow['resp_h'])}"
    service = f"{flow['proto']}/{number if number >= 0 else 'any'}"
    yield f"    service: {quoted(service)}"
    yield from (f"    {key}: {quoted(value)}" for key, value in (("reason", "..."), ("owner", "...")))
    yield f"    expires: {quoted('YYYY-MM-DD')}"


def row_lines(explanation: RowExplanation) -> Iterator[str]:
    rule = explanation.rule
    yield f"Row {rule.id} - {explanation.citation}"
    width = max(len(name) for name, _ in explanation.fields)
    yield from (f"  {name.ljust(width)}  {sentence(stated)}" for name, stated in explanation.fields)
    yield from (f"  {note}" for note in (rule.note, *explanation.footnotes) if note)
    yield from ("", "Its status:")
    for line in explanation.lines:
        machine = f"{line['machine']}: " if line["machine"] else ""
        seen = f", from {line['first_seen']} to {line['last_seen']}" if line["first_seen"] else ""
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
        yield f"  {flow['flow']}  {flow['ts']}  {flow['verdict']} ({flow['outcome']})  {ends(flow)}{answer}"


def ends(flow: dict[str, Any]) -> str:
    return f"{end(flow, 'orig')} -> {end(flow, 'resp')}"


def end(flow: dict[str, Any], side: str) -> str:
    """One end of a flow, with its role."""
    port = flow[f"{side}_p"]
    shown = f":{port}" if flow["proto"] in ("tcp", "udp") and port >= 0 else ""
    about = ", ".join(filter(None, (flow[f"{side}_name"], flow[f"{side}_role"])))
    return f"{flow[f'{side}_h']}{shown} ({about})"


def quoted(value: str) -> str:
    """A string as YAML and JSON write it."""
    return json.dumps(value)
