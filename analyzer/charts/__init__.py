"""Document -> matplotlib figures: object-oriented, Agg only, never pyplot, the same bytes on every run.

Each chart is a file with two functions, ``data(report)`` and ``figure(report)``, and a line in ``CHARTS``. A
notebook shows ``charts.timeline.figure(report)`` as it is.
"""

import io
from pathlib import Path

from analyzer.local_settings import ignored, no_new_settings_folder

with ignored(), no_new_settings_folder("matplotlib"):
    import matplotlib  # noqa: F401 - before any module of this package imports a part of it

from matplotlib.figure import Figure
from PIL import Image

from analyzer.charts import causes, coverage, ladder, matrix, ranked, timeline, vantages, volume
from analyzer.charts.fonts import keep_fonts_in_memory, missing_letters
from analyzer.charts.made_once import all_made_once
from analyzer.charts.style import Chart, styled, svg
from analyzer.report import Report

__all__ = [
    "CHARTS",
    "Chart",
    "Figure",
    "all_made_once",
    "figures",
    "files",
    "keep_fonts_in_memory",
    "missing_letters",
    "png",
    "save",
    "styled",
    "svg",
]

CHARTS: tuple[Chart, ...] = (
    *(timeline.CHART, matrix.CHART, coverage.CHART, ladder.CHART),
    *(ranked.CHART, causes.CHART, volume.CHART, vantages.CHART),
)

DOTS = 150
"""Dots an inch of the PNG files."""


def figures(report: Report) -> list[tuple[Chart, Figure]]:
    """Every chart of a report."""
    with styled(), all_made_once():
        return [(chart, chart.figure(report)) for chart in CHARTS]


def files(report: Report) -> dict[str, bytes]:
    """Every chart as SVG and PNG, by its name in the report folder (``charts/verdicts.svg``)."""
    made: dict[str, bytes] = {}
    for chart, figure in figures(report):
        made[f"charts/{chart.name}.svg"] = svg(figure)
        made[f"charts/{chart.name}.png"] = png(figure)
    return made


def save(report: Report, folder: Path) -> list[Path]:
    """Writes every chart into ``folder``, which is created if it does not exist; returns the files, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in files(report).items():
        paths.append(folder / Path(name).name)
        paths[-1].write_bytes(content)
    return paths


def png(figure: Figure) -> bytes:
    """The figure as PNG, 150 dots an inch, without transparency and without a software line."""
    with styled(), io.BytesIO() as raw, io.BytesIO() as buffer:
        figure.savefig(raw, format="rgba", dpi=DOTS)
        width = round(figure.get_figwidth() * DOTS)
        pixels = raw.getvalue()
        picture = Image.frombuffer("RGBA", (width, len(pixels) // width // 4), pixels, "raw", "RGBA", 0, 1)
        # Plain colour and a low level: a third of matplotlib's own time for files of the same size.
        picture.convert("RGB").save(buffer, format="png", compress_level=3, dpi=(DOTS, DOTS))
        return buffer.getvalue()
