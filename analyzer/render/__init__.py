"""Document -> files, one small module a format.

Every module of a format has ``files(report) -> {name: bytes}`` and knows nothing of the others. Modules are loaded
when they are first asked for: who wants CSV waits for no chart.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.render.shared.chart_process import Drawings
    from analyzer.report import Report

Renderer = Callable[["Report"], dict[str, bytes]]

__all__ = ["FORMATS", "Renderer", "everything"]


def _renderer(name: str) -> Renderer:
    def files(report: "Report") -> dict[str, bytes]:
        made: dict[str, bytes] = import_module(f"{__name__}.report.{name}").files(report)
        return made

    return files


FORMATS: dict[str, Renderer] = {
    name: _renderer(name) for name in ("html", "md", "json", "csv", "parquet", "charts", "sarif")
}
"""Every format: its name -> what makes its files, by their path in the report folder."""


def everything(report: "Report", drawings: "Drawings | None" = None) -> Iterator[tuple[str, bytes]]:
    """Every file of every format, by its path in the report folder, in a fixed order; the charts are drawn once.

    ``drawings``: the charts, where they are drawn elsewhere meanwhile.
    """
    from analyzer.render.report import csv, html, parquet  # noqa: PLC0415 - as above
    from analyzer.render.shared import chart_process as drawing  # noqa: PLC0415 - as above
    from analyzer.report.model import coded_tables  # noqa: PLC0415 - as above

    drawn = drawings or drawing.Drawings(report)
    for name in ("md", "json", "sarif"):
        yield from FORMATS[name](report).items()
    codes = coded_tables(report)
    for tables in (csv, parquet):
        yield from tables.files(report, codes).items()
    del codes
    yield from html.files(report, drawn).items()
    yield from drawn.files().items()
