"""Compares a draft with the flows that a printed table has: every value right, or asked for."""

from dataclasses import dataclass

from analyzer.rules.draft import Draft, DraftRule, DraftSide
from tests.guide.printed_tables import Flow, MadeTable


@dataclass(frozen=True)
class Difference:
    """A field of a flow that is not what is printed; ``asked``: a question is open on it."""

    row: int
    field: str
    wanted: object
    read: object
    asked: bool


def differences(draft: Draft, table: MadeTable) -> list[Difference]:
    """Where the rows of the table differ from those of the draft; flows outside the table do not count."""
    rules = [rule for rule in draft.rules if "text" not in rule.read]
    found = []
    if len(rules) != len(table.flows):
        found.append(Difference(0, "rows", len(table.flows), len(rules), asked=False))
    for number, (flow, rule) in enumerate(zip(table.flows, rules, strict=False), 1):
        read = _read(rule, table.pairs)
        for name, wanted in _wanted(flow, table.pairs).items():
            if read[name] != wanted:
                found.append(Difference(number, name, wanted, read[name], asked=_asked(draft, rule, name, table.pairs)))
    return found


def _wanted(flow: Flow, pairs: bool) -> dict[str, object]:
    wanted: dict[str, object] = {
        "item": squeezed(flow.item),
        "protocol": flow.protocol,
        "left port": flow.ports[0],
        "right port": flow.ports[1],
        "target": squeezed(flow.target),
        "left programs": flow.programs[0],
        "right programs": flow.programs[1],
        "marks": flow.marks,
        "application": flow.application,
    }
    return wanted if pairs else wanted | {"sign": flow.sign}


def squeezed(text: str | None) -> str:
    """A text without spaces."""
    return "".join((text or "").split())


def _read(rule: DraftRule, pairs: bool) -> dict[str, object]:
    left, right = ends(rule, pairs)
    return {
        "item": squeezed(rule.item),
        "protocol": rule.protocol,
        "sign": rule.printed,
        "left port": left.port,
        "right port": right.port,
        "target": squeezed(right.name),
        "left programs": _programs(left),
        "right programs": _programs(right),
        "marks": rule.footnotes,
        "application": rule.application,
    }


def ends(rule: DraftRule, pairs: bool) -> tuple[DraftSide, DraftSide]:
    """The server's end and the target's; in a table of pairs the source and the destination."""
    reversed_ = rule.printed != ">" and not pairs
    return (rule.responder, rule.originator) if reversed_ else (rule.originator, rule.responder)


def _programs(side: DraftSide) -> tuple[str, ...]:
    return tuple((one.path or one.name) + (f"@{one.os}" if one.os else "") for one in side.executables)


def _asked(draft: Draft, rule: DraftRule, name: str, pairs: bool) -> bool:
    """Whether a question is open on this field of this row: one on the other end does not count."""
    fields = _fields(rule, name, pairs)
    return any(rule.id in one.rows and one.field in fields for one in draft.open)


def _fields(rule: DraftRule, name: str, pairs: bool) -> set[str]:
    """The fields of the questions that ask for a field of a flow."""
    left, right = ("source", "destination") if pairs else ("server", "target")
    responds = "right" if ends(rule, pairs)[1] is rule.responder else "left"
    side = {"left": left, "right": right}.get(name.partition(" ")[0], "")
    if name.endswith("port"):
        connected = {"connected.port"} if name.startswith(responds) else set()
        return {f"{side}.port", "port-side", "ports-side"} | connected
    if name.endswith("programs"):
        return {f"{side}.executables", "programs-side"}
    return {
        "item": {"item"},
        "protocol": {"protocol"},
        "application": {"protocol"},
        "sign": {"direction"},
        "target": {f"{right}.name"},
        "marks": {"item", f"{left}.executables", f"{right}.executables"},
    }[name]
