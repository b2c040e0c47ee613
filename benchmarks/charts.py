"""The measurements as charts."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullFormatter

from analyzer.charts.style import canvas, styled
from analyzer.palette import LIGHT, mark
from analyzer.values import Verdict
from benchmarks.results import Measured, Results, figures, steps, subjects

CHARTS = {
    "peers": "Packets a second, from capture to flows, of this tool and of others",
    "roofline": "Octets a second, of this tool and of reading, hashing and decompressing alone",
    "growth": "Time and peak memory over packets and over flows",
}
"""The name of each chart and its content."""

OURS = mark(Verdict.EXPECTED).light


def draw(folder: Path, results: Results) -> None:
    """Write the charts of what was measured as SVG; the same results give the same bytes."""
    made: dict[str, tuple[Callable[[Results], Figure], str]] = {
        "peers": (peers, "compare"),
        "roofline": (roofline, "compare"),
        "growth": (growth, "growth"),
    }
    with styled():
        for name, (figure, needed) in made.items():
            if needed in results:
                figure(results).savefig(folder / f"performance-{name}.svg", metadata={"Date": None})


def peers(results: Results) -> Figure:
    """Packets a second, on a logarithmic axis."""
    found = [
        measured
        for measured in subjects(results).values()
        if measured.runs
        and (measured.subject["group"] == "peer" or measured.subject["name"] in {"table1", "hashed2", "analyze"})
    ]
    found.sort(key=lambda measured: measured.rate)
    labels = [f"{_short(it.rate)}/s, {it.memory / 1e6:,.0f} MB" for it in found]
    return _bars("Packets a second, and peak memory", found, [it.rate for it in found], labels, logarithmic=True)


def roofline(results: Results) -> Figure:
    """Octets a second."""
    names = (
        "gzip",
        "gunzip",
        "zstd",
        "unzstd",
        "part",
        "pipe",
        "cat",
        "analyze",
        "flows",
        "table1",
        "table2",
        "hashed1",
        "hashed2",
        "places1",
        "places2",
        "hash",
        "read",
    )
    every = subjects(results)
    found = [every[name] for name in names if name in every and every[name].runs]
    labels = [f"{figures(it.speed / 1e9)} GB/s" for it in found]
    return _bars("Octets of capture a second", found, [it.speed for it in found], labels)


def _bars(
    title: str, found: Sequence[Measured], values: Sequence[float], labels: Sequence[str], *, logarithmic: bool = False
) -> Figure:
    figure = canvas(0.9 + 0.28 * len(found))
    axes = figure.add_subplot()
    names = [measured.subject["what"].replace("`", "") for measured in found]
    colours = [OURS if measured.subject["group"] == "ours" else LIGHT.muted for measured in found]
    bars = axes.barh(range(len(found)), values, color=colours, height=0.65)
    axes.set_yticks(range(len(found)), names)
    axes.bar_label(bars, labels, padding=4, fontsize=8.5, color=LIGHT.ink)
    axes.set_title(title)
    if logarithmic and found:
        axes.set_xscale("log")
        axes.set_xlim(min(values) / 3, max(values) * 12)
    elif found:
        axes.set_xlim(0, max(values) * 1.15)
    _plain_ticks(axes.xaxis)
    axes.grid(axis="x")
    axes.tick_params(length=0)
    return figure


def _short(number: float) -> str:
    """Three figures with k or M."""
    unit, size = next((it for it in (("M", 1e6), ("k", 1e3)) if number >= it[1]), ("", 1))
    return f"{figures(number / size)} {unit}".rstrip()


def _plain_ticks(axis: Axis) -> None:
    """Ticks as numbers with k, M or G, without the formulas that a logarithmic axis has."""
    axis.set_major_formatter(EngFormatter())
    axis.set_minor_formatter(NullFormatter())


def growth(results: Results) -> Figure:
    """Time and memory, over packets and over flows, on logarithmic axes: what grows as its cause does is parallel to
    the dotted line."""
    figure = canvas(6.4)
    grid: Any = figure.subplots(2, 2)
    for column, (series, unit) in enumerate((("packets", "packets"), ("flows", "flows of one packet"))):
        measured = steps(results, series)
        counts = [it.subject[series] for it in measured]
        _line(grid[0][column], counts, [it.seconds for it in measured], f"Seconds, over {unit}")
        _line(grid[1][column], counts, [it.memory / 1e6 for it in measured], f"Peak memory in MB, over {unit}")
    return figure


def _line(axes: Axes, counts: Sequence[int], values: Sequence[float], title: str) -> None:
    axes.set_title(title)
    axes.grid()
    axes.tick_params(length=0, which="both")
    if not counts:
        return
    axes.loglog(counts, [values[-1] * count / counts[-1] for count in counts], color=LIGHT.muted, linestyle=":", lw=1)
    axes.loglog(counts, values, color=OURS, marker="o", markersize=4)
    axes.set_ylim(min(values) / 3, max(values) * 3)
    axes.set_xlim(min(counts) / 2, max(counts) * 2)
    _plain_ticks(axes.xaxis)
    _plain_ticks(axes.yaxis)
    for count, value in zip(counts, values, strict=True):
        axes.annotate(figures(value), (count, value), (0, 6), textcoords="offset points", ha="center", fontsize=8)
