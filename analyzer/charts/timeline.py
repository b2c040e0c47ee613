"""Verdicts over time: the flows that began in each interval, by verdict, and the gaps in the captures."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analyzer.charts import clock
from analyzer.charts.made_once import made_once
from analyzer.charts.style import (
    GAP,
    WIDTH,
    Chart,
    Sheet,
    boxes,
    fill,
    label,
    names,
    nothing,
    room,
    rules,
    styled,
    symbols,
)
from analyzer.palette import LIGHT, VERDICTS, mark
from analyzer.report import Report
from analyzer.units import plural
from analyzer.values import Verdict

TITLE = "Verdicts over time"
NOTHING = "no flow in these captures"
MOST_VANTAGES = 6
MOST_LABELS = 4
_HEIGHT, _STRIP, _RUN, _SPACE = 2.2, 0.25, 0.2, 0.22
_RIGHT = 0.75
_SHOWN_APART = (Verdict.UNEXPECTED, Verdict.BLOCKED)


@made_once
def data(report: Report) -> pd.DataFrame:
    """Flows begun, by verdict and time.

    Index ``start``: the beginning of each interval (datetime64[ns, UTC], equally spaced over all captures, 60 at
    most); columns: every verdict, most serious first; values: flows. Empty where no flow has a time.
    """
    columns = [mark.word for mark in VERDICTS]
    begun = clock.begun(report)
    known = begun >= 0
    if not known.any():
        return pd.DataFrame(columns=columns, index=_index(np.zeros(0, dtype="int64")), dtype="int64")
    borders = span_of(report, begun[known])
    where = np.searchsorted(borders, begun[known], side="right") - 1
    verdicts = report.flows["verdict"].to_numpy()[known]
    counts = {word: np.bincount(where[verdicts == word], minlength=len(borders) - 1) for word in columns}
    return pd.DataFrame(counts, index=_index(borders[:-1]))


def gaps(report: Report) -> pd.DataFrame:
    """The times between the first and the last frame in which no file has a frame: nothing was sent, or no capture
    was running.

    Columns ``start`` and ``end`` (datetime64[ns, UTC]). A gap below half a percent of the whole is left out: between
    the files of a rotated capture lies always a moment.
    """
    frame = pd.DataFrame(clock.gaps(clock.spans(report)), columns=["start", "end"], dtype="int64")
    return pd.DataFrame({name: pd.to_datetime(frame[name], utc=True) for name in frame.columns})


def alt_text(report: Report) -> str:
    """What the chart shows, in one or two sentences."""
    return _sentence(report, data(report))


def figure(report: Report) -> Figure:
    """The chart: a stack per interval, above it a line for each finding's verdict, below it when captures ran."""
    counts = data(report)
    with styled():
        if counts.empty:
            return nothing(TITLE, NOTHING)
        apart = [word for word in _SHOWN_APART if counts[word].any()]
        runs = _runs(report)
        left = max(room([name for name, _ in runs], 1.0, 2.2), 0.0)
        width = WIDTH - left - _RIGHT
        body = _STRIP * len(apart) + _SPACE + _HEIGHT + 0.5 + _RUN * len(runs)
        sheet = Sheet(
            TITLE, _sentence(report, counts), body, [mark(word) for word in counts.columns if counts[word].any()]
        )
        upper = sheet.panel(left, 0, width, max(_STRIP * len(apart), 0.01))
        middle = sheet.panel(left, _STRIP * len(apart) + _SPACE, width, _HEIGHT)
        below = sheet.panel(left, body - _RUN * len(runs), width, max(_RUN * len(runs), 0.01))
        borders = _borders(counts)
        last = clock.end_of_axis(borders)
        for axes in (upper, middle, below):
            axes.set_xlim(0, float(_x(borders, last)))
        _apart(upper, counts[apart], borders)
        _stack(middle, counts, borders)
        _shade(middle, report, borders)
        time_axis(sheet, borders, left, _STRIP * len(apart) + _SPACE + _HEIGHT, width)
        _captured(below, runs, borders)
        return sheet.figure


def span_of(report: Report, begun: clock.Times) -> clock.Times:
    """The borders of the intervals that all charts over time share: over all captures and all flows."""
    spans = [(int(begun.min()), int(begun.max())), *clock.spans(report)]
    return clock.edges(min(start for start, _ in spans), max(end for _, end in spans))


def time_axis(sheet: Sheet, borders: clock.Times, left: float, top: float, width: float) -> None:
    """Round times, UTC, below a panel whose x is seconds since the first border; they take 0.4 inches."""
    axes = sheet.panel(left, top, width, 0.4)
    last = clock.end_of_axis(borders)
    high = float(_x(borders, last))
    axes.set_xlim(0, high)
    found = clock.ticks(int(borders[0]), last, max(int(width / 0.95), 2))
    places = [float(_x(borders, place)) for place, _ in found]
    ticks = LineCollection(
        [[(0, 0), (high, 0)], *([(x, 0), (x, 0.05)] for x in places)], colors=LIGHT.muted, linewidths=0.8
    )
    ticks.set_clip_on(False)
    axes.add_collection(ticks, autolim=False)
    for x, (_, text) in zip(places, found, strict=True):
        axes.text(x, 0.09, text, ha="center", va="top", color=LIGHT.muted, fontsize=8)
    axes.text(high, 0.22, "UTC", ha="right", va="top", color=LIGHT.muted, fontsize=8)


def _index(starts: clock.Times) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(starts, tz="UTC", name="start").as_unit("ns")


def _borders(counts: pd.DataFrame) -> clock.Times:
    starts = counts.index.astype("int64").to_numpy(dtype="int64")
    step = int(starts[1] - starts[0]) if len(starts) > 1 else clock.STEPS[0]
    return np.append(starts, min(int(starts[-1]) + step, clock.LATEST))


def _x(borders: clock.Times, times: clock.Times | int) -> NDArray[np.float64]:
    return np.asarray((np.asarray(times) - borders[0]) / clock.SECOND, dtype="float64")


def _sentence(report: Report, counts: pd.DataFrame) -> str:
    if counts.empty:
        return "There is no flow in these captures."
    borders = _borders(counts)
    total = int(counts.to_numpy().sum())
    step = clock.length(int(borders[1] - borders[0]))
    begun = clock.begun(report)
    first, last = clock.instant(int(begun[begun >= 0].min())), clock.instant(int(begun.max()))
    span = f"at {first}" if first == last else f"between {first} and {last.removeprefix(first[:11])}"
    text = f"{plural(total, 'flow')} begun {span}"
    for word in _SHOWN_APART:
        column = counts[word].to_numpy()
        if column.any():
            most = int(column.argmax())
            part = "all" if column[most] == column.sum() else f"{column[most]:,}"
            busiest = f", {part} of them within {step} from {clock.instant(int(borders[most]))[11:]}"
            text += f"; {column.sum():,} {word}{busiest if 1 < column.sum() <= 4 * column[most] else ''}"
    pauses = clock.gaps(clock.spans(report))
    if pauses:
        text += f". For {clock.length(sum(end - start for start, end in pauses))} between files no frame was captured"
    return text + "."


def _runs(report: Report) -> list[tuple[str, list[tuple[int, int]]]]:
    """When each vantage captured, or all of them in one line if there are too many."""
    first: dict[int, str] = {}
    for capture in report.meta.captures:
        first.setdefault(capture.vantage, capture.name)
    if len(first) > MOST_VANTAGES or len(first) < 2:
        return [("captured", clock.covered(clock.spans(report)))] if clock.spans(report) else []
    return [(label(name, 24), clock.covered(clock.spans(report, number))) for number, name in sorted(first.items())]


def _stack(axes: Axes, counts: pd.DataFrame, borders: clock.Times) -> None:
    below = np.zeros(len(counts))
    highest = float(counts.sum(axis=1).max())
    axes.set_ylim(0, highest * 1.04)
    levels = [level for level in MaxNLocator(nbins=4, integer=True).tick_values(0, highest) if 0 <= level <= highest]
    rules(axes, levels, *axes.get_xlim())
    for level in levels:
        axes.text(0, level, f"{level:,.0f}{GAP}", ha="right", va="center", color=LIGHT.muted, fontsize=8)
    step = clock.length(int(borders[1] - borders[0]))
    axes.text(0, highest * 1.06, f"flows begun in {step}", va="bottom", color=LIGHT.muted, fontsize=8)
    for word in counts.columns:
        column = counts[word].to_numpy()
        if column.any():
            look, there = mark(word), column > 0
            starts, ends = _x(borders, borders[:-1][there]), _x(borders, borders[1:][there])
            where = boxes(starts, ends, (below + column)[there], below[there])
            fill(axes, where, look.light, look.hatch)
            below += column


def _apart(axes: Axes, counts: pd.DataFrame, borders: clock.Times) -> None:
    rows = len(counts.columns)
    axes.set_ylim(max(rows, 1) - 0.5, -0.5)
    rules(axes, range(rows), *axes.get_xlim())
    centres = _x(borders, (borders[:-1] // 2 + borders[1:] // 2))
    for row, word in enumerate(counts.columns):
        column = counts[word].to_numpy()
        there = centres[column > 0]
        symbols(axes, there, np.full(len(there), row), mark(word))
        axes.text(0, row, f"{word}{GAP}", ha="right", va="center", fontsize=8.5)
        axes.text(
            axes.get_xlim()[1], row, f"{GAP}{column.sum():,}", ha="left", va="center", fontsize=8.5, weight="bold"
        )


def _shade(axes: Axes, report: Report, borders: clock.Times) -> None:
    top = axes.get_ylim()[1]
    for number, (start, end) in enumerate(clock.gaps(clock.spans(report))[:200]):
        left, right = (float(_x(borders, time)) for time in (start, end))
        axes.axvspan(left, right, facecolor=LIGHT.line, alpha=0.5, linewidth=0, zorder=0)
        if number < MOST_LABELS:
            axes.text(
                (left + right) / 2, top * 0.97, "no frame", rotation=90, ha="center", va="top",
                color=LIGHT.muted, fontsize=8,
            )  # fmt: skip


def _captured(axes: Axes, runs: list[tuple[str, list[tuple[int, int]]]], borders: clock.Times) -> None:
    axes.set_ylim(max(len(runs), 1) - 0.5, -0.5)
    names(axes, 0, [f"{name}{GAP}" for name, _ in runs], color=LIGHT.muted, fontsize=8)
    for row, (_, spans) in enumerate(runs):
        if spans:
            starts, ends = (_x(borders, np.array(side, dtype="int64")) for side in zip(*spans, strict=True))
            least = axes.get_xlim()[1] / 500
            fill(axes, boxes(starts, np.maximum(ends, starts + least), row - 0.2, row + 0.2), LIGHT.muted)


CHART = Chart(
    "verdicts",
    TITLE,
    "The flows that began in each interval, by verdict, and the gaps in the captures.",
    data,
    figure,
    alt_text,
)
