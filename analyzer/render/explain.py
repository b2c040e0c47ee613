"""A flow's explanation as text."""

from collections.abc import Iterator
from typing import Any

from analyzer.compliance.explain import RowConsidered
from analyzer.render.view import display_filter
from analyzer.text import visible

NEAR = 3
MARKS = {"holds": "+", "fails": "-", "not known": "?"}


def text(flow: dict[str, Any], rows: list[RowConsidered]) -> str:
    """The verdict, its reasons, and every row considered: the nearest field by field, the others in a line."""
    return "".join(f"{visible(line)}\n" for line in lines(flow, rows))


def lines(flow: dict[str, Any], rows: list[RowConsidered]) -> Iterator[str]:
    reason = f" ({flow['reason']})" if flow["reason"] else ""
    yield f"{flow['flow']}: {flow['verdict']}{reason}"
    yield f"  {end(flow, 'orig')} -> {end(flow, 'resp')}, {flow['service']}, {flow['ts']}"
    yield f"  {flow['detail']}"
    yield f"  Source: {flow['citation']}"
    if flow["executable"]:
        yield f"  Executables as printed: {flow['executable']}"
    yield f"  Outcome: {flow['outcome']}; conn_state {flow['conn_state']}; originator by {flow['direction_basis']}"
    yield f"  First frame: {flow['first_frame']} of {flow['capture']}; Wireshark: {display_filter(flow)}"
    yield ""
    near = [row for row in rows if row.speaks or row.rule.id == flow["rule"]]
    if not near:
        yield "No row of the table speaks of this service."
    for row in near:
        yield f"Row {row.rule.id} - {row.citation}"
        width = max(len(name) for name, _, _, _ in row.fields)
        for name, state, wanted, had in row.fields:
            yield f"  {MARKS[state]} {name.ljust(width)}  {state.ljust(9)}  row: {wanted}; flow: {had}"
        yield ""
    others = [row for row in rows if row not in near]
    if others:
        yield "Rows that speak of other services:"
        for row in others:
            failing = ", ".join(f"{name} ({wanted})" for name, state, wanted, _ in row.fields if state == "fails")
            yield f"  {row.rule.id}: {failing}"


def end(flow: dict[str, Any], side: str) -> str:
    """One end of a flow, with its role."""
    port = flow[f"{side}_p"]
    shown = f":{port}" if flow["proto"] in ("tcp", "udp") and port >= 0 else ""
    return f"{flow[f'{side}_h']}{shown} ({flow[f'{side}_role']})"
