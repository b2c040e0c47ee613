"""Times for charts: the beginnings of flows, the spans of captures, round intervals and ticks. Integer nanoseconds
since the epoch, UTC."""

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.charts.made_once import made_once
from analyzer.report import Report
from analyzer.units import seconds

SECOND = 10**9
DAY = 86400 * SECOND
STEPS = tuple(
    round(length * SECOND)
    for length in (
        *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
        *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
        *(3600 * hours for hours in (1, 2, 3, 6, 12)),
        *(86400 * days for days in (1, 2, 4, 7, 14, 28, 91, 364, 1820, 3640)),
    )
)
LATEST = 2**63 - 1
BINS = 60
FEWEST = 12
"""An axis is at least this many intervals long, so that a single flow does not fill the chart."""
Times = NDArray[np.int64]


@made_once
def begun(report: Report) -> Times:
    """When each flow began; -1 for one without a time."""
    return nanoseconds(report.flows["ts"])


def nanoseconds(texts: "pd.Series[str]") -> Times:
    """Times of the document as integers; -1 without a time."""
    found = moments(texts)
    return np.where(found.notna(), found.astype("int64"), -1).astype("int64")


def moments(texts: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """Times of the document as datetime64[ns, UTC]; NaT without a time."""
    return pd.to_datetime(texts, utc=True, format="ISO8601", errors="coerce").dt.as_unit("ns")


def spans(report: Report, vantage: int = 0) -> list[tuple[int, int]]:
    """First and last time of every capture with frames, in time's order; of one vantage, or of all."""
    return sorted(
        (capture.first_ts, capture.last_ts)
        for capture in report.meta.captures
        if capture.first_ts is not None and capture.last_ts is not None and vantage in (0, capture.vantage)
    )


def covered(running: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order of time; spans that touch are joined, and so are spans with a pause below half a percent of the
    whole, because there is always a short pause between the files of a rotated capture."""
    least = (max(end for _, end in running) - running[0][0]) // 200 if running else 0
    joined: list[tuple[int, int]] = []
    for start, end in running:
        if joined and start - joined[-1][1] <= least:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def gaps(running: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The times between spans that are in none."""
    return [(end, start) for (_, end), (start, _) in pairwise(covered(running))]


def edges(first: int, last: int) -> Times:
    """The borders of at most 60 intervals from ``first`` to ``last``, of a round length."""
    step = next((step for step in STEPS if (last - first) // step + 2 <= BINS), STEPS[-1])
    step = max(step, (last - first) // (BINS - 2) if step == STEPS[-1] else step)
    origin = first // step * step
    count = (last - origin) // step + 1
    return np.array([min(origin + step * place, LATEST) for place in range(count + 1)], dtype="int64")


def end_of_axis(borders: Times) -> int:
    """Where an axis of these intervals ends."""
    return max(int(borders[-1]), int(borders[0]) + FEWEST * int(borders[1] - borders[0]))


def ticks(first: int, last: int, most: int) -> list[tuple[int, str]]:
    """Round times from ``first`` to ``last``, at most ``most``, as they are written under an axis.

    The first one, and the first one of each later day, has the day below it.
    """
    step = next((step for step in STEPS if (last - first) // step < most), max((last - first) // most, 1))
    places = range(-(-first // step) * step, last + 1, step)
    written, day = [], ""
    for place in places:
        stamp = pd.Timestamp(place, unit="ns", tz="UTC").strftime("%Y-%m-%d %H:%M:%S.%f")
        today = stamp[:10]
        if step >= DAY:
            text = today
        else:
            end = 16 if step >= 60 * SECOND else 19 if step >= SECOND else 23
            text = stamp[11:end] + (f"\n{today}" if today != day else "")
        day = today
        written.append((place, text))
    return written


def instant(time: int) -> str:
    """A time in a sentence: to the second, with its day."""
    return pd.Timestamp(time, unit="ns", tz="UTC").strftime("%Y-%m-%d %H:%M:%S") + " UTC"


def length(nanoseconds: int) -> str:
    """A duration in a sentence."""
    return seconds(nanoseconds / SECOND)
