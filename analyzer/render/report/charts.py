"""The charts as files of the report folder."""

from analyzer.render.shared.chart_process import Drawings
from analyzer.report import Report


def files(report: Report) -> dict[str, bytes]:
    """``charts/NAME.svg`` and ``charts/NAME.png`` for every chart."""
    return Drawings(report).files()
