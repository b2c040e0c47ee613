"""The charts as files of the report folder."""

from analyzer import charts
from analyzer.report import Report


def files(report: Report) -> dict[str, bytes]:
    """``charts/NAME.svg`` and ``charts/NAME.png`` for every chart."""
    return charts.files(report)
