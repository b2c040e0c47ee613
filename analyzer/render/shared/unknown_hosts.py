"""Hosts without a DPM role that appear in unexpected flows: what each did, and to which host."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from analyzer.render.shared.page_model import OUTCOMES, examples, host_text, ordered, records
from analyzer.report import Report
from analyzer.values import Cast, Role, Verdict

NAMED = 6
"""Actions of a host that are listed; the others are counted."""
_OTHER_SIDE: dict[str, str] = {"orig": "resp", "resp": "orig"}


@dataclass(frozen=True)
class Action:
    """A finding of a host. ``direction``: ``to`` if the host is the originator. ``peer``: the other end, with its name.
    ``outcome``: what became of its flows."""

    finding: str
    direction: Literal["to", "from"]
    peer: str
    service: str
    reason: str
    outcome: str


@dataclass(frozen=True)
class UnknownHost:
    """``macs``: the hardware addresses in the first frames of its findings; of a router, if one is between.
    ``actions``: the first of them, most serious first. ``findings``: how many there are."""

    address: str
    macs: tuple[str, ...]
    first: str
    last: str
    flows: int
    findings: int
    actions: tuple[Action, ...]


def unknown_hosts(report: Report) -> list[UnknownHost]:
    """The hosts with the role ``other`` in unexpected flows, the host of the most serious finding first.

    Groups and broadcast addresses are no hosts.
    """
    found = ordered(report).drop(columns=[OUTCOMES, "stopped"])
    found = found[found["verdict"] == Verdict.UNEXPECTED]
    found = found[(found["orig_role"] == Role.OTHER) | (found["resp_role"] == Role.OTHER)]
    flow = examples(report, found["example_flow"])
    lines: dict[str, list[tuple[dict[str, Any], str]]] = {}
    for row in records(found):
        for side in unknown_sides(row, flow.get(row["example_flow"], {})):
            lines.setdefault(row[f"{side}_h"], []).append((row, side))
    return [unknown_host(address, own, flow) for address, own in lines.items()]


def unknown_sides(row: dict[str, Any], example: dict[str, Any]) -> Iterator[str]:
    """The ends of a finding, ``orig`` or ``resp``, that are hosts without a DPM role."""
    if row["orig_role"] == Role.OTHER:
        yield "orig"
    if row["resp_role"] == Role.OTHER and example.get("cast") == Cast.UNICAST:
        yield "resp"


def unknown_host(address: str, own: list[tuple[dict[str, Any], str]], flow: dict[str, dict[str, Any]]) -> UnknownHost:
    """A host from its findings, each with the host's side."""
    macs = dict.fromkeys(flow[row["example_flow"]][f"{side}_mac"] for row, side in own if row["example_flow"] in flow)
    return UnknownHost(
        address=address,
        macs=tuple(filter(None, macs)),
        first=min((row["first_seen"] for row, _ in own if row["first_seen"]), default=""),
        last=max((row["last_seen"] for row, _ in own if row["last_seen"]), default=""),
        flows=sum(max(row["flows"], 0) for row, _ in own),
        findings=len(own),
        actions=tuple(
            Action(
                finding=row["finding"],
                direction="to" if side == "orig" else "from",
                peer=host_text(row[f"{_OTHER_SIDE[side]}_h"], row[f"{_OTHER_SIDE[side]}_name"]),
                service=row["service"],
                reason=row["reason"],
                outcome=row["outcome"],
            )
            for row, side in own[:NAMED]
        ),
    )
