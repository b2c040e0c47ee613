"""overview.html: one file that needs no network, in the form of report.html."""

from urllib.parse import quote

from analyzer.palette import STATUSES, VERDICTS, mark
from analyzer.render.overview.facts import Overview
from analyzer.render.overview.trend import trend_of
from analyzer.render.shared.escape import anchor
from analyzer.render.shared.layout import PageColumn, Table
from analyzer.render.shared.page_model import moment
from analyzer.render.shared.page_parts import page_environment, policy_of, script_of, style_of

LIMITS = {"sites": 2000, "new": 300, "days": 120, "unsatisfied": 200, "shared": 200, "names": 12}
"""The most that the page shows of each; the CSV files contain everything."""
LINKS = {"NOT COMPLIANT": "unexpected", "NOT JUDGED": "undetermined", "COMPLIANT": "expected", "NO REPORT": "blocked"}
"""The verdict in the style of which an answer is shown."""
_SEEN = (PageColumn("first seen", "when"), PageColumn("last seen", "when"))
TABLES: dict[str, Table] = {
    "sites": Table(
        "Sites",
        (
            PageColumn("site", "names"),
            PageColumn("answer", filter=True),
            PageColumn("findings", "number"),
            PageColumn("new", "number"),
            *(PageColumn(one.word, "number") for one in VERDICTS),
            PageColumn("captures", "number"),
            PageColumn("last frame", "when"),
        ),
        "site",
    ),
    "new": Table(
        "New findings",
        (
            PageColumn("site", "names", filter=True),
            PageColumn("verdict", filter=True),
            PageColumn("from", "host"),
            PageColumn("to", "host"),
            PageColumn("service", "service", filter=True),
            PageColumn("flows", "number"),
            PageColumn("first seen", "when"),
        ),
        "finding",
    ),
    "days": Table(
        "Flows by day",
        (
            PageColumn("day", "when"),
            *(PageColumn(one.word, "number") for one in VERDICTS),
            PageColumn("sites", "number"),
            PageColumn("sites with unexpected", "number"),
        ),
        "day",
    ),
    "unsatisfied": Table(
        "Rows that are satisfied nowhere",
        (PageColumn("row", "wide"), *(PageColumn(one.word, "number") for one in STATUSES)),
        "row",
    ),
    "shared": Table(
        "Unknown hosts at several sites",
        (
            PageColumn("host", "address"),
            PageColumn("kind", filter=True),
            PageColumn("sites", "number"),
            PageColumn("at", "names"),
            PageColumn("findings", "number"),
            PageColumn("flows", "number"),
            *_SEEN,
        ),
        "host",
    ),
}


def text(overview: Overview) -> str:
    """The page."""
    page = page_environment()
    page.filters |= {"moment": moment, "href": lambda path: quote(path, safe="/", errors="replace")}
    style = style_of(page, ("style.css", "overview.css"), TABLES, "DPM port compliance: overview of sites", {})
    script = script_of(page, "script.js")
    return page.get_template("overview.html").render(
        overview=overview,
        trend=trend_of({one.day: one.verdicts for one in overview.days}),
        folders={one.name: one.folder for one in overview.sites if one.folder},
        limits=LIMITS,
        tables=TABLES,
        verdicts=VERDICTS,
        statuses=STATUSES,
        links=LINKS,
        mark=mark,
        anchor=anchor,
        charts={},
        font_remedy="",
        style=style,
        script=script,
        policy=policy_of(style, script),
    )


def files(overview: Overview) -> dict[str, bytes]:
    """``overview.html``, UTF-8."""
    return {"overview.html": text(overview).encode("utf-8", "backslashreplace")}
