"""The explanation of a flow or of a row as text.

A drafted row and a waiver are printed as they would stand in a file, so that they can be pasted.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from analyzer.compliance.verdict.decision import BLOCKED_BY
from analyzer.explain.comparison import FlowExplanation, RowComparison, RowExplanation
from analyzer.render.shared.page_model import display_filter
from analyzer.rules.model import Protocol
from analyzer.text import visible
from analyzer.values import Cast, Outcome, Reason, Role, Verdict

NEAR = 3
MOST_FLOWS = 20
ROW_PROTOCOLS = get_args(Protocol)
MARKS = {"holds": "+", "fails": "-", "not known": "?"}

NO_ROW_CAN = {
    Reason.INTERNAL_ONLY: (
        "No row can allow it: the table gives this port to connections inside the DPM Server's own machine, and here "
        "another machine reached for it."
    ),
    Reason.BROADCAST_ADDRESS: (
        "No row should allow it: the table has this service, and what is wrong is the address that it was sent to. The "
        "sender has to use another address, or the profile's segments have to be corrected."
    ),
}
"""Reasons that no row of one's own mends."""

WIDENS = {
    Reason.DIRECTION: "The row would widen the table: it has this service, opened from the other side only.",
    Reason.ROLE: "The row would widen the table: it has this service, between other roles.",
    Reason.CLIENT_PORT: (
        "The row would widen the table: it has this service from a fixed port of the originator, and the row takes any."
    ),
    Reason.PROTOCOL: "The row would widen the table: it has this port, with another transport or content.",
}
"""Reasons for which the table speaks of the service already."""


@dataclass(frozen=True)
class Draft:
    """A row that would allow a flow, as far as its capture tells. ``number``: the responder's port, ICMP's type.
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


def text(told: FlowExplanation) -> str:
    """The verdict, its reasons, and every row considered: the nearest field by field, the others in a line. For an
    unexpected flow also what would allow or excuse it."""
    return "".join(f"{visible(line)}\n" for line in lines(told))


def row_text(told: RowExplanation) -> str:
    """A row, its status with each machine, the flows that exercised it, and what would satisfy it."""
    return "".join(f"{visible(line)}\n" for line in row_lines(told))


def lines(told: FlowExplanation) -> Iterator[str]:
    flow, rows = told.flow, told.rows
    reason = f" ({flow['reason']})" if flow["reason"] else ""
    yield f"{flow['flow']}: {flow['verdict']}{reason}"
    yield f"  {ends(flow)}, {flow['service']}, {flow['ts']}"
    yield f"  {flow['detail']}"
    yield f"  Source: {flow['citation']}"
    if flow["executable"]:
        yield f"  Executables as printed: {flow['executable']}"
    yield f"  Outcome: {flow['outcome']}; conn_state {flow['conn_state']}; originator by {flow['direction_basis']}"
    yield f"  First frame: {flow['first_frame']} of {flow['capture']}; Wireshark: {display_filter(flow)}"
    yield from (f"  Read inside it: {name} {value}" for name, value in sorted(told.read.items()) if name != "request")
    if told.judged["flow"] != flow["flow"]:
        yield f"  Judged as the request that it answers, told below as the flow: {told.judged['flow']}"
    yield ""
    near = [row for row in rows if row.speaks or row.rule.id == flow["rule"]]
    if not near:
        yield from ("No row of the table speaks of this service.", "")
    for row in near:
        yield from field_by_field(row)
    others = [row for row in rows if row not in near]
    if others:
        yield "Rows that speak of other services:"
        for row in others:
            failing = ", ".join(f"{name} ({wanted})" for name, state, wanted, _ in row.fields if state == "fails")
            yield f"  {row.rule.id}: {failing}"
    if flow["verdict"] == Verdict.UNEXPECTED:
        draft = drafted(told.judged, {row.rule.id for row in rows})
        yield from ("", *nearest(rows), "", *allowing(draft), "", *excusing(flow))


def field_by_field(row: RowComparison) -> Iterator[str]:
    yield f"Row {row.rule.id} - {row.citation}"
    width = max(len(name) for name, _, _, _ in row.fields)
    for name, state, wanted, had in row.fields:
        yield f"  {MARKS[state]} {name.ljust(width)}  {state.ljust(9)}  row: {wanted}; flow: {had}"
    yield ""


def nearest(rows: list[RowComparison]) -> Iterator[str]:
    """The rows that fail in the fewest fields, and in which."""
    yield "The nearest rows, by the number of fields that fail:"
    for row in sorted(rows, key=lambda row: row.distance)[:NEAR]:
        failing = [f"{name} (row: {want}; flow: {had})" for name, state, want, had in row.fields if state == "fails"]
        yield f"  {row.rule.id} fails in {row.failing}: {', '.join(failing)}"


def drafted(flow: Mapping[str, Any], taken: set[str]) -> Draft | str:
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
        # An address of everybody holds no role; the row has to name for whom it is meant.
        responder = (Role.MANAGED_MACHINE if originator in servers else Role.DPM_SERVER).value
    return Draft(
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
    if flow["reason"] in NO_ROW_CAN:
        return NO_ROW_CAN[Reason(flow["reason"])]
    if flow["proto"] not in ROW_PROTOCOLS:
        return f"No row can allow it: rows speak of {', '.join(ROW_PROTOCOLS)}, and this is {flow['service']}."
    other = Role.OTHER.value
    if flow["orig_role"] == other and (flow["resp_role"] == other or flow["cast"] != Cast.UNICAST):
        return (
            "No row can allow it: neither end holds a DPM role, and a row names what DPM's own parties do. If one of "
            "them is such a party, the profile has to say so."
        )
    return ""


def cautions(flow: Mapping[str, Any], roles: set[str]) -> Iterable[str]:
    """What has to be known before a row is made of a flow."""
    if flow["reason"] in WIDENS:
        yield WIDENS[Reason(flow["reason"])]
    if Role.OTHER.value in roles:
        yield (
            "`other` is every host that the profile does not name: if this host has a role, name it in the profile "
            "instead."
        )
    if flow["outcome"] in BLOCKED_BY:
        yield f"It got no service ({flow['outcome']}): with the row it is no longer unexpected, and still not served."


def free_name(name: str, taken: set[str]) -> str:
    """``name``, numbered where a row is called so already: a row of the same id would take its place."""
    number, chosen = 1, name
    while chosen in taken:
        number += 1
        chosen = f"{name}-{number}"
    return chosen


def allowing(draft: Draft | str) -> Iterator[str]:
    """The overlay that would allow the flow, or why there is none."""
    if isinstance(draft, str):
        yield draft
        return
    file = f"{draft.name}.yaml"
    yield "To allow it: a row of your own, if your copy of the guide prints one. A capture is no proof that it does."
    yield from draft.cautions
    yield f"Save these lines as {file}, replace what says FILL IN, and analyse again with --rules {file}"
    yield from ("", f"# --- {file}", *overlay(draft), "# --- end")


def overlay(draft: Draft) -> Iterator[str]:
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


def excusing(flow: dict[str, Any]) -> Iterator[str]:
    """The waiver that would excuse the flow."""
    number = flow["orig_p"] if flow["proto"].startswith("icmp") else flow["resp_p"]
    yield "Or somebody answers for it until a day: under `waivers:` of the site profile, all six keys filled in"
    yield ""
    yield f"  - orig: {quoted(flow['orig_h'])}"
    yield f"    resp: {quoted(flow['resp_h'])}"
    service = f"{flow['proto']}/{number if number >= 0 else 'any'}"
    yield f"    service: {quoted(service)}"
    yield from (f"    {key}: {quoted(value)}" for key, value in (("reason", "..."), ("owner", "...")))
    yield f"    expires: {quoted('YYYY-MM-DD')}"


def row_lines(told: RowExplanation) -> Iterator[str]:
    rule = told.rule
    yield f"Row {rule.id} - {told.citation}"
    width = max(len(name) for name, _ in told.fields)
    yield from (f"  {name.ljust(width)}  {wanted}" for name, wanted in told.fields)
    yield from (f"  {told_of}" for told_of in (rule.note, *told.footnotes) if told_of)
    yield from ("", "Its status:")
    for line in told.lines:
        who = f"{line['machine']}: " if line["machine"] else ""
        seen = f", from {line['first_seen']} to {line['last_seen']}" if line["first_seen"] else ""
        yield f"  {who}{line['status']} ({line['flows']} flow{'s' * (line['flows'] != 1)}{seen})"
        yield f"    {line['why']}"
    yield from ("", *flow_lines(told), "", f"What would satisfy it: {told.wanted}")
    yield from (f"  {sentence}" for sentence in told.satisfies)


def flow_lines(told: RowExplanation) -> Iterator[str]:
    shown = told.flows[:MOST_FLOWS]
    if not shown:
        yield "No flow of the report exercised it."
        return
    more = f", the first {len(shown)} of {len(told.flows)}" if len(told.flows) > len(shown) else ""
    yield f"Flows that exercised it{more}:"
    if told.of_all:
        yield "  (with any machine: some name theirs inside their messages only)"
    for flow in shown:
        answer = f", in its answer to row {flow['rule']}" if flow["rule"] != told.rule.id else ""
        yield f"  {flow['flow']}  {flow['ts']}  {flow['verdict']} ({flow['outcome']})  {ends(flow)}{answer}"


def ends(flow: dict[str, Any]) -> str:
    return f"{end(flow, 'orig')} -> {end(flow, 'resp')}"


def end(flow: dict[str, Any], side: str) -> str:
    """One end of a flow, with its role."""
    port = flow[f"{side}_p"]
    shown = f":{port}" if flow["proto"] in ("tcp", "udp") and port >= 0 else ""
    return f"{flow[f'{side}_h']}{shown} ({flow[f'{side}_role']})"


def quoted(value: str) -> str:
    """A string as YAML and JSON write it."""
    return json.dumps(value)
