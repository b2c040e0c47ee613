"""Document -> matplotlib figures: object-oriented, Agg only, never pyplot, the same bytes on every run.

Each chart is a file with two functions, ``data(report)`` and ``figure(report)``, and a line in ``CHARTS``. In a
notebook, ``charts.timeline.figure(report)`` shows itself.
"""

import io
from pathlib import Path

from matplotlib.figure import Figure

from analyzer.charts import causes, coverage, ladder, matrix, ranked, timeline, vantages, volume
from analyzer.charts.style import Chart, styled
from analyzer.report import Report

__all__ = ["CHARTS", "Chart", "files", "png", "save", "svg"]

CHARTS: tuple[Chart, ...] = (
    *(timeline.CHART, matrix.CHART, coverage.CHART, ladder.CHART),
    *(ranked.CHART, causes.CHART, volume.CHART, vantages.CHART),
)


def files(report: Report) -> dict[str, bytes]:
    """Every chart as SVG and PNG, by its name in the report folder (``charts/verdicts.svg``)."""
    made: dict[str, bytes] = {}
    for chart in CHARTS:
        figure = chart.figure(report)
        made[f"charts/{chart.name}.svg"] = svg(figure)
        made[f"charts/{chart.name}.png"] = png(figure)
    return made


def save(report: Report, folder: Path) -> list[Path]:
    """Writes every chart into ``folder``, which is made where it is missing; returns the files, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in files(report).items():
        paths.append(folder / Path(name).name)
        paths[-1].write_bytes(content)
    return paths


def svg(figure: Figure) -> bytes:
    """The figure as SVG: text as text, identifiers from a fixed salt, no date and no version."""
    return _write(figure, "svg", {"Date": None, "Creator": None})


def png(figure: Figure) -> bytes:
    """The figure as PNG, 150 dots an inch, without a software line."""
    return _write(figure, "png", {"Software": None})


def _write(figure: Figure, kind: str, metadata: dict[str, None]) -> bytes:
    with styled(), io.BytesIO() as buffer:
        figure.savefig(buffer, format=kind, metadata=metadata, dpi=150)
        return buffer.getvalue()
