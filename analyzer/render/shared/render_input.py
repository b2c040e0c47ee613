"""What a format makes its files from: the document, and what several formats need of it."""

from typing import TYPE_CHECKING

from analyzer.render.shared.chart_process import Drawings

if TYPE_CHECKING:
    from analyzer.report import Report


class RenderInput:
    """A document with its drawn charts, made when a format first asks for them.

    ``drawings``: the charts, if another process draws them already.
    """

    def __init__(self, report: "Report", drawings: Drawings | None = None) -> None:
        self.report = report
        self.drawings = drawings or Drawings(report)
