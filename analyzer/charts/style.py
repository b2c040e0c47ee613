"""What all charts share: sheet, fonts, lines, rows, keys, and the chart for empty data.

Everything is laid out in inches and drawn with few artists: matplotlib's layout engines and axes cost more than the
charts themselves.
"""

import io
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any
from unicodedata import east_asian_width

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from analyzer.charts.fonts import FAMILY, fonts_for
from analyzer.palette import LIGHT, Mark
from analyzer.report import Report
from analyzer.text import clip, visible

DOTS, COLOURS = 150, 64
"""Dots an inch and colours of a chart in a notebook, as PNG."""
WIDTH = 10.0
"""Inches that a chart is wide; height grows with what it shows."""
EDGE = 0.14
LETTER = 0.082
"""Inches that a letter of a label takes, about."""
LINE = 0.17
CELL = 0.13
"""How opaque the colour of a grid's cell is."""
GAP = "\N{NO-BREAK SPACE}"
"""The space between a label and what is beside it; SVG collapses plain spaces."""

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
    "figure.facecolor": LIGHT.card,
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": LIGHT.line,
    "grid.linewidth": 0.6,
    "hatch.color": LIGHT.card,
    "hatch.linewidth": 0.7,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "dpm-analyzer",
    "text.hinting": "none",
    "text.color": LIGHT.ink,
    "text.parse_math": False,
    "text.usetex": False,
    "xtick.color": LIGHT.muted,
    "ytick.color": LIGHT.muted,
}


@dataclass(frozen=True)
class Chart:
    """A chart: file name without suffix, title, ``description`` for any report, its data and its figure.

    ``alt_text``: what it shows of one report in one or two sentences, its text alternative. Text from captures in it is
    visible and clipped, and not escaped for any format."""

    name: str
    title: str
    description: str
    data: Callable[[Report], pd.DataFrame]
    figure: Callable[[Report], Figure]
    alt_text: Callable[[Report], str]


# The settings themselves cannot show it: a file of the user's may hold the same ones.
_IS_STYLED = ContextVar("styled", default=False)


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib with the style of the charts, without the user's settings, and without warnings for missing glyphs."""
    if _IS_STYLED.get():
        yield
        return
    # matplotlib.style would do the same, and read the files of all its styles first.
    settings: dict[Any, Any] = {name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"}
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.simplefilter("ignore", matplotlib.MatplotlibDeprecationWarning)
        matplotlib.rcParams.update(settings | _STYLE)
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        token = _IS_STYLED.set(True)
        try:
            yield
        finally:
            _IS_STYLED.reset(token)


class Picture(Figure):
    """A figure that a notebook shows by itself. pyplot is not used: it would keep the figure and show it again. Every
    output has the style of the charts."""

    def savefig(self, *words: Any, **options: Any) -> None:
        with styled(), nullcontext() if options.get("format") == "svg" else fonts_for(self):
            super().savefig(*words, **options)

    def _repr_svg_(self) -> str:
        return svg(self).decode()

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """The same in few colours: of a notebook that was executed elsewhere JupyterLab shows no SVG."""
        width, height = (round(96 * inches) for inches in self.get_size_inches())
        with io.BytesIO() as raw, io.BytesIO() as buffer:
            self.savefig(raw, format="png", dpi=DOTS)
            picture = Image.open(raw, formats=("PNG",)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            picture.save(buffer, format="png", optimize=True)
            return buffer.getvalue(), {"width": width, "height": height}


def svg(figure: Figure) -> bytes:
    """The figure as SVG: text as text, identifiers from a fixed salt, no date and no version."""
    with styled(), io.BytesIO() as buffer:
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return buffer.getvalue()


class Sheet:
    """A figure with its title and its sentence on top, and room for a ``body`` of so many inches below them.

    ``marks`` become a line of key between the two; ``cells``: its boxes look like the cells of a grid. Places are
    inches from the left edge, and from the body's top edge down.
    """

    def __init__(
        self, title: str, sentence: str, body: float, marks: Iterable[Mark] = (), *, cells: bool = False
    ) -> None:
        lines = textwrap.wrap(sentence, round((WIDTH - 2 * EDGE) / 0.07)) or [""]
        marks = list(marks)
        self.top = 0.42 + LINE * len(lines) + (0.34 if marks else 0.12)
        self.height = self.top + body + EDGE
        self.figure = Picture(figsize=(WIDTH, self.height))
        self._text(EDGE, 0.27, title, fontsize=11, weight="bold")
        for number, line in enumerate(lines):
            self._text(EDGE, 0.48 + LINE * number, line, color=LIGHT.muted)
        if cells:
            self._key_of_cells(marks)
        else:
            self._key(marks)

    def panel(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes without frame, ticks and margins; the y axis points down."""
        bottom = self.height - self.top - top - height
        axes = self.figure.add_axes((left / WIDTH, bottom / self.height, width / WIDTH, height / self.height))
        axes.set_axis_off()
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        return axes

    def _text(self, x: float, y: float, text: str, **style: Any) -> None:
        self.figure.text(x / WIDTH, 1 - y / self.height, text, **style)

    def _key(self, marks: list[Mark]) -> None:
        x, y = EDGE, self.top - 0.16
        for look in marks:
            swatch = Rectangle(
                (x / WIDTH, 1 - y / self.height), 0.22 / WIDTH, 0.12 / self.height, transform=self.figure.transFigure,
                facecolor=look.light, hatch=look.hatch, edgecolor=LIGHT.card, linewidth=0,
            )  # fmt: skip
            self.figure.add_artist(swatch)
            self._text(x + 0.28, y, f"{look.symbol} {look.word}", fontsize=8.5)
            x += 0.62 + 0.075 * len(look.word)

    def _key_of_cells(self, marks: list[Mark]) -> None:
        axes = self.panel(EDGE, -0.3, WIDTH - 2 * EDGE, 0.2)
        x = 0.0
        for look in marks:
            fill(axes, boxes(x, x + 0.28, 0.01, 0.19), look.light, alpha=CELL)
            symbols(axes, [x + 0.14], [0.1], look, 6.5)
            axes.text(x + 0.34, 0.1, look.word, fontsize=8.5, va="center")
            x += 0.66 + 0.075 * len(look.word)


def canvas(height: float) -> Figure:
    """An empty figure for usual axes, ``height`` inches high."""
    return Picture(figsize=(WIDTH, height), layout="constrained")


def nothing(title: str, why: str) -> Figure:
    """The chart of empty data: its title, and why there is nothing to see."""
    sheet = Sheet(title, "", 0.7)
    sheet.panel(0, 0, WIDTH, 0.7).text(
        WIDTH / 2, 0.25, why[:1].upper() + why[1:], ha="center", va="center", color=LIGHT.muted, fontsize=11
    )
    return sheet.figure


def boxes(left: ArrayLike, right: ArrayLike, top: ArrayLike, bottom: ArrayLike) -> NDArray[np.float64]:
    """Rectangles to fill, shape (boxes, 4, 2)."""
    x0, x1, y0, y1 = np.broadcast_arrays(
        *(np.asarray(side, dtype="float64").reshape(-1) for side in (left, right, top, bottom))
    )
    return np.stack([np.column_stack(corner) for corner in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))], axis=1)


def fill(axes: Axes, where: NDArray[np.float64], colour: str, hatch: str = "", alpha: float | None = None) -> None:
    """Draw rectangles of one style, as one artist."""
    if len(where):
        corners = np.concatenate([where, where[:, :1]], axis=1).reshape(-1, 2)
        codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(where))
        style = {"facecolor": colour, "edgecolor": LIGHT.card, "hatch": hatch or None, "alpha": alpha, "linewidth": 0.5}
        axes.add_artist(PathPatch(Path(corners, codes), **style))


def rules(axes: Axes, ys: ArrayLike, x0: float, x1: float) -> None:
    """Faint lines across, at ``ys``."""
    places = np.asarray(ys, dtype="float64").reshape(-1)
    axes.add_collection(
        LineCollection([[(x0, y), (x1, y)] for y in places], colors=LIGHT.line, linewidths=0.6, zorder=0.5),
        autolim=False,
    )


def names(axes: Axes, x: float, labels: Sequence[str], **style: Any) -> None:
    """Labels that end at ``x``, one a row, 0 at the top."""
    for y, text in enumerate(labels):
        axes.text(x, y, text, ha="right", va="center", **{"color": LIGHT.ink, **style})


def symbols(axes: Axes, xs: ArrayLike, ys: ArrayLike, look: Mark, size: float = 7) -> None:
    """The mark's symbol at each place, as an outline: one artist, however many there are."""
    shape = outline(look.symbol)
    corners = shape.get_extents()
    # A dash is thinner than a dot of a PNG, and would not be drawn without an edge.
    edge = 0.6 if corners.height < corners.width / 4 else 0
    axes.plot(
        xs, ys, linestyle="none", marker=shape, markersize=size, color=look.light, markeredgewidth=edge,
        scalex=False, scaley=False, clip_on=False,
    )  # fmt: skip


@cache
def outline(symbol: str) -> Path:
    """A letter as a marker, centred, one unit high where it is as high as an x."""
    path = TextPath((0, 0), symbol, size=10, prop=FontProperties(family=FAMILY))
    corners = path.get_extents()
    middle = np.array([(corners.x0 + corners.x1) / 2, (corners.y0 + corners.y1) / 2])
    return Path((path.vertices - middle) / 7, path.codes)


def shown(column: "pd.Series[Any]") -> "pd.Series[str]":
    """A column of the document made visible; each distinct text once, since columns are long and texts repeat."""
    codes, uniques = pd.factorize(column.to_numpy(dtype="object"))
    texts = np.array([visible(str(text)) for text in uniques.tolist()], dtype="object")
    return pd.Series(texts[codes] if len(codes) else [], dtype="object", name=column.name, index=column.index)


def width(text: str) -> int:
    """How many usual letters a text is wide: those of East Asian scripts count twice."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def label(text: str, length: int = 28) -> str:
    """A name from the document as a label, at most ``length`` usual letters wide; an empty one is a dash."""
    shown = clip(text, length) or "—"
    while width(shown) > length:
        shown = f"{shown.removesuffix('…')[:-1]}…"
    return shown


def room(labels: Iterable[str], least: float = 0.5, most: float = 2.6) -> float:
    """Inches that labels of a row take at the left, with the edge and a gap."""
    longest = max(map(width, labels), default=0)
    return min(max(EDGE + 0.1 + LETTER * longest, least), most)
