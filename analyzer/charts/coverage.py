"""Row coverage: which rows of the table were exercised by which machine."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analyzer.charts.style import WIDTH, Chart, canvas, label, legend, nothing, styled
from analyzer.palette import LIGHT, STATUSES, mark
from analyzer.report import Report
from analyzer.text import visible

TITLE = "Rows of the table, by machine"
MOST_MACHINES = 40
"""With more machines than this a cell would be too small to read: the chart counts machines instead."""
FEWEST = 4
_WORDS = [mark.word for mark in STATUSES]


def data(report: Report) -> pd.DataFrame:
    """The status of each row for each machine.

    Index ``rule`` and columns ``machine``, both in the document's order; values: the status, the most serious where a
    row has several, an empty string where the row was not judged for that machine.
    """
    names = {column: report.rows[column].map(visible) for column in ("rule", "machine")}
    rows = report.rows[["status"]].assign(**names)
    ranked = rows.assign(rank=rows["status"].map(_rank)).sort_values("rank", kind="stable")
    worst = ranked.drop_duplicates(["rule", "machine"])
    grid = worst.pivot(index="rule", columns="machine", values="status").astype("object")
    ordered = grid.reindex(index=rows["rule"].unique(), columns=rows["machine"].unique())
    return ordered.where(ordered.notna(), "").rename_axis(index="rule", columns="machine")


def counts(report: Report) -> pd.DataFrame:
    """Machines by row and status: index ``rule``, columns every status, most serious first; values: machines."""
    grid = data(report)
    return pd.DataFrame({word: (grid == word).sum(axis=1) for word in _WORDS}, index=grid.index).astype("int64")


def figure(report: Report) -> Figure:
    """The chart: a grid of symbols, or from 41 machines on a bar per row that counts machines by status."""
    grid = data(report)
    with styled():
        if grid.empty:
            return nothing(TITLE, "no row of a table was judged")
        drawn = canvas(1.5 + 0.27 * len(grid) + (0.5 if len(grid.columns) > 8 else 0))
        axes = drawn.add_subplot()
        axes.set_title(TITLE, pad=26)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_yticks(range(len(grid)), [label(rule) for rule in grid.index])
        axes.set_ylim(len(grid) - 0.5, -0.5)
        draw = _cells if len(grid.columns) <= MOST_MACHINES else _bars
        draw(axes, grid if draw is _cells else counts(report))
        legend(axes, [mark(word) for word in _WORDS if (grid == word).any(axis=None)])
        return drawn


def _rank(status: str) -> int:
    return _WORDS.index(status) if status in _WORDS else len(_WORDS)


def _cells(axes: Axes, grid: pd.DataFrame) -> None:
    many = len(grid.columns) > 8
    axes.set_xlim(-0.5, max(len(grid.columns), FEWEST) - 0.5)
    axes.set_xticks(
        range(len(grid.columns)), [label(name, 18) for name in grid.columns],
        rotation=90 if many else 0,
    )  # fmt: skip
    axes.set_xlabel("machine", loc="left")
    for y, rule in enumerate(grid.index):
        for x, machine in enumerate(grid.columns):
            _cell(axes, x, y, str(grid.at[rule, machine]), words=len(grid.columns) <= WIDTH // 2)


def _cell(axes: Axes, x: int, y: int, status: str, words: bool) -> None:
    if not status:
        return
    look = mark(status)
    axes.add_patch(Rectangle((x - 0.47, y - 0.44), 0.94, 0.88, facecolor=look.light, alpha=0.12, linewidth=0))
    text = f"{look.symbol} {look.word}" if words else look.symbol
    axes.text(x, y, text, color=look.light, ha="center", va="center", weight="bold")


def _bars(axes: Axes, machines: pd.DataFrame) -> None:
    most = int(machines.sum(axis=1).max())
    left = pd.Series(0, index=machines.index)
    for word in _WORDS:
        look = mark(word)
        width = machines[word]
        axes.barh(
            range(len(machines)), width, 0.72, left, color=look.light, hatch=look.hatch, edgecolor=LIGHT.card,
        )  # fmt: skip
        for y, (start, count) in enumerate(zip(left, width, strict=True)):
            if count > most * 0.04:
                box = {"facecolor": LIGHT.card, "edgecolor": "none", "pad": 1.2}
                text = f"{look.symbol} {count:,}"
                axes.text(start + count / 2, y, text, ha="center", va="center", color=look.light, bbox=box, fontsize=8)
        left = left + width
    axes.set_xlim(0, most)
    axes.set_xlabel("machines")


CHART = Chart("coverage", TITLE, "Which rows of the table were exercised, by machine.", data, figure)
