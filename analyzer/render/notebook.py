"""A run as a notebook shows it: the answer, how sure it is, and where to look; no script and no style sheet."""

from html import escape

from analyzer.report import Report


def text(report: Report) -> str:
    """The page, a piece of HTML."""
    return f"<p>{escape(report.meta.headline)}</p>"
