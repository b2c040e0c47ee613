"""Rows and questions as a person reads them, in the terminal and on the page."""

from analyzer.rules.draft import DraftRule, DraftSide, ReadFrom


def flow_text(rule: DraftRule) -> str:
    """A flow in one line: protocol, ends with their ports, and programs."""
    protocol = rule.protocol or "(protocol?)"
    ends = f"{_end(rule.originator)} -> {_end(rule.responder)}"
    sign = rule.printed or "?"
    notes = "".join(f" *{number}" for number in rule.footnotes)
    return f"{protocol}  {ends}  (printed {sign}){notes}"


def _end(side: DraftSide) -> str:
    roles = " or ".join(role.value for role in side.roles) or "(role?)"
    return f"{roles}:{'any' if side.port is None else side.port}"


def details_text(rule: DraftRule) -> list[str]:
    """The programs of each end that has some, and the note of the row, a line each."""
    found = []
    for name, side in (("originator", rule.originator), ("responder", rule.responder)):
        if side.executables:
            shown = [(one.path or one.name) + (f" ({one.os})" if one.os else "") for one in side.executables]
            found.append(f"{name}: " + " or ".join(shown))
    return [*found, *([f"note: {rule.note}"] if rule.note else [])]


def where_text(read: ReadFrom) -> str:
    """Where a value was read, and what showed that it is one."""
    lines = (
        ""
        if read.lines is None
        else f", line {read.lines[0]}" + (f" to {read.lines[1]}" if read.lines[1] != read.lines[0] else "")
    )
    return f"p. {read.page}{lines}; {read.how}{', as above' if read.inherited else ''}"
