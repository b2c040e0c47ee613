"""The PXE boot ladder: which stages each boot reached, when, and where it stalled."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.charts import clock
from analyzer.charts.made_once import made_once
from analyzer.charts.style import (
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
)
from analyzer.palette import BOOTS, LIGHT, mark
from analyzer.report import Report
from analyzer.units import plural, seconds
from analyzer.values import LADDER, BootStatus, Status

TITLE = "PXE boots, stage by stage"
NOTHING = "no machine was seen to boot from the network"
MOST = 24
"""With more boots than this the chart counts them by stage, and shows each of the ``WORST`` only."""
WORST = 12
_ROW, _COUNTED = 0.3, 1.6
_WORDS = [mark.word for mark in BOOTS]
_REACHED = mark(Status.SATISFIED)
_STALLED = mark(BootStatus.STALLED)


@made_once
def data(report: Report) -> pd.DataFrame:
    """Every boot attempt with the time until each stage.

    Columns: ``boot`` (the machine, else the client's MAC), ``started`` (datetime64[ns, UTC]), ``status``,
    ``stalled_at``, and each stage and the boot server's offer: nanoseconds since the start (int64), -1 where it was not
    seen. In the document's order.
    """
    boots = report.boots
    started = clock.nanoseconds(boots["started"])
    frame = pd.DataFrame({"boot": boots["machine"].where(boots["machine"] != "", boots["client_mac"]).pipe(shown)})
    frame["started"] = clock.moments(boots["started"])
    frame["status"], frame["stalled_at"] = boots["status"].to_numpy(), shown(boots["stalled_at"]).to_numpy()
    for stage in LADDER:
        reached = clock.nanoseconds(boots[stage])
        frame[stage] = np.where((reached >= 0) & (started >= 0), np.maximum(reached - started, 0), -1)
    return frame


def counts(report: Report) -> pd.DataFrame:
    """Boots by stage: index ``stage``; columns ``reached``, ``stalled`` (boots), ``median`` and ``slowest``
    (nanoseconds since the start, -1 where none reached it)."""
    return _counts(data(report))


def alt_text(report: Report) -> str:
    """What the chart shows, in one or two sentences."""
    return _sentence(data(report))


def figure(report: Report) -> Figure:
    """The chart: a row per boot and a column per stage; of more than 24 boots their numbers and times by stage, and
    below them the 12 that stalled or took longest."""
    boots = data(report)
    with styled():
        if boots.empty:
            return nothing(TITLE, NOTHING)
        many = len(boots) > MOST
        top = worst(boots) if many else boots
        labels = [_name(*row) for row in zip(top["boot"], top["started"], top["status"], strict=True)]
        left = room(labels, most=2.9)
        width = WIDTH - left - EDGE
        head = 0.26 + (_COUNTED if many else 0)
        sheet = Sheet(TITLE, _sentence(boots), head + _ROW * len(top) + 0.05)
        stages = sheet.panel(left, 0, width, 0.26)
        stages.set_xlim(0, len(LADDER))
        for x, stage in enumerate(LADDER):
            stages.text(x + 0.1, 0.1, stage.replace("_", " "), weight="bold", va="center")
        if many:
            _counted(sheet.panel(left, 0.3, width, _COUNTED - 0.2), _counts(boots), len(boots))
        axes = sheet.panel(left, head, width, _ROW * len(top))
        axes.set_xlim(0, len(LADDER))
        axes.set_ylim(len(top), 0)
        _rungs(axes, top, labels)
        return sheet.figure


def worst(boots: pd.DataFrame) -> pd.DataFrame:
    """The boots to show: the slowest of every stage at which boots stalled, then the slowest others."""
    places = {stage: place for place, stage in enumerate(LADDER)}
    ranked = pd.DataFrame(
        {
            "status": boots["status"].map(lambda word: _WORDS.index(word) if word in _WORDS else len(_WORDS)),
            "stage": boots["stalled_at"].map(lambda stage: places.get(stage, len(LADDER))),
            "took": -boots[list(LADDER)].max(axis=1),
        }
    )
    ranked = ranked.sort_values(["status", "stage", "took"], kind="stable")
    ranked["place"] = ranked.groupby(["status", "stage"]).cumcount()
    chosen = ranked.sort_values(["status", "place", "stage"], kind="stable").index[:WORST]
    return boots.loc[ranked.index[ranked.index.isin(chosen)]]


def _counts(boots: pd.DataFrame) -> pd.DataFrame:
    times = boots[list(LADDER)]
    seen = times >= 0
    return pd.DataFrame(
        {
            "reached": seen.sum(),
            "stalled": [int((boots["stalled_at"] == stage).sum()) for stage in LADDER],
            "median": times.where(seen).median().fillna(-1).astype("int64"),
            "slowest": times.max() if len(boots) else -1,
        },
        index=pd.Index(LADDER, name="stage"),
    ).astype("int64")


def _sentence(boots: pd.DataFrame) -> str:
    if boots.empty:
        return "No machine was seen to boot from the network."
    statuses = [f"{count:,} {word}" for word in reversed(_WORDS) if (count := int((boots["status"] == word).sum()))]
    text = f"{plural(len(boots), 'boot attempt')}: {', '.join(statuses)}."
    stalled = boots.loc[boots["status"] == BootStatus.STALLED, "stalled_at"].value_counts()
    if len(stalled):
        where = sorted(stalled.items(), key=lambda pair: (-pair[1], str(pair[0])))
        text += f" Stalled at: {', '.join(f'{label(str(stage))} ({count:,})' for stage, count in where[:4])}."
    whole = boots.loc[(boots["status"] == BootStatus.COMPLETE) & (boots["agent"] >= 0), "agent"]
    if len(whole):
        middle, most = (seconds(float(time) / 1e9) for time in (whole.median(), whole.max()))
        text += (
            f" From the start to the agent: {most if len(whole) == 1 else f'{middle} in the median, {most} at most'}."
        )
    text += " Times count from each boot's start."
    if len(boots) > MOST:
        text += f" Below: the {min(WORST, len(boots))} that stalled or took longest; boots.csv has all."
    return text


def _name(boot: str, started: pd.Timestamp, status: str) -> str:
    when = "" if pd.isna(started) else f" · {started:%H:%M:%S}"
    return f"{label(boot, 20)}{when} {mark(status).symbol}"


def _rungs(axes: Axes, boots: pd.DataFrame, labels: list[str]) -> None:
    rows = np.arange(len(boots)) + 0.5
    rules(axes, rows, 0.02, len(LADDER) - 0.02)
    for y, name in enumerate(labels):
        axes.text(-0.06, y + 0.5, name, ha="right", va="center")
    times = boots[list(LADDER)].to_numpy()
    # A boot may have reached the stage at which it stalled: the chart shows the stall, not the time.
    stopped = (boots["status"] == BootStatus.STALLED).to_numpy()
    stalled = stopped[:, None] & (boots["stalled_at"].to_numpy()[:, None] == np.array(LADDER))
    ys, xs = np.nonzero((times >= 0) & ~stalled)
    fill(axes, boxes(xs + 0.02, xs + 0.98, ys + 0.1, ys + 0.9), LIGHT.card)
    fill(axes, boxes(xs + 0.02, xs + 0.98, ys + 0.1, ys + 0.9), _REACHED.light, alpha=0.12)
    symbols(axes, xs + 0.12, ys + 0.5, _REACHED, 6.5)
    for y, x in zip(ys.tolist(), xs.tolist(), strict=True):
        axes.text(x + 0.22, y + 0.5, f"+{seconds(times[y, x] / 1e9)}", va="center", fontsize=8)
    for y, x in np.argwhere(stalled).tolist():
        _stop(axes, x, y)


def _stop(axes: Axes, x: int, y: int) -> None:
    fill(axes, boxes(x + 0.02, x + 0.98, y + 0.1, y + 0.9), LIGHT.card)
    fill(axes, boxes(x + 0.02, x + 0.98, y + 0.1, y + 0.9), _STALLED.light, alpha=0.2)
    axes.text(
        x + 0.12, y + 0.5, f"{_STALLED.symbol} stalled", va="center",
        fontsize=7.5, color=_STALLED.light, weight="bold",
    )  # fmt: skip


def _counted(axes: Axes, stages: pd.DataFrame, boots: int) -> None:
    """A bar for each stage: boots that reached it, and on top boots that stalled there; below it the time it took."""
    axes.set_xlim(0, len(LADDER))
    axes.set_ylim(-0.42 * boots, boots)
    places = np.arange(len(LADDER))
    reached, stalled = stages["reached"].to_numpy(), stages["stalled"].to_numpy()
    fill(axes, boxes(places + 0.1, places + 0.8, reached, 0), _REACHED.light, _REACHED.hatch)
    there = stalled > 0
    fill(
        axes, boxes((places + 0.1)[there], (places + 0.8)[there], (reached + stalled)[there], reached[there]),
        _STALLED.light, _STALLED.hatch,
    )  # fmt: skip
    axes.text(-0.06, boots * 0.62, "boots that reached it", ha="right", va="center", color=LIGHT.muted)
    axes.text(
        -0.06, boots * 0.38, f"{_STALLED.symbol} stalled there", ha="right", va="center", color=_STALLED.light,
    )  # fmt: skip
    axes.text(-0.06, -0.12 * boots, "in the median", ha="right", va="center", color=LIGHT.muted, fontsize=8)
    axes.text(-0.06, -0.29 * boots, "at most", ha="right", va="center", color=LIGHT.muted, fontsize=8)
    for x, (count, stopped, median, slowest) in enumerate(stages.to_numpy().tolist()):
        text = f"{count:,}" + (f"   {_STALLED.symbol} {stopped:,}" if stopped else "")
        inside = count > boots * 0.25
        axes.text(
            x + 0.14, min(boots * 0.06, count), text, va="bottom", weight="bold", fontsize=8.5,
            bbox={"facecolor": LIGHT.card, "edgecolor": "none", "pad": 1.2} if inside else None,
        )  # fmt: skip
        if median >= 0:
            axes.text(x + 0.1, -0.12 * boots, f"+{seconds(median / 1e9)}", va="center", fontsize=8)
            axes.text(x + 0.1, -0.29 * boots, f"+{seconds(slowest / 1e9)}", va="center", fontsize=8)


CHART = Chart("boots", TITLE, "Which stages each PXE boot reached, when, and where it stalled.", data, figure, alt_text)
