"""A run in a notebook: the answer, how sure it is, the findings to read first, and the methods of the run.

It has no script and no style sheet, because a notebook may remove them. Text has the notebook's colour, and a mark has
its own background, so that both can be read in a light theme and in a dark one.
"""

from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analyzer.palette import LIGHT, VERDICTS, mark
from analyzer.render.shared import page_model as view
from analyzer.render.shared import summary
from analyzer.render.shared.escape import clip
from analyzer.render.shared.groups import grouped
from analyzer.report import Report

FINDINGS = BOOTS = 200
"""The most serious groups and boots, of which the first ones to read are chosen."""
NOTES = 8
LONGEST = 300
"""Characters of a single value."""


def text(report: Report) -> str:
    """A piece of HTML. Text from captures is never markup."""
    page = Environment(
        loader=PackageLoader("analyzer.render"), autoescape=True, finalize=_shown, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    page.filters |= {"moment": partial(view.moment, timezone=report.meta.timezone)}
    notes = sorted(report.meta.notes, key=lambda note: note.level != "warning")
    return page.get_template("notebook.html").render(
        **{"report": report, "meta": report.meta, "span": summary.span(report), "verdicts": VERDICTS, "paper": LIGHT},
        **{"mark": mark, "notes": notes[:NOTES], "facts": list(summary.sure(report))},
        warnings=sum(note.level == "warning" for note in notes),
        pointers=summary.first_to_read(grouped(report, FINDINGS, 1).groups, view.boots(report, BOOTS)),
    )


def _shown(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return clip(value, LONGEST)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
