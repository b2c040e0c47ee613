"""The tables of the page with their columns, for header cells, the labels on narrow screens and the script."""

from dataclasses import dataclass

from analyzer import glossary
from analyzer.host_evidence.model import Word
from analyzer.palette import BOOTS, STATUSES, VERDICTS, Mark
from analyzer.values import STAGES, Status, Verdict


@dataclass(frozen=True)
class Column:
    """``kind``: the layout of its cells: number, when, host, text and so on. ``filter``: lines can be filtered by its
    values. ``order``: words from the most serious to the least, if it is not sorted by its text or number."""

    name: str
    kind: str = ""
    filter: bool = False
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """``label``: the name of the table; ``noun``: the name of one line of it. Without a noun it is not sorted."""

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
            *(
                Column("began", "began"),
                _FROM,
                _TO,
                _SERVICE,
                Column("verdict", filter=True, order=_words(VERDICTS)),
            ),
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
    "executables": Table(
        "Executables",
        (Column("row", "wide"), *(Column(word.value, "number") for word in Word)),
    ),
    "logs": Table(
        "Evidence of hosts",
        (
            *(Column("source", "wide"), Column("host"), Column("log"), Column("from", "when"), Column("to", "when")),
            *(Column("records", "number"), Column("used", "number"), Column("gaps", "number")),
        ),
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
        "Events",
        (
            Column("time", "when"),
            Column("until", "when"),
            Column("what", filter=True),
            Column("hosts and service", "text"),
        ),
        "event",
    ),
    "hosts": Table(
        "Hosts and roles",
        (
            *(
                Column("address"),
                Column("roles", filter=True),
                Column("machine"),
                Column("segment", filter=True),
            ),
            *(Column("basis", filter=True), Column("evidence", "text")),
        ),
        "host",
    ),
    "waivers": Table(
        "Waivers",
        (
            *(
                Column("state", filter=True),
                Column("from"),
                Column("to"),
                Column("service"),
                Column("reason", "text"),
            ),
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

KINDS: tuple[tuple[str, bool, str, str], ...] = (
    # (verdict, stopped, title, what it means)
    (Verdict.UNEXPECTED, False, "Should not exist, and got through", glossary.VERDICTS[Verdict.UNEXPECTED]),
    (Verdict.UNEXPECTED, True, "Should not exist, and was stopped", "a host tried, and got no service"),
    (Verdict.BLOCKED, False, "Should work, and was blocked", glossary.VERDICTS[Verdict.BLOCKED]),
    (Status.MISSING, False, "Had to be captured, and was not", "the profile, --expect or an earlier step requires it"),
)
"""The kinds of findings, each with its own heading."""
PLACES: dict[str, str] = {"coverage": "rows", "boots": "boots", "vantages": "captures"}
"""The section of a chart; all others are in the section on traffic."""
