"""The charts: the data behind each, their bytes, and colours that people can tell apart."""

import io
import itertools
import sys
from pathlib import Path
from subprocess import run

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from analyzer import charts
from analyzer.charts import coverage, matrix, timeline
from analyzer.palette import BOOTS, DARK, LIGHT, STATUSES, VERDICTS, mark, rank
from analyzer.report import FLOW_COLUMNS, Report
from analyzer.values import BootStatus, Status, Verdict
from tests.program import ROOT
from tests.reports import START, capture, empty, fleet, flow, frame, hostile, lab, meta

SIGHTS = {
    "usual": np.eye(3),
    "deuteranopia": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "protanopia": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "tritanopia": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
"""Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as it is seen."""
COLOURED = (*VERDICTS, mark(Status.MISSING))


def linear(colour: str) -> NDArray[np.float64]:
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    bright = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (bright[1] + 0.05) / (bright[0] + 0.05)


def lab_colour(colour: str, sight: str) -> NDArray[np.float64]:
    seen = np.clip(SIGHTS[sight] @ linear(colour), 0, 1)
    to_xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193, 0.1192, 0.9503]])
    ratio = to_xyz @ seen / np.array([0.95047, 1, 1.08883])
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def test_every_word_has_a_mark() -> None:
    assert {look.word for look in VERDICTS} == set(Verdict)
    assert {look.word for look in STATUSES} == set(Status)
    assert {look.word for look in BOOTS} == set(BootStatus)
    assert mark("something new").word == ""


def test_unexpected_is_the_most_serious() -> None:
    words = sorted([*Verdict, "missing", "new"], key=rank)
    assert words[:4] == ["unexpected", "blocked", "missing", "undetermined"]
    assert words[-1] == "new"


@pytest.mark.parametrize(("paper", "side"), [(LIGHT, "light"), (DARK, "dark")])
def test_marks_can_be_read(paper: object, side: str) -> None:
    for look in COLOURED:
        assert contrast(getattr(look, side), paper.card) >= 4.5, look.word  # type: ignore[attr-defined]
    assert contrast(paper.muted, paper.page) >= 4.5  # type: ignore[attr-defined]
    assert contrast(paper.ink, paper.page) >= 7  # type: ignore[attr-defined]


@pytest.mark.parametrize("side", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_stay_apart_however_they_are_seen(sight: str, side: str) -> None:
    colours = {look.word: lab_colour(getattr(look, side), sight) for look in COLOURED}
    apart = {pair: np.linalg.norm(colours[pair[0]] - colours[pair[1]]) for pair in itertools.combinations(colours, 2)}
    assert min(apart.values()) > 12, min(apart, key=lambda pair: apart[pair])


@pytest.mark.parametrize("marks", [VERDICTS, STATUSES, BOOTS])
def test_marks_are_told_by_more_than_colour(marks: tuple[object, ...]) -> None:
    for field in ("symbol", "letter", "word"):
        assert len({getattr(look, field) for look in marks}) == len(marks)


def test_timeline_counts_every_flow_once() -> None:
    report = lab()
    counts = timeline.data(report)
    assert list(counts.columns) == [look.word for look in VERDICTS]
    assert counts.sum().to_dict() == {str(word): report.meta.verdicts.get(word, 0) for word in counts.columns}
    assert str(counts.index.dtype) == "datetime64[ns, UTC]"
    assert len(counts) <= timeline.BINS
    assert len(set(np.diff(counts.index.astype("int64")))) == 1


def test_timeline_places_flows() -> None:
    flows = [flow(0, "10.0.0.1/other", "10.0.0.2/other", "tcp/1", "blocked")]
    report = Report(meta(captures=(capture(end=59),)), frame(FLOW_COLUMNS, flows), *three_empty())
    counts = timeline.data(report)
    assert counts.index[0] == pd.Timestamp(START, tz="UTC")
    assert counts["blocked"].iloc[0] == 1
    assert counts.index[-1] <= pd.Timestamp(START + 59 * 10**9, tz="UTC") < counts.index[-1] + pd.Timedelta("2s")


def three_empty() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    none = empty()
    return none.findings, none.rows, none.boots


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([(0, 100)], []),
        ([(0, 40), (60, 100)], [(40, 60)]),
        ([(60, 100), (0, 40), (10, 20)], [(40, 60)]),
        ([(0, 70), (60, 100)], []),
        ([(0, 50), (50.1, 100)], []),
    ],
)
def test_gaps_are_the_times_when_nobody_captured(spans: list[tuple[float, float]], expected: list[object]) -> None:
    captures = tuple(capture(f"{number}.pcap", *span) for number, span in enumerate(spans))
    found = timeline.gaps(Report(meta(captures=captures), empty().flows, *three_empty()))
    seconds = ((found[side].astype("int64") - START) / 1e9 for side in ("start", "end"))
    assert list(zip(*seconds, strict=True)) == expected


def test_matrix_counts_pairs_of_roles() -> None:
    report = lab()
    counts = matrix.data(report)
    assert int(counts.to_numpy().sum()) == len(report.flows)
    assert counts.loc[("dpm-server", "managed-machine"), "blocked"] == 1
    assert counts.loc[("managed-machine", "dpm-server"), "unexpected"] == 2
    assert counts.index[0][0] == "dpm-server"
    assert counts.index[-1] == ("other", "other")


def test_coverage_has_a_status_for_each_row_and_machine() -> None:
    grid = coverage.data(lab())
    assert list(grid.index) == ["power-on", "shutdown", "boot-agent", "multicast"]
    assert list(grid.columns) == ["a1", "a2", "b1"]
    assert list(grid.loc["boot-agent"]) == ["missing", "not-exercised", "not-observable"]


def test_coverage_keeps_the_most_serious_status() -> None:
    report = lab()
    twice = pd.concat([report.rows, report.rows.assign(status="satisfied")], ignore_index=True)
    grid = coverage.data(Report(report.meta, report.flows, report.findings, twice, report.boots))
    assert grid.at["boot-agent", "a1"] == "missing"
    assert grid.at["multicast", "b1"] == "satisfied"


def test_coverage_counts_machines() -> None:
    counts = coverage.counts(fleet(machines=200, flows=20))
    assert (counts.sum(axis=1) == 200).all()
    assert list(counts.columns) == [look.word for look in STATUSES]


@pytest.mark.parametrize("chart", charts.CHARTS, ids=lambda chart: chart.name)
def test_data_of_an_empty_document_is_an_empty_table(chart: charts.Chart) -> None:
    assert chart.data(empty()).empty


@pytest.mark.parametrize("report", [empty(), lab(), hostile(), fleet(200, 500)], ids=["empty", "lab", "hostile", "200"])
@pytest.mark.parametrize("chart", charts.CHARTS, ids=lambda chart: chart.name)
def test_charts_are_the_same_bytes_every_time(chart: charts.Chart, report: Report) -> None:
    first, second = chart.figure(report), chart.figure(report)
    assert isinstance(first, Figure)
    assert charts.svg(first) == charts.svg(second)


def test_pictures_are_the_same_bytes_every_time() -> None:
    assert charts.files(lab()) == charts.files(lab())


def test_empty_charts_say_so() -> None:
    assert b"no flow in these captures" in charts.svg(timeline.figure(empty()))


def test_charts_do_not_depend_on_where_they_are_drawn(tmp_path: Path) -> None:
    settings = "font.size: 20\nfigure.facecolor: red\nsvg.fonttype: path\ntimezone: Asia/Tokyo\n"
    (tmp_path / "matplotlibrc").write_text(settings)
    script = "import sys; from analyzer import charts; from tests import reports; " + (
        "sys.stdout.buffer.write(charts.files(reports.lab())['charts/verdicts.svg'])"
    )
    elsewhere = {"TZ": "America/Lima", "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    drawn = run([sys.executable, "-c", script], cwd=tmp_path, env=elsewhere, capture_output=True, check=True)
    assert drawn.stdout == charts.files(lab())["charts/verdicts.svg"]


def test_files_carry_no_time_and_no_version(tmp_path: Path) -> None:
    paths = charts.save(lab(), tmp_path / "charts")
    assert [path.name for path in paths] == [
        f"{chart.name}.{kind}" for chart in charts.CHARTS for kind in ("svg", "png")
    ]
    for path in paths:
        content = path.read_bytes()
        assert b"atplotlib v" not in content
        assert b"dc:date" not in content
        if path.suffix == ".png":
            assert "Software" not in Image.open(io.BytesIO(content)).info


def test_hostile_names_are_text_in_a_chart() -> None:
    drawing = charts.svg(coverage.figure(hostile())).decode()
    assert "<script" not in drawing
    assert "\x1b" not in drawing
    assert "\u202e" not in drawing
    assert "&lt;script&gt;" in drawing


def test_no_chart_needs_pyplot() -> None:
    script = "import sys, analyzer.charts; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
