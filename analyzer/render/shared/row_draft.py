"""The row that would allow an unexpected flow, and the waiver that would excuse it, as lines of a file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from analyzer.compliance.matching.fields import FIELDS
from analyzer.compliance.verdict.decision import BLOCKED_BY
from analyzer.messages import message
from analyzer.messages.english import sentence
from analyzer.render.shared.escape import quoted
from analyzer.rules.model import Protocol
from analyzer.values import Cast, Outcome, Role

ROW_PROTOCOLS = get_args(Protocol)

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
