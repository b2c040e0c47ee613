"""Blocked flows by cause: flows that the table expects and that got no service."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analyzer.charts.made_once import made_once
from analyzer.charts.style import EDGE, WIDTH, Chart, Sheet, boxes, fill, label, nothing, room, rules, shown, styled
from analyzer.glossary import CAUSES
from analyzer.palette import LIGHT, mark
from analyzer.report import Report
from analyzer.units import plural
from analyzer.values import Outcome, Verdict

TITLE = "Blocked, by cause"
NOTHING = "nothing that the table expects was blocked"
OTHER = "other"
MOST = 15
_ROW, _HEAD = 0.27, 0.5
_LOOK = mark(Verdict.BLOCKED)


@made_once
def data(report: Report) -> pd.DataFrame:
    """Blocked flows by row, service and cause, most first.

    Index ``rule``, ``service``; columns: the four causes (reasons of blocked flows), and ``other`` if there
    is one that this version does not know; values: flows.
    """
    flows = report.flows[report.flows["verdict"] == Verdict.BLOCKED]
    cause = flows["reason"].where(flows["reason"].isin(list(CAUSES)), OTHER)
    counts = flows.groupby([shown(flows["rule"]), shown(flows["service"]), cause]).size().unstack(fill_value=0)
    columns = [*(str(cause) for cause in CAUSES), *([OTHER] if OTHER in counts.columns else [])]
    grid = counts.reindex(columns=columns, fill_value=0)
    grid.columns.name = None
    order = pd.DataFrame({"flows": -grid.sum(axis=1)}).reset_index().sort_values(["flows", "rule", "service"]).index
    return grid.iloc[order].astype("int64")


def alt_text(report: Report) -> str:
    """What the chart shows, in one or two sentences."""
    return _sentence(data(report))


def figure(report: Report) -> Figure:
    """The chart: a row per row of the table and service, a column of bars per cause, all to one scale."""
    grid = data(report)
    with styled():
        if grid.empty:
            return nothing(TITLE, NOTHING)
        top = grid.head(MOST)
        others = grid.iloc[MOST:].sum()
        table = np.vstack([top.to_numpy(), *([others.to_numpy()] if len(grid) > MOST else [])])
        labels = [f"{label(rule, 22)} · {label(service, 20)}" for rule, service in top.index]
        labels += [f"{len(grid) - MOST:,} others"] * (len(grid) > MOST)
        left = room(labels, 1.8, 3.5)
        sheet = Sheet(TITLE, _sentence(grid), _HEAD + _ROW * len(table))
        axes = sheet.panel(left, _HEAD, WIDTH - left - EDGE, _ROW * len(table))
        axes.set_xlim(0, len(grid.columns))
        axes.set_ylim(len(table), 0)
        rules(axes, np.arange(len(table) + 1), 0, len(grid.columns))
        for y, name in enumerate(labels):
            axes.text(-0.05, y + 0.5, name, ha="right", va="center")
        for x, cause in enumerate(grid.columns):
            axes.text(x + 0.02, -1.15, f"{cause}: {table[:, x].sum():,}", weight="bold", va="center")
            axes.text(
                x + 0.02,
                -0.42,
                CAUSES.get(Outcome(cause), "") if cause != OTHER else "",
                color=LIGHT.muted,
                fontsize=8,
                va="center",
            )
        rows, columns = np.nonzero(table)
        wide = table[rows, columns] / table.max() * 0.68
        fill(axes, boxes(columns + 0.02, columns + 0.02 + wide, rows + 0.18, rows + 0.82), _LOOK.light, _LOOK.hatch)
        for y, x, width in zip(rows.tolist(), columns.tolist(), wide.tolist(), strict=True):
            axes.text(x + 0.05 + width, y + 0.5, f"{table[y, x]:,}", va="center", weight="bold", fontsize=8.5)
        return sheet.figure


def _sentence(grid: pd.DataFrame) -> str:
    if grid.empty:
        return "Nothing that the table expects was blocked."
    sums = grid.sum().sort_values(ascending=False, kind="stable")
    causes = ", ".join(f"{count:,} {cause}" for cause, count in sums.items() if count)
    rule, service = grid.index[0]
    text = f"{plural(int(grid.to_numpy().sum()), 'expected flow')} got no service: {causes}."
    return f"{text} Most often: {label(rule)}, {label(service)} ({grid.iloc[0].sum():,})."


CHART = Chart(
    "blocked", TITLE, "The flows that the table expects and that got no service, by cause.", data, figure, alt_text
)
