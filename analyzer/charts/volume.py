"""Bytes by service over time."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analyzer.charts import clock
from analyzer.charts.made_once import made_once
from analyzer.charts.style import (
    EDGE,
    GAP,
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
)
from analyzer.charts.timeline import span_of, time_axis
from analyzer.palette import LIGHT, UNKNOWN, mark
from analyzer.report import Report
from analyzer.units import size

TITLE = "Bytes by service"
NOTHING = "no flow in these captures"
MOST = 9
"""Services with a row of their own; the others share one row."""
OTHER = "other"
_ROW, _TOTALS, _DECADES = 0.31, 3.0, 6


@made_once
def data(report: Report) -> pd.DataFrame:
    """Bytes by service, verdict and time.

    Index ``service``, ``verdict``, most bytes first; the last line is (``other``, empty) for what is beyond the nine
    largest, where there is more. Columns: the start of each interval (datetime64[ns, UTC], equally spaced, 60 at
    most); values: bytes from the IP header on, both ways (int64). A flow's bytes are spread evenly over its
    duration, since the document has no more of it; the sum of a line is exact. Empty where no flow has a time.
    """
    return _bytes(report)[0]


def alt_text(report: Report) -> str:
    """What the chart shows, in one or two sentences."""
    return _sentence(report, data(report))


def figure(report: Report) -> Figure:
    """The chart: a row a service: when its bytes went, on a logarithmic scale that all rows share, and a bar for all
    of them on a linear one."""
    grid, borders = _bytes(report)
    with styled():
        if grid.empty:
            return nothing(TITLE, NOTHING)
        labels = [_name(service, verdict) for service, verdict in grid.index]
        left = room(labels, 1.8)
        width = WIDTH - left - _TOTALS - EDGE
        sheet = Sheet(TITLE, _sentence(report, grid), 0.25 + _ROW * len(grid) + 0.42)
        when = sheet.panel(left, 0.25, width, _ROW * len(grid))
        when.set_ylim(len(grid), 0)
        when.set_xlim(0, (clock.end_of_axis(borders) - int(borders[0])) / clock.SECOND)
        _rows(when, grid, borders, labels)
        time_axis(sheet, borders, left, 0.25 + _ROW * len(grid), width)
        _totals(sheet.panel(left + width + 0.35, 0.25, _TOTALS - 0.45, _ROW * len(grid)), grid)
        return sheet.figure


def largest(report: Report) -> dict[str, object] | None:
    """The flow with most bytes: its line of the flow table; None where there is no flow."""
    flows = report.flows
    if flows.empty:
        return None
    place = int((flows["orig_ip_bytes"] + flows["resp_ip_bytes"]).to_numpy().argmax())
    return {str(name): value for name, value in flows.iloc[place].to_dict().items()}


@made_once
def _bytes(report: Report) -> tuple[pd.DataFrame, clock.Times]:
    flows = report.flows
    begun = clock.begun(report)
    known = begun >= 0
    levels = ["service", "verdict"]
    if not known.any():
        none = pd.MultiIndex.from_arrays([[], []], names=levels)
        return pd.DataFrame(index=none, columns=pd.DatetimeIndex([], tz="UTC"), dtype="int64"), begun[known]
    flows, begun = flows[known].assign(service=shown(flows["service"])[known]), begun[known]
    borders = span_of(report, begun)
    amount = (flows["orig_ip_bytes"] + flows["resp_ip_bytes"]).to_numpy()
    sums = pd.Series(amount).groupby([flows[name].to_numpy() for name in levels], observed=True).sum()
    table = sums.rename_axis(levels).reset_index(name="bytes")
    totals = table.sort_values(["bytes", *levels], ascending=[False, True, True])
    keys = pd.MultiIndex.from_frame(totals[levels])
    kind = np.minimum(keys.get_indexer(pd.MultiIndex.from_frame(flows[levels])), MOST)
    count = min(len(keys), MOST + 1)
    lasted = pd.to_numeric(flows["duration"], errors="coerce").fillna(0).to_numpy(dtype="float64") * clock.SECOND
    grid = _spread(begun, lasted, amount, kind, borders)[:count]
    lines = keys[:MOST].tolist() + [(OTHER, "")] * (count > MOST)
    index = pd.MultiIndex.from_tuples(lines, names=levels)
    return pd.DataFrame(grid, index=index, columns=pd.DatetimeIndex(borders[:-1], tz="UTC").as_unit("ns")), borders


def _spread(
    begun: clock.Times, lasted: NDArray[np.float64], amount: clock.Times, kind: NDArray[np.intp], borders: clock.Times
) -> clock.Times:
    """Bytes by kind and interval. The bytes until each border are rounded first, so that the sums are exact."""
    gone = np.zeros((MOST + 1, len(borders)), dtype="int64")
    for place, border in enumerate(borders):
        part = np.clip((border - begun) / np.maximum(lasted, 1), 0, 1)
        until = np.floor(amount * part) if place < len(borders) - 1 else amount
        gone[:, place] = np.bincount(kind, until, MOST + 1).astype("int64")
    return np.diff(gone, axis=1)


def _sentence(report: Report, grid: pd.DataFrame) -> str:
    if grid.empty:
        return "There is no flow in these captures."
    totals = grid.sum(axis=1)
    total = int(totals.sum())
    if not total:
        return "The flows of these captures carried no byte of IP."
    (service, verdict), most = totals.index[0], int(totals.iloc[0])
    text = f"{size(total)} in all; {_share(most, total)} of it {label(service)}"
    text += f" ({verdict})." if verdict else "."
    flow = largest(report)
    assert flow is not None  # there are bytes
    octets = int(flow["orig_ip_bytes"]) + int(flow["resp_ip_bytes"])  # type: ignore[call-overload]  # a cell of pandas
    ends = f"{label(str(flow['orig_h']), 40)} to {label(str(flow['resp_h']), 40)}, {label(str(flow['service']))}"
    text += f" Largest flow: {ends}, {size(octets)} ({_share(octets, total)}), {flow['verdict']}."
    return f"{text} A flow's bytes are spread evenly over its duration."


def _share(part: int, whole: int) -> str:
    share = 100 * part / whole
    if 99 < share < 100:
        return "over 99 %"
    return f"{share:.0f} %" if share >= 1 else "less than 1 %"


def _name(service: str, verdict: str) -> str:
    return f"{mark(verdict).symbol} {label(service, 30)}" if verdict else label(service, 30)


def _rows(axes: Axes, grid: pd.DataFrame, borders: clock.Times, labels: list[str]) -> None:
    values = grid.to_numpy()
    peak = max(int(values.max()), 1)
    floor = max(peak / 10**_DECADES, 1.0)
    scale = max(np.log10(peak / floor), 1.0)
    x = (borders - borders[0]) / clock.SECOND
    across = axes.get_yaxis_transform()
    rules(axes, np.arange(1, len(grid)), *axes.get_xlim())
    for y, (name, (_, verdict)) in enumerate(zip(labels, grid.index, strict=True)):
        there = values[y] > 0
        height = 0.1 + 0.8 * np.log10(np.maximum(values[y][there] / floor, 1)) / scale
        look = mark(verdict) if verdict else UNKNOWN
        fill(axes, boxes(x[:-1][there], x[1:][there], y + 1 - height, y + 1.0), look.light, look.hatch)
        axes.text(-0.012, y + 0.55, name, ha="right", va="center", color=look.light, transform=across)
    step = clock.length(int(borders[1] - borders[0]))
    axes.text(
        0, -0.3, f"bytes in {step}, a full row is {size(peak)}; logarithmic", color=LIGHT.muted, fontsize=8,
        transform=across,
    )  # fmt: skip


def _totals(axes: Axes, grid: pd.DataFrame) -> None:
    totals = grid.sum(axis=1).to_numpy()
    whole = max(int(totals.sum()), 1)
    axes.set_xlim(0, max(int(totals.max()), 1) * 1.9)
    axes.set_ylim(len(grid), 0)
    axes.text(0, -0.3, "in all; linear", color=LIGHT.muted, fontsize=8)
    for y, ((_, verdict), total) in enumerate(zip(grid.index, totals.tolist(), strict=True)):
        look = mark(verdict) if verdict else UNKNOWN
        fill(axes, boxes(0, total, y + 0.25, y + 0.85), look.light, look.hatch)
        axes.text(total, y + 0.55, f"{GAP}{size(total)}", va="center", weight="bold", fontsize=8.5)
        axes.text(
            axes.get_xlim()[1], y + 0.55, _share(total, whole), va="center", ha="right", color=LIGHT.muted, fontsize=8
        )


CHART = Chart("bytes", TITLE, "The bytes of each service, over time.", data, figure, alt_text)
