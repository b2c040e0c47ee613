"""What a format makes its files from: the document, and the parts that several formats need."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from analyzer.render.shared.arrangement import Arrangement
from analyzer.render.shared.chart_process import Drawings

if TYPE_CHECKING:
    from analyzer.report import Report
    from analyzer.report.dictionary import Codes


Sheet = Literal["A4", "Letter"]


@dataclass(frozen=True)
class RenderOptions:
    """What ``render`` can be asked for. ``bom``: CSV for Excel, with a byte order mark. ``sheet``: the size of a page
    of the PDF."""

    bom: bool = False
    sheet: Sheet = "A4"


DEFAULT_OPTIONS = RenderOptions()


class RenderInput:
    """A document with its drawn charts and coded flow table, each made when a format first asks for it.

    ``drawings``: the charts, if a copy of this process draws them already. ``page``: makes the page in an arrangement;
    only the formats that name it in their needs get it.
    """

    page: "Callable[[Report, Drawings, Arrangement], str]"

    def __init__(
        self, report: "Report", drawings: Drawings | None = None, options: RenderOptions = DEFAULT_OPTIONS
    ) -> None:
        self.report = report
        self.drawings = drawings or Drawings(report)
        self.options = options

    @cached_property
    def codes(self) -> "Codes":
        """The text columns of the flow table as Arrow's dictionary arrays."""
        from analyzer.report.dictionary import coded  # noqa: PLC0415 - Arrow is not needed for other formats

        return coded(self.report.flows)

    def release_codes(self) -> None:
        """Give back the memory of the coded table."""
        self.__dict__.pop("codes", None)
