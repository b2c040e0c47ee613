"""Role to role: the flows by the roles of originator and responder, with their verdicts."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from analyzer.charts.made_once import made_once
from analyzer.charts.style import EDGE, WIDTH, Chart, Sheet, boxes, fill, label, nothing, room, shown, styled
from analyzer.palette import LIGHT, VERDICTS
from analyzer.report import Report
from analyzer.units import plural
from analyzer.values import Role

TITLE = "Flows between roles"
NOTHING = "no flow in these captures"
FEWEST = 4
"""Fewer columns than this leave the rest of the width empty: a cell stretched over it is hard to read."""
MOST = 8
"""Roles that have a line of their own; all others share one line."""
REST = "further roles"


@made_once
def data(report: Report) -> pd.DataFrame:
    """Flows by role and verdict.

    Index ``orig_role``, ``resp_role``: the pairs that occur, in the order of ``Role``, other words after it; columns:
    every verdict, most serious first; values: flows.
    """
    words = [mark.word for mark in VERDICTS]
    sides = ["orig_role", "resp_role"]
    flows = report.flows
    grid = flows.groupby([*(shown(flows[side]) for side in sides), flows["verdict"]]).size().unstack(fill_value=0)
    counts = grid.reindex(columns=words, fill_value=0).astype("int64")
    counts.columns.name = None
    return counts.sort_index(key=lambda level: level.map(lambda role: (_order(role), role)))


def alt_text(report: Report) -> str:
    """What the chart shows, in one or two sentences."""
    return _sentence(data(report))


def figure(report: Report) -> Figure:
    """The chart: a grid of originators (down) and responders (across); a cell lists its verdicts with their flows."""
    counts = data(report)
    with styled():
        if counts.empty:
            return nothing(TITLE, NOTHING)
        grid = _folded(counts)
        down, across = (_roles(grid, level) for level in ("orig_role", "resp_role"))
        lines = int((grid > 0).sum(axis=1).max())
        high = 0.14 + 0.17 * max(lines, 2)
        left = room(map(label, down))
        width = WIDTH - left - EDGE
        sheet = Sheet(TITLE, _sentence(counts), 0.24 + high * len(down))
        axes = sheet.panel(left, 0.24, width, high * len(down))
        axes.set_xlim(0, max(len(across), FEWEST))
        axes.set_ylim(len(down), 0)
        _frame(axes, down, across)
        for (orig, resp), row in zip(grid.index, grid.to_numpy(), strict=True):
            _cell(axes, across.index(resp), down.index(orig), row)
        return sheet.figure


def _sentence(counts: pd.DataFrame) -> str:
    if counts.empty:
        return "There is no flow in these captures."
    pairs = f"{plural(len(counts), 'pair')} of roles {'has' if len(counts) == 1 else 'have'} flows"
    worst = counts[counts["unexpected"] > 0]["unexpected"].sort_values(ascending=False, kind="stable")
    if worst.empty:
        return f"{pairs}, none of them has unexpected flows."
    return f"{pairs}; {len(worst)} of them {'has' if len(worst) == 1 else 'have'} unexpected flows{_most_often(worst)}."


def _most_often(flows: "pd.Series[int]") -> str:
    """Which pairs have most of the flows, as the end of a sentence. ``flows``: of each pair, the most first."""
    top = flows[flows == flows.iloc[0]]
    often = plural(int(top.iloc[0]), "flow")
    first, *others = (f"{label(orig)} to {label(resp)}" for orig, resp in top.index)
    if len(flows) == 1:
        return f": {first} ({often})"
    if len(top) == len(flows):
        return f": {often} each"
    if len(others) > 1:
        return f": at most {often} each ({len(top)} pairs)"
    return f": most from {' and from '.join((first, *others))} ({often}{' each' if others else ''})"


def _order(role: str) -> int:
    known = [str(role) for role in Role]
    return known.index(role) if role in known else len(known)


def _roles(counts: pd.DataFrame, level: str) -> list[str]:
    return sorted(set(counts.index.get_level_values(level)), key=lambda role: (_order(role), role))


def _folded(counts: pd.DataFrame) -> pd.DataFrame:
    """The counts with the roles beyond ``MOST`` of each side as one."""
    levels = []
    for level in ("orig_role", "resp_role"):
        roles = _roles(counts, level)
        kept = {role: role for role in (roles if len(roles) <= MOST else roles[: MOST - 1])}
        levels.append([kept.get(role, REST) for role in counts.index.get_level_values(level)])
    return counts.groupby(
        [pd.Index(values, name=name) for values, name in zip(levels, counts.index.names, strict=True)]
    ).sum()


def _frame(axes: Axes, down: list[str], across: list[str]) -> None:
    many = len(across) > 5
    axes.text(-0.02, -0.06, "from ↓   to →", ha="right", va="bottom", color=LIGHT.muted, fontsize=8)
    for x, role in enumerate(across):
        axes.text(x + 0.04, -0.06, label(role, 12 if many else 24), ha="left", va="bottom")
    for y, role in enumerate(down):
        axes.text(-0.02, y + 0.5, label(role), ha="right", va="center")
    left, top = (part.ravel() for part in np.meshgrid(np.arange(len(across)), np.arange(len(down))))
    cells = list(boxes(left, left + 1, top, top + 1))
    axes.add_collection(PolyCollection(cells, facecolors="none", edgecolors=LIGHT.line, linewidths=0.8), autolim=False)


def _cell(axes: Axes, x: int, y: int, row: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
    there = [(look, int(count)) for look, count in zip(VERDICTS, row, strict=True) if count]
    fill(axes, boxes(x + 0.01, x + 0.99, y + 0.02, y + 0.98), there[0][0].light, alpha=0.1)
    for line, (look, count) in enumerate(there):
        place = y + (line + 1) / (len(there) + 1)
        axes.text(
            x + 0.07, place, f"{look.symbol} {count:,} {look.word}", color=look.light, va="center",
            weight="bold" if line == 0 else "normal",
        )  # fmt: skip


CHART = Chart(
    "roles",
    TITLE,
    "Flows by the role of their originator and responder, each with its verdicts.",
    data,
    figure,
    alt_text,
)
