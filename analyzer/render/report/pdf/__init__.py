"""report.pdf: a summary of one page, then the detail. The page is arranged for paper, and Chromium prints it.

The page has no script and loads nothing. The same document gives the same octets with the same Chromium and fonts.
"""

from typing import Any

from analyzer.render.report.pdf.browser import printed
from analyzer.render.report.pdf.properties import with_fixed_properties
from analyzer.render.shared.arrangement import Arrangement
from analyzer.render.shared.escape import clip
from analyzer.render.shared.render_input import RenderInput, Sheet
from analyzer.report import Report

LIMITS = {
    **{"findings": 60, "members": 10, "flows": 100, "boots": 60, "ladders": 12, "captures": 60, "hosts": 100},
    **{"rows": 60, "states": 8, "machines": 12, "matrix": 80, "waivers": 60, "events": 60, "notes": 40},
    **{"not_covered": 60, "answers": 10},
}
"""The most that the PDF shows of each, so that no report has many more than a hundred sheets."""
COVER_FIELDS = {"customer": "Customer", "prepared_by": "Prepared by", "reference": "Reference"}
"""Keys of the profile that the first page shows, with their names there."""
LONGEST_FIELD = 120
"""Characters of such a value."""
ON_COVER = {"captures": 5, "rules": 2, "warnings": 3, "text": 160}
"""The most that the first page shows of each, so that it stays one page; ``text``: characters of a sentence.
The style sheet limits the lines of each as well."""
WITH_MARGIN_TEXT = 131
"""The first Chromium that prints page numbers and other text in the margins."""
_FOLDED, _OPEN = "<details", "<details open"


def files(given: RenderInput) -> dict[str, bytes]:
    """``report.pdf``.

    Raises:
        OutputError: Chromium is not installed, is too old, or fails.
    """
    paper = printed(page(given), oldest=WITH_MARGIN_TEXT)
    return {"report.pdf": with_fixed_properties(paper, captured_until(given.report))}


def page(given: RenderInput) -> str:
    """The page that is printed: everything that a screen can unfold is open."""
    made = given.page(given.report, given.drawings, arrangement(given.report, given.options.sheet))
    return made.replace(_FOLDED, _OPEN)  # foreign text has no unescaped "<"


def arrangement(report: Report, sheet: Sheet) -> Arrangement:
    """How the page is put together for paper."""
    values = {"sheet": sheet, "cover": cover_fields(report), "on_cover": ON_COVER}
    return Arrangement("pdf.html", ("style.css", "pdf.css"), "", LIMITS, values)


def cover_fields(report: Report) -> dict[str, str]:
    """The name and value of each field of the first page that the profile has."""
    profile: dict[str, Any] = report.meta.site.profile
    given = {name: profile.get(key) for key, name in COVER_FIELDS.items()}
    return {name: clip(value, LONGEST_FIELD) for name, value in given.items() if isinstance(value, str) and value}


def captured_until(report: Report) -> int:
    """When the last frame was captured, in nanoseconds since the epoch; 0 without a frame."""
    return max((one.last_ts for one in report.meta.captures if one.last_ts is not None), default=0)
