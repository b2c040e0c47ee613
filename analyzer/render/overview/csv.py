"""The tables of the overview as CSV: UTF-8, lines end with LF, text of captures cannot become a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from analyzer.palette import STATUSES, VERDICTS
from analyzer.render.overview.facts import Overview
from analyzer.render.shared.escape import cell

VERDICT_WORDS = tuple(mark.word for mark in VERDICTS)
STATUS_WORDS = tuple(mark.word for mark in STATUSES)
SITES = (
    "site", "answer", "profile", "captures", "first_ts", "last_ts", *VERDICT_WORDS, "findings", "new", "gone",
    "compared_until", "stalled", "incomplete", "headline", "report", "problem",
)  # fmt: skip
NEW = (
    "site", "finding", "verdict", "reason", "rule", "orig", "resp", "service", "flows", "first_seen", "last_seen",
    "why",
)  # fmt: skip
DAYS = ("day", "site", *VERDICT_WORDS)
UNSATISFIED = ("rule", "item", *STATUS_WORDS)
SHARED = ("kind", "value", "sites", "names", "findings", "flows", "first_seen", "last_seen")


def files(overview: Overview) -> dict[str, bytes]:
    """``sites.csv``, ``new.csv``, ``days.csv``, ``unsatisfied.csv`` and ``unknown-hosts.csv``."""
    return {
        "sites.csv": octets(SITES, map(site_line, overview.ordered)),
        "new.csv": octets(
            NEW,
            (
                (one.site, one.finding, one.verdict, one.reason, one.rule, one.orig, one.resp, one.service,
                 one.flows, one.first, one.last, one.why)
                for one in overview.new
            ),
        ),
        "days.csv": octets(
            DAYS,
            (
                (day, one.name, *counts(verdicts, VERDICT_WORDS))
                for one in sorted(overview.sites, key=lambda each: each.name)
                for day, verdicts in sorted(one.days.items())
            ),
        ),
        "unsatisfied.csv": octets(
            UNSATISFIED, ((one.rule, one.item, *counts(one.machines, STATUS_WORDS)) for one in overview.unsatisfied)
        ),
        "unknown-hosts.csv": octets(
            SHARED,
            (
                (one.kind, one.value, len(one.sites), "; ".join(one.sites), one.findings, one.flows, one.first,
                 one.last)
                for one in overview.shared
            ),
        ),
    }  # fmt: skip


def site_line(one: Any) -> tuple[Any, ...]:
    """A site as a line of sites.csv. ``new`` is empty where there was no earlier report."""
    new = "" if one.new is None else len(one.new)
    return (
        one.name, one.answer, one.profile, one.captures, one.first, one.last, *counts(one.verdicts, VERDICT_WORDS),
        one.findings, new, one.gone if one.new is not None else "", one.compared_until, one.stalled,
        "yes" if one.incomplete else "no", one.headline, one.folder, one.problem,
    )  # fmt: skip


def counts(found: dict[str, int], words: Sequence[str]) -> list[int]:
    return [found.get(word, 0) for word in words]


def octets(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """A table with its header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in line] for line in lines)
    return text.getvalue().encode("utf-8", "backslashreplace")
