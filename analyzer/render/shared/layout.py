"""The tables of the page: their columns, said once, for header cells, the labels of narrow screens and the script."""

from dataclasses import dataclass

from analyzer.compliance.verdict.decision import BLOCKED_BY
from analyzer.messages import message
from analyzer.messages.english import sentence
from analyzer.palette import BOOTS, STATUSES, VERDICTS, Mark
from analyzer.values import STAGES, Outcome, Reason, Status, Verdict


@dataclass(frozen=True)
class Column:
    """``kind``: how its cells stand - number, when, host, text and so on. ``filter``: its values can be chosen from.
    ``order``: words from the most serious to the least, where it is not sorted by its text or number."""

    name: str
    kind: str = ""
    filter: bool = False
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """``label``: what the table is called; ``noun``: what one line of it is. Without a noun it is not sorted."""

    label: str
    columns: tuple[Column, ...]
    noun: str = ""


def _words(marks: tuple[Mark, ...]) -> tuple[str, ...]:
    return tuple(mark.word for mark in marks)


_FROM, _TO = Column("from", "host"), Column("to", "host")
_SERVICE, _WHY = Column("service", "service", filter=True), Column("why", "text")

TABLES: dict[str, Table] = {
    "flows": Table(
        "Flows",
        (
            *(Column("began", "began"), _FROM, _TO, _SERVICE, Column("verdict", filter=True, order=_words(VERDICTS))),
            *(Column("outcome", filter=True), Column("packets", "number"), Column("bytes", "number")),
            *(Column("first frame"), _WHY),
        ),
        "flow",
    ),
    "members": Table(
        "Findings of this group",
        (
            *(_FROM, _TO, Column("service"), Column("flows", "number"), Column("first seen", "when")),
            *(Column("outcome"), Column("first frame"), Column("finding")),
        ),
    ),
    "fields": Table("Fields of the row", (Column("field"), Column("state"), Column("the row"), Column("the flow"))),
    "states": Table(
        "Rows of the table",
        (
            *(Column("row", "wide", filter=True), Column("status", filter=True, order=_words(STATUSES))),
            *(Column("machines", "names"), Column("flows", "number"), Column("seen"), _WHY),
        ),
        "line",
    ),
    "boots": Table(
        "PXE boots",
        (
            *(
                Column("machine", "names"),
                Column("status", filter=True, order=_words(BOOTS)),
                Column("started", "when"),
            ),
            *(Column(stage, "stage") for stage in STAGES),
            _WHY,
        ),
        "boot",
    ),
    "events": Table(
        "What happened, in order",
        (Column("time", "when"), Column("until", "when"), Column("what", filter=True), Column("who and where", "text")),
        "event",
    ),
    "hosts": Table(
        "Hosts and roles",
        (
            *(Column("address"), Column("roles", filter=True), Column("machine"), Column("segment", filter=True)),
            *(Column("basis", filter=True), Column("evidence", "text")),
        ),
        "host",
    ),
    "waivers": Table(
        "Waivers",
        (
            *(Column("state", filter=True), Column("from"), Column("to"), Column("service"), Column("reason", "text")),
            *(Column("owner"), Column("expires", "when"), Column("flows", "number")),
        ),
        "waiver",
    ),
    "captures": Table(
        "Captures",
        (
            *(Column("capture", "wide"), Column("vantage", "number"), Column("span")),
            *(Column("frames", "text"), Column("quality", "text")),
        ),
        "capture",
    ),
    "words": Table("Words", (Column("word"), Column("of"), Column("meaning", "text"))),
    "versions": Table("Versions", (Column("what"), Column("which"), Column("from", "text"), Column("SHA-256", "hash"))),
}

REASONS: dict[str, str] = {
    reason: sentence(message(f"meaning-{reason}")) for reason in Reason if reason not in BLOCKED_BY.values()
}
"""What the reasons of unexpected flows mean."""
OUTCOMES: dict[str, str] = {
    Outcome.ESTABLISHED: "it was answered",
    Outcome.REFUSED: "a reset answered it",
    Outcome.NO_REPLY: "nothing answered it; of a blocked flow, where an answer would have been seen",
    Outcome.ADMIN_PROHIBITED: "ICMP said that a rule forbids it",
    Outcome.UNREACHABLE: "ICMP said that it cannot be reached",
    Outcome.ONE_WAY: "one side alone was seen, and no answer was due or none can be told",
    Outcome.PARTIAL: "both sides were seen, their beginning was not",
}
KINDS: tuple[tuple[str, bool, str, str], ...] = (
    # (verdict, stopped, title, what it means)
    (Verdict.UNEXPECTED, False, "Should not exist, and got through", "no row of the table allows it"),
    (Verdict.UNEXPECTED, True, "Should not exist, and was stopped", "a control worked; somebody tried"),
    (Verdict.BLOCKED, False, "Should work, and was blocked", "a row allows it, and it got no service"),
    (Status.MISSING, False, "Had to be seen, and was not", "the profile or what went before asks for it"),
)
"""The kinds of findings, each with a heading of its own."""
PLACES: dict[str, str] = {"coverage": "rows", "boots": "boots", "vantages": "captures"}
"""The section that a chart stands in; all others stand with the traffic."""
