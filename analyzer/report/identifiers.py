"""Finds flows and findings of a report by their identifiers, or by the beginning of one if only one begins so."""

from collections import Counter
from typing import NamedTuple

import pandas as pd

from analyzer.errors import AnalyzerError
from analyzer.report.model import Report

SHORTEST = 4
"""Characters that a beginning must have."""
LISTED = 5
SHOWN = 6
"""Characters that are enough in most reports."""


class Found(NamedTuple):
    """``kind``: ``flow`` or ``finding``; ``name``: the whole identifier."""

    kind: str
    name: str


def find_identifier(report: Report, text: str, *kinds: str) -> Found:
    """The flow or finding that ``text`` names. ``kinds``: ``flow``, ``finding``, or both.

    Raises:
        AnalyzerError: there is none, or several begin so; the sentence says where they are listed.
    """
    columns = {kind: {"flow": report.flows, "finding": report.findings}[kind][kind] for kind in kinds}
    for kind, names in columns.items():
        if (names == text).any():
            return Found(kind, text)
    found = [Found(kind, name) for kind, names in columns.items() for name in beginning_with(names, text)]
    what = " or ".join(kinds)
    if len(found) > 1:
        more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
        raise AnalyzerError(
            f"{text!r} begins {len(found)} identifiers of this report: "
            f"{', '.join(one.name for one in found[:LISTED])}{more}. Give more characters."
        )
    if not found:
        files = " and ".join(f"{kind}s.csv" for kind in kinds)
        short = f". The beginning of an identifier needs {SHORTEST} characters" if len(text) < SHORTEST else ""
        listed = f"{files} {'list' if len(kinds) > 1 else 'lists'} them"
        raise AnalyzerError(f"no {what} {text!r} in this report; {listed}{short}")
    return found[0]


def beginning_with(names: "pd.Series[str]", text: str) -> list[str]:
    """The different names that begin so; none for a text that is too short."""
    if len(text) < SHORTEST:
        return []
    return sorted(set(names[names.str.startswith(text)].tolist()))


def short_findings(report: Report) -> dict[str, str]:
    """Finding -> the first characters of its identifier (at least SHOWN) that no other finding begins with. Identifiers
    of flows begin with another letter."""
    short: dict[str, str] = {}
    left, length = sorted(set(report.findings["finding"].tolist())), SHOWN
    while left:
        counts = Counter(name[:length] for name in left)
        short |= {name: name[:length] for name in left if counts[name[:length]] == 1 or len(name) <= length}
        left = [name for name in left if name not in short]
        length += 1
    return short
