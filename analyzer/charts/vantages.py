"""The flows by the vantages that captured them, and by the sides that each vantage captured."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.charts.made_once import made_once
from analyzer.charts.style import EDGE, GAP, WIDTH, Chart, Sheet, boxes, fill, label, nothing, rules, styled
from analyzer.palette import LIGHT, VERDICTS, mark
from analyzer.report import Report
from analyzer.units import plural

TITLE = "Where the vantages differ"
NOTHING = "only one vantage: there is nothing to compare"
MOST = 16
MOST_VANTAGES = 12
BOTH, ORIGINATOR, RESPONDER = "both", "originator", "responder"
_ROW, _COLUMN = 0.27, 0.34
_DOTS = {BOTH: "full", ORIGINATOR: "left", RESPONDER: "right", "": "none"}


@made_once
def data(report: Report) -> pd.DataFrame:
    """Flows by the vantages that captured them.

    Index: a level per vantage, named after its first capture, with ``both``, ``originator``, ``responder`` (the side
    that was seen there) or nothing where the flow was not seen; columns: every verdict, most serious first; values:
    flows. Most flows first; what the document has no room for is a line of ``?``. Empty for one vantage.
    """
    words = [mark.word for mark in VERDICTS]
    vantages = names(report)
    lines: dict[tuple[str, ...], dict[str, int]] = {}
    for sighting in report.meta.sightings:
        key = tuple(sighting.seen) or ("?",) * len(vantages)
        line = lines.setdefault(key, dict.fromkeys(words, 0))
        line[sighting.verdict] = line.get(sighting.verdict, 0) + sighting.flows
    ranked = sorted(lines, key=lambda key: ("?" in key, -sum(lines[key].values()), key))
    index = pd.MultiIndex.from_tuples(ranked, names=vantages) if ranked else pd.MultiIndex.from_arrays([[]])
    values = [[lines[key][word] for word in words] for key in ranked]
    return pd.DataFrame(values, index=index, columns=words, dtype="int64")


def names(report: Report) -> list[str]:
    """The name of each vantage: its first capture, and the number of the others."""
    captures: dict[int, list[str]] = {}
    for capture in report.meta.captures:
        captures.setdefault(capture.vantage, []).append(capture.name)
    return [
        label(own[0], 26) + (f" and {len(own) - 1} more" if len(own) > 1 else "") for _, own in sorted(captures.items())
    ]


def alt_text(report: Report) -> str:
    """What the chart shows, in one or two sentences."""
    return _sentence(data(report))


def figure(report: Report) -> Figure:
    """The chart: a row for flows that the same vantages captured, with a dot for each vantage and the verdicts."""
    grid = data(report)
    with styled():
        if grid.empty:
            return nothing(TITLE, NOTHING)
        shown = grid.head(MOST)
        vantages = [str(name) for name in grid.index.names[:MOST_VANTAGES]]
        left = EDGE + _COLUMN * len(vantages) + 0.1
        head = 0.2 * len(vantages) + 0.1
        rest = 0.28 if len(grid) > MOST or len(grid.index.names) > MOST_VANTAGES else 0
        marks = [mark(word) for word in grid.columns if grid[word].any()]
        sheet = Sheet(TITLE, _sentence(grid), head + _ROW * len(shown) + rest + 0.3, marks)
        dots = sheet.panel(EDGE, 0, _COLUMN * len(vantages), head + _ROW * len(shown))
        _dots(dots, shown, vantages, head)
        axes = sheet.panel(left, head, WIDTH - left - EDGE - 2.9, _ROW * len(shown))
        axes.set_ylim(len(shown), 0)
        axes.set_xlim(0, int(shown.sum(axis=1).max()))
        _bars(axes, shown)
        foot = "● both sides,  ◐ only the originator,  ◑ only the responder,  ○ not captured"
        if rest:
            foot += f".  {len(grid):,} kinds of flows, {len(grid.index.names)} vantages in all: report.json has them"
        sheet.panel(EDGE, head + _ROW * len(shown), 9, 0.3 + rest).text(0, 0.2, foot, color=LIGHT.muted, fontsize=8)
        return sheet.figure


def _sentence(grid: pd.DataFrame) -> str:
    if grid.empty:
        return "There is only one vantage, so there is nothing to compare."
    seen = np.array([[bool(side) for side in key] for key in grid.index])
    flows = grid.sum(axis=1).to_numpy()
    everywhere = seen.all(axis=1)
    at_one = seen.sum(axis=1) == 1
    complementary = np.array([_complementary(key) for key in grid.index])
    text = f"{plural(int(flows.sum()), 'flow')} at {len(grid.index.names)} vantages:"
    text += f" {flows[everywhere].sum():,} captured at all of them, {flows[at_one].sum():,} at only one"
    if flows[complementary].sum():
        text += (
            f"; for {flows[complementary].sum():,}, one vantage captured one side and another vantage the other side"
        )
    blocked = int(grid["blocked"].to_numpy()[~everywhere].sum())
    return f"{text}. {plural(blocked, 'blocked flow')} did not reach every vantage." if blocked else f"{text}."


def _complementary(seen: tuple[str, ...]) -> bool:
    """Whether both sides sent packets, and a vantage captured only one of them."""
    sides = set(seen) - {"", "?"}
    return len(sides) > 1


def _dots(axes: Axes, grid: pd.DataFrame, vantages: list[str], head: float) -> None:
    high = head + _ROW * len(grid)
    axes.set_xlim(0, _COLUMN * len(vantages))
    axes.set_ylim(high, 0)
    for x, name in enumerate(vantages):
        place, y = _COLUMN * (x + 0.5), 0.1 + 0.2 * x
        axes.plot([place, place], [y + 0.06, head], color=LIGHT.line, linewidth=0.8, zorder=0)
        axes.text(place - 0.04, y, name, va="center", fontsize=8.5)
    for style in ("full", "left", "right", "none"):
        ys, xs = np.nonzero([[_DOTS.get(side, "none") == style for side in key[: len(vantages)]] for key in grid.index])
        if len(xs):
            axes.plot(
                _COLUMN * (xs + 0.5), head + _ROW * (ys + 0.5), linestyle="none", marker="o", markersize=8,
                color=LIGHT.ink, markerfacecoloralt=LIGHT.card, fillstyle=style, markeredgewidth=0.8,
                scalex=False, scaley=False,
            )  # fmt: skip


def _bars(axes: Axes, grid: pd.DataFrame) -> None:
    left = np.zeros(len(grid))
    rows = np.arange(len(grid))
    rules(axes, rows[1:], *axes.get_xlim())
    for word in grid.columns:
        width = grid[word].to_numpy()
        there = width > 0
        fill(
            axes, boxes(left[there], (left + width)[there], rows[there] + 0.16, rows[there] + 0.84),
            mark(word).light, mark(word).hatch,
        )  # fmt: skip
        left += width
    for y, counts in enumerate(grid.to_numpy()):
        parts = [f"{mark(word).symbol} {count:,}" for word, count in zip(grid.columns, counts, strict=True) if count]
        axes.text(left[y], y + 0.5, f"{GAP}{left[y]:,.0f}", va="center", weight="bold", fontsize=8.5)
        axes.text(1.09, y + 0.5, "  ".join(parts), va="center", fontsize=8.5, transform=axes.get_yaxis_transform())


CHART = Chart("vantages", TITLE, "The flows by the vantages that captured them.", data, figure, alt_text)
