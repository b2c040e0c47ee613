"""What all charts share: fonts and lines, the legend, the chart that says that there is nothing to show."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.style
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analyzer.palette import LIGHT, Mark
from analyzer.report import Report
from analyzer.text import clip

WIDTH = 10.0
"""Inches that a chart is wide; height grows with what it shows."""

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LIGHT.line,
    "axes.facecolor": LIGHT.card,
    "axes.labelcolor": LIGHT.muted,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": LIGHT.ink,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.unicode_minus": True,
    "date.converter": "concise",
    "figure.facecolor": LIGHT.card,
    "font.size": 9,
    "grid.color": LIGHT.line,
    "grid.linewidth": 0.6,
    "hatch.color": LIGHT.card,
    "hatch.linewidth": 0.7,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "dpm-analyzer",
    "text.color": LIGHT.ink,
    "text.parse_math": False,
    "xtick.color": LIGHT.muted,
    "ytick.color": LIGHT.muted,
}
_LEGEND: dict[str, Any] = {
    **{"borderaxespad": 0.2, "borderpad": 0, "columnspacing": 1.1, "fontsize": 8.5},
    **{"handleheight": 1.1, "handlelength": 1.6, "handletextpad": 0.4},
}


@dataclass(frozen=True)
class Chart:
    """A chart: file name without suffix, title, what it tells in a sentence, its data and its figure."""

    name: str
    title: str
    tells: str
    data: Callable[[Report], pd.DataFrame]
    figure: Callable[[Report], Figure]


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib with our look and none of the user's own settings; a letter that no font has is no warning."""
    with warnings.catch_warnings(), matplotlib.style.context(["default", _STYLE]):
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def canvas(height: float) -> Figure:
    """An empty figure, ``height`` inches high."""
    return Figure(figsize=(WIDTH, height), layout="constrained")


def nothing(title: str, why: str) -> Figure:
    """The chart of empty data: its title, and why there is nothing to see."""
    figure = canvas(1.6)
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.set_axis_off()
    axes.text(0.5, 0.5, why, ha="center", va="center", color=LIGHT.muted, fontsize=11)
    return figure


def legend(axes: Axes, marks: Iterable[Mark]) -> None:
    """A line of legend above the axes: pattern, symbol and word of each mark."""
    handles = [
        Patch(facecolor=mark.light, hatch=mark.hatch, edgecolor=LIGHT.card, label=f"{mark.symbol} {mark.word}")
        for mark in marks
    ]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=7, **_LEGEND)


def label(text: str, length: int = 28) -> str:
    """A name from the document as a label; an empty one is a dash."""
    return clip(text, length) or "—"
