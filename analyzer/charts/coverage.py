"""Row coverage: which rows of the table were exercised by which machine."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.charts.made_once import made_once
from analyzer.charts.style import (
    CELL,
    EDGE,
    WIDTH,
    Chart,
    Sheet,
    boxes,
    fill,
    label,
    nothing,
    room,
    rules,
    shown,
    styled,
    symbols,
    width,
)
from analyzer.palette import LIGHT, STATUSES, mark
from analyzer.report import Report
from analyzer.units import plural

TITLE = "Rows of the table, by machine"
NOTHING = "no row of a table was judged"
MOST_COLUMNS = 24
"""With more machines than this those of the same statuses share a column; with more kinds of them than this a bar
counts machines."""
MOST_ROWS = 60
FEWEST = 8
NO_MACHINE = "no machine"
"""The column of rows that are judged for no machine in particular."""
_WORDS = [mark.word for mark in STATUSES]
_ROW, _LEFT_OUT = 0.235, 0.3


@made_once
def data(report: Report) -> pd.DataFrame:
    """The status of each row for each machine.

    Index ``rule`` and columns ``machine``, both in the document's order; values: the status, the most serious where a
    row has several, an empty string where the row was not judged for that machine.
    """
    rows = pd.DataFrame({column: shown(report.rows[column]) for column in ("rule", "machine")})
    rows["status"] = report.rows["status"]
    ranked = rows.assign(rank=rows["status"].map(_rank)).sort_values("rank", kind="stable")
    worst = ranked.drop_duplicates(["rule", "machine"])
    names = {column: rows[column].unique() for column in ("rule", "machine")}
    # Filled as one array: a frame of a hundred thousand columns takes minutes for one comparison.
    statuses = np.full((len(names["rule"]), len(names["machine"])), "", dtype=object)
    places = tuple(pd.Index(found).get_indexer(worst[column]) for column, found in names.items())
    statuses[places] = worst["status"].to_numpy(dtype=object)
    return pd.DataFrame(
        statuses, pd.Index(names["rule"], name="rule"), pd.Index(names["machine"], name="machine"), dtype="object"
    )


def counts(report: Report) -> pd.DataFrame:
    """Machines by row and status: index ``rule``, columns every status, most serious first; values: machines."""
    return _counted(data(report))


def columns(report: Report) -> dict[str, list[str]]:
    """The columns of the chart: label -> machines. Each machine has its own, or with more than 24 of them those whose
    rows all have the same statuses share one, the largest such group first; the column of rows that are judged for
    no machine stays the first.
    """
    return _columns(data(report))


def alt_text(report: Report) -> str:
    """What the chart shows, in one or two sentences."""
    return _sentence(data(report))


def figure(report: Report) -> Figure:
    """The chart: a grid of symbols; with more kinds of machines than 24 a bar per row counts machines by status."""
    grid = data(report)
    with styled():
        if grid.empty:
            return nothing(TITLE, NOTHING)
        shared = _columns(grid)
        bars = len(shared) > MOST_COLUMNS
        statuses = grid.to_numpy()
        marks = [mark(word) for word in _WORDS if (statuses == word).any()]
        top = grid.iloc[:MOST_ROWS]
        left = room(map(label, top.index))
        high = 1.3 if _tilted(shared) and not bars else 0.24
        rest = _LEFT_OUT if len(grid) > MOST_ROWS else 0
        sheet = Sheet(TITLE, _sentence(grid), high + _ROW * len(top) + rest, marks, cells=not bars)
        axes = sheet.panel(left, high, WIDTH - left - EDGE, _ROW * len(top))
        axes.set_ylim(len(top), 0)
        for y, rule in enumerate(top.index):
            axes.text(-0.008, y + 0.5, label(rule), ha="right", va="center", transform=axes.get_yaxis_transform())
        if bars:
            _bars(axes, _counted(top))
        else:
            _cells(axes, top, shared)
        if rest:
            text = f"and {len(grid) - MOST_ROWS} more rows: rows.csv has them all"
            axes.text(0, len(top) + 0.8, text, transform=axes.get_yaxis_transform(), color=LIGHT.muted)
        return sheet.figure


def _counted(grid: pd.DataFrame) -> pd.DataFrame:
    statuses = grid.to_numpy()
    return pd.DataFrame({word: (statuses == word).sum(axis=1) for word in _WORDS}, index=grid.index).astype("int64")


def _rank(status: str) -> int:
    return _WORDS.index(status) if status in _WORDS else len(_WORDS)


def _sentence(grid: pd.DataFrame) -> str:
    if grid.empty:
        return "No row of a table was judged."
    machines = sum(1 for machine in grid.columns if machine)
    values = grid.to_numpy()
    parts: list[str] = []
    for word in _WORDS:
        rows = int((values == word).any(axis=1).sum())
        if rows and len(parts) < 3:
            whom = int((values == word).any(axis=0)[[bool(machine) for machine in grid.columns]].sum())
            parts.append(f"{rows} {word}" + (f" for {plural(whom, 'machine')}" if whom else ""))
    shared = _columns(grid)
    text = f"{plural(len(grid), 'row')} and {plural(machines, 'machine')}: {', '.join(parts)}."
    if len(shared) > MOST_COLUMNS:
        text += " Too many machines differ to show each: the bars count them, rows.csv names them."
    elif machines > MOST_COLUMNS:
        text += " Machines whose rows all have the same status share a column."
    return text


def _columns(grid: pd.DataFrame) -> dict[str, list[str]]:
    machines = list(grid.columns)
    if len(machines) <= MOST_COLUMNS:
        return {machine: [machine] for machine in machines}
    by_statuses: dict[tuple[str, ...], list[str]] = {}
    for machine, statuses in zip(machines, grid.to_numpy().T.tolist(), strict=True):
        by_statuses.setdefault(("", *statuses) if not machine else tuple(statuses), []).append(machine)
    groups = sorted(by_statuses.values(), key=lambda group: (group[0] != "", -len(group)))
    return {group[0]: group for group in groups}


def _tilted(shared: dict[str, list[str]]) -> bool:
    """Whether the names of the columns need more room than a line has."""
    return len(shared) > FEWEST or any(width(machine) > 13 or len(group) > 1 for machine, group in shared.items())


def _cells(axes: Axes, grid: pd.DataFrame, shared: dict[str, list[str]]) -> None:
    axes.set_xlim(0, max(len(shared), FEWEST))
    many = _tilted(shared)
    rules(axes, range(len(grid) + 1), 0, len(shared))
    for x, (machine, group) in enumerate(shared.items()):
        text = label(machine, 18) if machine else NO_MACHINE
        text = f"{len(group):,} like {text}" if len(group) > 1 else text
        axes.text(
            x + 0.5, -0.3, text, rotation=40 if many else 0, rotation_mode="anchor", fontsize=8.5,
            va="center" if many else "bottom", ha="left" if many else "center",
            color=LIGHT.ink if machine else LIGHT.muted,
        )  # fmt: skip
    values = grid[list(shared)].to_numpy()
    for word in pd.unique(values.ravel()):
        if word:
            ys, xs = np.nonzero(values == word)
            fill(axes, boxes(xs + 0.03, xs + 0.97, ys + 0.07, ys + 0.93), mark(word).light, alpha=CELL)
            symbols(axes, xs + 0.5, ys + 0.5, mark(word), 6.5)


def _bars(axes: Axes, machines: pd.DataFrame) -> None:
    most = int(machines.sum(axis=1).max())
    axes.set_xlim(0, most)
    left = np.zeros(len(machines))
    rows = np.arange(len(machines))
    for word in machines.columns:
        look, width = mark(word), machines[word].to_numpy()
        there = width > 0
        fill(
            axes,
            boxes(left[there], (left + width)[there], rows[there] + 0.12, rows[there] + 0.88),
            look.light,
            look.hatch,
        )
        for y in np.flatnonzero(width > most * 0.03):
            axes.text(
                left[y] + width[y] / 2, y + 0.5, f"{width[y]:,}", ha="center", va="center",
                color=look.light, fontsize=7.5, bbox={"facecolor": LIGHT.card, "edgecolor": "none", "pad": 0.8},
            )  # fmt: skip
        left += width
    axes.text(0, -0.25, "machines", color=LIGHT.muted, fontsize=8)
    axes.text(most, -0.25, f"{most:,}", color=LIGHT.muted, fontsize=8, ha="right")


CHART = Chart("coverage", TITLE, "Which rows of the table were exercised, by machine.", data, figure, alt_text)
