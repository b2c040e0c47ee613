"""What a format makes its files from: the document, and the parts that several formats need."""

from functools import cached_property
from typing import TYPE_CHECKING

from analyzer.render.shared.chart_process import Drawings

if TYPE_CHECKING:
    from analyzer.report import Report
    from analyzer.report.dictionary import Codes


class RenderInput:
    """A document with its drawn charts and coded flow table, each made when a format first asks for it.

    ``drawings``: the charts, if a copy of this process draws them already.
    """

    def __init__(self, report: "Report", drawings: Drawings | None = None) -> None:
        self.report = report
        self.drawings = drawings or Drawings(report)

    @cached_property
    def codes(self) -> "Codes":
        """The text columns of the flow table as Arrow's dictionary arrays."""
        from analyzer.report.dictionary import coded  # noqa: PLC0415 - Arrow is not needed for other formats

        return coded(self.report.flows)

    def release_codes(self) -> None:
        """Give back the memory of the coded table."""
        self.__dict__.pop("codes", None)
