"""Unexpected services by flows: how many flows were answered or stopped, and between how many hosts."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.charts.made_once import made_once
from analyzer.charts.style import EDGE, GAP, WIDTH, Chart, Sheet, boxes, fill, label, nothing, room, shown, styled
from analyzer.palette import LIGHT, UNKNOWN, Mark, mark
from analyzer.report import Report
from analyzer.units import plural, size
from analyzer.values import STOPPED, Verdict

TITLE = "Unexpected services, ranked by flows"
NOTHING = "no unexpected flow in these captures"
MOST = 15
_ROW, _TEXT = 0.27, 3.1
_LOOK = mark(Verdict.UNEXPECTED)
_THROUGH = Mark("got through", _LOOK.symbol, _LOOK.letter, _LOOK.light, _LOOK.dark, "", "", "")
_STOPPED = Mark("stopped", "⊣", "-", _LOOK.light, _LOOK.dark, "\\\\\\\\", "", "")


@made_once
def data(report: Report) -> pd.DataFrame:
    """Unexpected flows by service, most flows first.

    Index ``service``; columns ``through``, ``stopped`` (flows), ``originators``, ``responders`` (hosts) and ``bytes``
    (of IP, both ways). Stopped: refused, unanswered, prohibited or unreachable.
    """
    flows = report.flows[report.flows["verdict"] == Verdict.UNEXPECTED]
    stopped = flows["outcome"].isin(list(STOPPED))
    frame = pd.DataFrame(
        {
            "service": shown(flows["service"]), "stopped": stopped.astype("int64"),
            "through": (~stopped).astype("int64"), "bytes": flows["orig_ip_bytes"] + flows["resp_ip_bytes"],
        }
    )  # fmt: skip
    grouped = frame.groupby("service", observed=True)
    sums = grouped[["through", "stopped", "bytes"]].sum()
    for name, column in (("originators", "orig_h"), ("responders", "resp_h")):
        pairs = pd.DataFrame(
            {"service": frame["service"], "host": pd.factorize(flows[column].to_numpy())[0]}
        ).drop_duplicates()
        sums[name] = pairs.groupby("service", observed=True).size()
    sums = sums[["through", "stopped", "originators", "responders", "bytes"]].astype("int64").reset_index()
    sums["flows"] = sums["through"] + sums["stopped"]
    ranked = sums.sort_values(["flows", "bytes", "service"], ascending=[False, False, True])
    return ranked.drop(columns="flows").set_index("service")


def alt_text(report: Report) -> str:
    """What the chart shows, in one or two sentences."""
    return _sentence(data(report))


def figure(report: Report) -> Figure:
    """The chart: a bar a service, what was stopped hatched; the 15 with most flows, and the others as one."""
    services = data(report)
    with styled():
        if services.empty:
            return nothing(TITLE, NOTHING)
        top = services.head(MOST)
        rest = services.iloc[MOST:].sum()
        lines = len(top) + (len(services) > MOST)
        marks = [look for look, name in ((_THROUGH, "through"), (_STOPPED, "stopped")) if services[name].any()]
        left = room((label(name, 26) for name in top.index), 1.8)
        sheet = Sheet(TITLE, _sentence(services), _ROW * lines, marks)
        axes = sheet.panel(left, 0, WIDTH - left - EDGE - _TEXT, _ROW * lines)
        axes.set_ylim(lines, 0)
        flows = (top["through"] + top["stopped"]).to_numpy()
        most = max(int(flows[0]), int(rest["through"] + rest["stopped"]))
        axes.set_xlim(0, most)
        rows, through = np.arange(len(top)), top["through"].to_numpy()
        fill(axes, boxes(0, through, rows + 0.16, rows + 0.84), _THROUGH.light)
        there = top["stopped"].to_numpy() > 0
        fill(
            axes,
            boxes(through[there], flows[there], rows[there] + 0.16, rows[there] + 0.84),
            _STOPPED.light,
            _STOPPED.hatch,
        )
        if lines > len(top):
            count = int(rest["through"] + rest["stopped"])
            fill(axes, boxes(0, count, len(top) + 0.16, len(top) + 0.84), UNKNOWN.light)
            _line(axes, len(top), (f"{len(services) - MOST:,} others", size(int(rest["bytes"]))), count)
        names = [label(str(name), 26) for name in top.index]
        for y, (name, (got, held, origs, resps, octets)) in enumerate(zip(names, top.to_numpy().tolist(), strict=True)):
            hosts = f"{plural(origs, 'originator')}, {plural(resps, 'responder')}, {size(octets)}"
            _line(axes, y, (name, hosts), got + held)
        return sheet.figure


def _sentence(services: pd.DataFrame) -> str:
    if services.empty:
        return "There is no unexpected flow in these captures."
    through, stopped = int(services["through"].sum()), int(services["stopped"].sum())
    first = services.iloc[0]
    text = f"{plural(through + stopped, 'unexpected flow')} of {plural(len(services), 'service')}:"
    text += f" {through:,} got through, {stopped:,} stopped."
    count = int(first["through"] + first["stopped"])
    return f"{text} Most flows: {label(str(services.index[0]))} ({count:,}); most bytes: {_heaviest(services)}."


def _heaviest(services: pd.DataFrame) -> str:
    place = int(services["bytes"].to_numpy().argmax())
    return f"{label(str(services.index[place]))} ({size(int(services['bytes'].iloc[place]))})"


def _line(axes: Axes, y: int, words: tuple[str, str], flows: int) -> None:
    across = axes.get_yaxis_transform()
    axes.text(-0.012, y + 0.5, words[0], ha="right", va="center", transform=across)
    axes.text(flows, y + 0.5, f"{GAP}{flows:,}", va="center", weight="bold", fontsize=8.5)
    axes.text(1.12, y + 0.5, words[1], va="center", color=LIGHT.muted, fontsize=8, transform=across)


CHART = Chart(
    "unexpected", TITLE, "Which unexpected services there were, how many of their flows got through, and between how "
    "many hosts.", data, figure, alt_text,
)  # fmt: skip
