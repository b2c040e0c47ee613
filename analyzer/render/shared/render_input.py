"""What a format makes its files from: the document, and what several formats need of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from analyzer.render.shared.arrangement import Arrangement
from analyzer.render.shared.chart_process import Drawings

if TYPE_CHECKING:
    from analyzer.report import Report


Sheet = Literal["A4", "Letter"]


@dataclass(frozen=True)
class RenderOptions:
    """What ``render`` can be asked for. ``bom``: CSV for Excel, with a byte order mark. ``sheet``: the size of a page
    of the PDF."""

    bom: bool = False
    sheet: Sheet = "A4"


DEFAULT_OPTIONS = RenderOptions()


class RenderInput:
    """A document with its drawn charts, made when a format first asks for them.

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
