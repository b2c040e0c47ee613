"""The tables of the page with their columns, for header cells, the labels on narrow screens and the script."""

from dataclasses import dataclass

from analyzer import glossary
from analyzer.palette import BOOTS, STATUSES, VERDICTS, Mark
from analyzer.values import LADDER, EvidenceWord, Status, Verdict


@dataclass(frozen=True)
class PageColumn:
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
    columns: tuple[PageColumn, ...]
    noun: str = ""


def _words(marks: tuple[Mark, ...]) -> tuple[str, ...]:
    return tuple(mark.word for mark in marks)


_FROM, _TO = PageColumn("from", "host"), PageColumn("to", "host")
_SERVICE, _WHY = PageColumn("service", "service", filter=True), PageColumn("why", "text")

TABLES: dict[str, Table] = {
    "flows": Table(
        "Flows",
        (
            *(
                PageColumn("began", "began"),
                _FROM,
                _TO,
                _SERVICE,
                PageColumn("verdict", filter=True, order=_words(VERDICTS)),
            ),
            *(PageColumn("outcome", filter=True), PageColumn("packets", "number"), PageColumn("bytes", "number")),
            *(PageColumn("first frame"), _WHY),
        ),
        "flow",
    ),
    "members": Table(
        "Findings of this group",
        (
            *(_FROM, _TO, PageColumn("service"), PageColumn("flows", "number"), PageColumn("first seen", "when")),
            *(PageColumn("outcome"), PageColumn("first frame"), PageColumn("finding")),
        ),
    ),
    "fields": Table(
        "Fields of the row", (PageColumn("field"), PageColumn("state"), PageColumn("the row"), PageColumn("the flow"))
    ),
    "states": Table(
        "Rows of the table",
        (
            *(PageColumn("row", "wide", filter=True), PageColumn("status", filter=True, order=_words(STATUSES))),
            *(PageColumn("machines", "names"), PageColumn("flows", "number"), PageColumn("seen"), _WHY),
        ),
        "line",
    ),
    "executables": Table(
        "Executables",
        (PageColumn("row", "wide"), *(PageColumn(word.value, "number") for word in EvidenceWord)),
    ),
    "logs": Table(
        "Evidence of hosts",
        (
            *(
                PageColumn("source", "wide"),
                PageColumn("host"),
                PageColumn("log"),
                PageColumn("from", "when"),
                PageColumn("to", "when"),
            ),
            *(PageColumn("records", "number"), PageColumn("used", "number"), PageColumn("gaps", "number")),
        ),
    ),
    "boots": Table(
        "PXE boots",
        (
            *(
                PageColumn("machine", "names"),
                PageColumn("status", filter=True, order=_words(BOOTS)),
                PageColumn("started", "when"),
            ),
            *(PageColumn(stage, "stage") for stage in LADDER),
            _WHY,
        ),
        "boot",
    ),
    "events": Table(
        "Events",
        (
            PageColumn("time", "when"),
            PageColumn("until", "when"),
            PageColumn("what", filter=True),
            PageColumn("hosts and service", "text"),
        ),
        "event",
    ),
    "hosts": Table(
        "Hosts and roles",
        (
            *(
                PageColumn("address", "address"),
                PageColumn("roles", filter=True),
                PageColumn("machine"),
                PageColumn("segment", filter=True),
            ),
            *(PageColumn("basis", filter=True), PageColumn("evidence", "text")),
        ),
        "host",
    ),
    "unknown": Table(
        "Unknown hosts",
        (
            *(PageColumn("address", "address"), PageColumn("MAC in its frames", "address")),
            *(PageColumn("first seen", "when"), PageColumn("last seen", "when")),
            *(PageColumn("flows", "number"), PageColumn("what it did", "text")),
        ),
        "host",
    ),
    "waivers": Table(
        "Waivers",
        (
            *(
                PageColumn("state", filter=True),
                PageColumn("from"),
                PageColumn("to"),
                PageColumn("service"),
                PageColumn("reason", "text"),
            ),
            *(PageColumn("owner"), PageColumn("expires", "when"), PageColumn("flows", "number"), PageColumn("ticket")),
        ),
        "waiver",
    ),
    "attestations": Table(
        "Attestations",
        (
            *(PageColumn("state", filter=True), PageColumn("row or item", "wide"), PageColumn("machine", "names")),
            *(PageColumn("evidence", "text"), PageColumn("owner"), PageColumn("expires", "when"), PageColumn("ticket")),
        ),
        "attestation",
    ),
    "captures": Table(
        "Captures",
        (
            *(PageColumn("capture", "wide"), PageColumn("vantage", "number"), PageColumn("span")),
            *(PageColumn("frames", "text"), PageColumn("quality", "text")),
        ),
        "capture",
    ),
    "words": Table("Words", (PageColumn("word"), PageColumn("of"), PageColumn("meaning", "text"))),
    "versions": Table(
        "Versions", (PageColumn("what"), PageColumn("which"), PageColumn("from", "text"), PageColumn("SHA-256", "hash"))
    ),
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
