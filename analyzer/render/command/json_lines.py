"""JSON lines for programs: the summary first, then an object for each finding."""

import json
from typing import Any

from analyzer.palette import BOOTS
from analyzer.render.shared import page_model as view
from analyzer.report import FINDING_COLUMNS, INTEGERS, Report


def text(report: Report, where: str) -> str:
    """One line of ASCII for each object: ``summary``, then every ``finding``, most serious first. docs/terminal.md has
    the fields. ``where``: the report folder's page, as the user named the folder."""
    objects = [summary(report, where), *(finding(found) for found in view.findings(report, len(report.findings)))]
    return "".join(json.dumps(one, ensure_ascii=True, separators=(",", ":")) + "\n" for one in objects)


def summary(report: Report, where: str) -> dict[str, Any]:
    """The summary of a report."""
    meta = report.meta
    boots = report.boots["status"].value_counts()
    return {
        "type": "summary",
        "answer": meta.answer,
        "headline": meta.headline,
        "scope": meta.scope,
        "verdicts": {str(word): count for word, count in meta.verdicts.items()},
        "missing": view.missing(report),
        "boots": {look.word: int(boots.get(look.word, 0)) for look in BOOTS},
        "findings": len(report.findings),
        "flows": len(report.flows),
        "frames": sum(capture.frames for capture in meta.captures),
        "captures": len(meta.captures),
        "incomplete": meta.incomplete,
        "warnings": [note.text for note in meta.notes if note.level == "warning"],
        "report": where,
    }


def finding(found: view.Finding) -> dict[str, Any]:
    """A finding with the columns of findings.csv; a missing number is null."""
    row = {name: found.row[name] for name in FINDING_COLUMNS}
    numbers = {name: None if row[name] < 0 else int(row[name]) for name in FINDING_COLUMNS if name in INTEGERS}
    return {"type": "finding", **row, **numbers, "stopped": found.stopped}
