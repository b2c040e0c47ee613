"""Verdicts over time: how many flows began when, stacked by verdict, with the times at which nobody captured."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analyzer.charts.style import Chart, canvas, legend, nothing, styled
from analyzer.palette import LIGHT, VERDICTS, mark
from analyzer.report import Report
from analyzer.values import Verdict

TITLE = "Verdicts over time"
BINS = 60
FEWEST = 12
"""The axis is at least this many intervals long, so that a single flow is no wall of colour."""
MOST_LABELS = 4
_SECOND = 10**9
_DAY = 86400 * _SECOND
_STEPS = tuple(
    round(seconds * _SECOND)
    for seconds in (
        *(0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 30),
        *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
        *(3600 * hours for hours in (1, 2, 3, 6, 12)),
        *(86400 * days for days in (1, 2, 7, 30, 90, 365)),
    )
)
_UNITS = ((_DAY, "d"), (3600 * _SECOND, "h"), (60 * _SECOND, "min"), (_SECOND, "s"), (10**6, "ms"))
_SHOWN_APART = (Verdict.UNEXPECTED, Verdict.BLOCKED)


def data(report: Report) -> pd.DataFrame:
    """Flows begun, by verdict and time.

    Index ``start``: the beginning of each interval (datetime64[ns, UTC], equally spaced over all captures, 60 at
    most); columns: every verdict, most serious first; values: flows. Empty where no flow has a time.
    """
    columns = [mark.word for mark in VERDICTS]
    times = pd.to_datetime(report.flows["ts"], utc=True, format="ISO8601", errors="coerce").dt.as_unit("ns")
    known = times.notna().to_numpy()
    begun = times[known].astype("int64").to_numpy(dtype="int64")
    if not len(begun):
        return pd.DataFrame(columns=columns, index=pd.DatetimeIndex([], tz="UTC", name="start"), dtype="int64")
    spans = [(int(begun.min()), int(begun.max())), *_spans(report)]
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    step = _step(first, last)
    origin = first // step * step
    bins = (last - origin) // step + 1
    where = (begun - origin) // step
    verdicts = report.flows["verdict"].to_numpy()[known]
    counts = {word: np.bincount(where[verdicts == word], minlength=bins) for word in columns}
    index = pd.DatetimeIndex(origin + step * np.arange(bins, dtype="int64"), tz="UTC", name="start").as_unit("ns")
    return pd.DataFrame(counts, index=index)


def gaps(report: Report) -> pd.DataFrame:
    """The times between the first and the last frame at which no capture was running.

    Columns ``start`` and ``end`` (datetime64[ns, UTC]). A gap below half a percent of the whole is left out: between
    the files of a rotated capture lies always a moment.
    """
    frame = pd.DataFrame(_gaps(report), columns=["start", "end"], dtype="int64")
    return pd.DataFrame({name: pd.to_datetime(frame[name], utc=True) for name in frame.columns})


def figure(report: Report) -> Figure:
    """The chart: a stack of bars per interval, and above it a line of its own for each finding's verdict."""
    counts = data(report)
    with styled():
        if counts.empty:
            return nothing(TITLE, "no flow in these captures")
        apart = [word for word in _SHOWN_APART if counts[word].any()]
        drawn = canvas(3.6 + 0.28 * len(apart))
        grid = drawn.add_gridspec(2, 1, height_ratios=(0.001 + 0.28 * len(apart), 3.2), hspace=0)
        lower = drawn.add_subplot(grid[1])
        upper = drawn.add_subplot(grid[0], sharex=lower)
        starts = counts.index.astype("int64").to_numpy(dtype="int64")
        step = int(starts[1] - starts[0]) if len(starts) > 1 else _STEPS[0]
        _bars(lower, counts, starts / _DAY, step)
        _apart(upper, counts[apart], (starts + step // 2) / _DAY)
        _shade(lower, report)
        upper.set_title(TITLE, pad=26)
        legend(upper, [mark(word) for word in counts.columns if counts[word].any()])
        return drawn


def _gaps(report: Report) -> list[tuple[int, int]]:
    spans = sorted(_spans(report))
    found: list[tuple[int, int]] = []
    reached = spans[0][1] if spans else 0
    for start, end in spans:
        if start > reached:
            found.append((reached, start))
        reached = max(reached, end)
    least = (reached - spans[0][0]) // 200 if spans else 0
    return [(start, end) for start, end in found if end - start > least]


def _spans(report: Report) -> list[tuple[int, int]]:
    captures = report.meta.captures
    return [(c.first_ts, c.last_ts) for c in captures if c.first_ts is not None and c.last_ts is not None]


def _step(first: int, last: int) -> int:
    return next((step for step in _STEPS if (last - first) // step + 2 <= BINS), max(_STEPS[-1], (last - first) // 50))


def _bars(axes: Axes, counts: pd.DataFrame, starts: NDArray[np.float64], step: int) -> None:
    below, width = np.zeros(len(counts)), step / _DAY
    for word in counts.columns:
        if counts[word].any():
            look = mark(word)
            axes.bar(
                starts, counts[word], width, below, align="edge",
                color=look.light, hatch=look.hatch, edgecolor=LIGHT.card, linewidth=0.4,
            )  # fmt: skip
            below += counts[word].to_numpy()
    axes.set_xlim(starts[0] - width / 2, starts[0] + max(len(counts) + 0.5, FEWEST) * width)
    axes.xaxis_date("UTC")
    axes.set_ylim(0, below.max() * 1.06)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.grid(axis="y")
    axes.set_xlabel("time (UTC)")
    axes.set_ylabel(f"flows begun per {_duration(step)}")


def _apart(axes: Axes, counts: pd.DataFrame, centres: NDArray[np.float64]) -> None:
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelbottom=False)
    axes.set_yticks(range(len(counts.columns)), counts.columns)
    axes.set_ylim(max(len(counts.columns), 1) - 0.5, -0.5)
    for line, word in enumerate(counts.columns):
        look = mark(word)
        axes.axhline(line, color=LIGHT.line, linewidth=0.6)
        for where in centres[counts[word].to_numpy() > 0]:
            axes.text(where, line, look.symbol, color=look.light, ha="center", va="center", weight="bold")


def _shade(axes: Axes, report: Report) -> None:
    for number, (start, end) in enumerate(_gaps(report)):
        axes.axvspan(start / _DAY, end / _DAY, facecolor=LIGHT.line, alpha=0.5, linewidth=0, zorder=0)
        if number < MOST_LABELS:
            axes.text(
                (start + end) / 2 / _DAY, 0.96, "no capture", transform=axes.get_xaxis_transform(), rotation=90,
                ha="center", va="top", color=LIGHT.muted, fontsize=8,
            )  # fmt: skip


def _duration(step: int) -> str:
    unit, name = next(((unit, name) for unit, name in _UNITS if step >= unit), (1, "ns"))
    return f"{step / unit:g} {name}"


CHART = Chart("verdicts", TITLE, "How many flows began when, by verdict, and when nobody captured.", data, figure)
