"""Role to role: who opened flows to whom, and how they were judged."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analyzer.charts.style import Chart, canvas, label, nothing, styled
from analyzer.palette import LIGHT, VERDICTS, mark
from analyzer.report import Report
from analyzer.text import visible
from analyzer.values import Role

TITLE = "Who talks to whom"
FEWEST = 4
"""Fewer columns than this leave the rest of the width empty: a cell stretched over it is hard to read."""


def data(report: Report) -> pd.DataFrame:
    """Flows by role and verdict.

    Index ``orig_role``, ``resp_role``: the pairs that occur, in the order of ``Role``, other words after it; columns:
    every verdict, most serious first; values: flows.
    """
    words = [mark.word for mark in VERDICTS]
    sides = [report.flows[side].map(visible) for side in ("orig_role", "resp_role")]
    counts = report.flows.groupby([*sides, report.flows["verdict"]]).size().unstack("verdict", fill_value=0)
    counts = counts.reindex(columns=words, fill_value=0).astype("int64")
    counts.columns.name = None
    return counts.sort_index(key=lambda level: level.map(lambda role: (_order(role), role)))


def figure(report: Report) -> Figure:
    """The chart: a grid of originators (down) and responders (across); a cell lists its verdicts with their flows."""
    counts = data(report)
    with styled():
        if counts.empty:
            return nothing(TITLE, "no flow in these captures")
        down, across = (_roles(counts, level) for level in ("orig_role", "resp_role"))
        lines = int((counts > 0).sum(axis=1).max())
        drawn = canvas(1.3 + len(down) * (0.22 + 0.17 * lines))
        axes = drawn.add_subplot()
        _frame(axes, down, across)
        for number, (orig, resp) in enumerate(counts.index):
            row = counts.iloc[number]
            _cell(axes, across.index(resp), down.index(orig), row[row > 0], lines)
        return drawn


def _order(role: str) -> int:
    known = [str(role) for role in Role]
    return known.index(role) if role in known else len(known)


def _roles(counts: pd.DataFrame, level: str) -> list[str]:
    return sorted(set(counts.index.get_level_values(level)), key=lambda role: (_order(role), role))


def _frame(axes: Axes, down: list[str], across: list[str]) -> None:
    axes.set_title(TITLE, pad=12)
    axes.set_xlim(-0.5, max(len(across), FEWEST) - 0.5)
    axes.set_ylim(len(down) - 0.5, -0.5)
    axes.set_xticks(range(len(across)), [label(role) for role in across])
    axes.set_yticks(range(len(down)), [label(role) for role in down])
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("responder", labelpad=6, loc="left")
    axes.set_ylabel("originator")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for x in range(len(across)):
        for y in range(len(down)):
            axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=LIGHT.card, edgecolor=LIGHT.line))


def _cell(axes: Axes, x: int, y: int, verdicts: "pd.Series[int]", lines: int) -> None:
    worst = mark(str(verdicts.index[0]))
    axes.add_patch(Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, facecolor=worst.light, alpha=0.09, linewidth=0))
    step = 0.94 / (lines + 0.6)
    top = y - step * (len(verdicts) - 1) / 2
    for line, (word, flows) in enumerate(verdicts.items()):
        look = mark(str(word))
        style: dict[str, Any] = {"color": look.light, "va": "center", "weight": "bold" if line == 0 else "normal"}
        axes.text(x - 0.40, top + line * step, f"{look.symbol} {look.word}", ha="left", **style)
        axes.text(x + 0.42, top + line * step, f"{flows:,}", ha="right", **style)


CHART = Chart(
    "roles", TITLE, "Flows by the role of their originator and responder, each with its verdicts.", data, figure
)
