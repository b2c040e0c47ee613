"""The charts: the data behind each, their bytes, and colours that people can distinguish."""

import io
import itertools
import re
import sys
from html import unescape
from pathlib import Path
from subprocess import run
from xml.dom import minidom

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from analyzer import charts
from analyzer import pipeline as api
from analyzer.charts import causes, clock, coverage, ladder, matrix, ranked, timeline, vantages, volume
from analyzer.palette import BOOTS, DARK, LIGHT, STATUSES, VERDICTS, mark
from analyzer.report import BOOT_COLUMNS, FLOW_COLUMNS, ROW_COLUMNS, Report, Sighting
from analyzer.values import BootStatus, Status, Verdict, severity
from tests.program import ROOT
from tests.program import run as program
from tests.reports import START, capture, empty, fleet, flow, frame, hostile, lab, meta, when

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


def lab_colour(colour: str, view: str) -> NDArray[np.float64]:
    seen = np.clip(SIGHTS[view] @ linear(colour), 0, 1)
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
    words = sorted([*Verdict, "missing", "new"], key=severity)
    assert words[:4] == ["unexpected", "blocked", "missing", "undetermined"]
    assert words[-1] == "new"


@pytest.mark.parametrize(("paper", "side"), [(LIGHT, "light"), (DARK, "dark")])
def test_marks_can_be_read(paper: object, side: str) -> None:
    for look in COLOURED:
        assert contrast(getattr(look, side), paper.card) >= 4.5, look.word  # type: ignore[attr-defined]
    assert contrast(paper.muted, paper.page) >= 4.5  # type: ignore[attr-defined]
    assert contrast(paper.ink, paper.page) >= 7  # type: ignore[attr-defined]


@pytest.mark.parametrize("side", ["light", "dark"])
@pytest.mark.parametrize("view", SIGHTS)
def test_colours_stay_apart_however_they_are_seen(view: str, side: str) -> None:
    colours = {look.word: lab_colour(getattr(look, side), view) for look in COLOURED}
    apart = {pair: np.linalg.norm(colours[pair[0]] - colours[pair[1]]) for pair in itertools.combinations(colours, 2)}
    assert min(apart.values()) > 12, min(apart, key=lambda pair: apart[pair])


@pytest.mark.parametrize("marks", [VERDICTS, STATUSES, BOOTS])
def test_marks_are_reported_by_more_than_colour(marks: tuple[object, ...]) -> None:
    for field in ("symbol", "letter", "word"):
        assert len({getattr(look, field) for look in marks}) == len(marks)


def test_timeline_counts_every_flow_once() -> None:
    report = lab()
    counts = timeline.data(report)
    assert list(counts.columns) == [look.word for look in VERDICTS]
    assert counts.sum().to_dict() == {str(word): report.meta.verdicts.get(word, 0) for word in counts.columns}
    assert str(counts.index.dtype) == "datetime64[ns, UTC]"
    assert len(counts) <= clock.BINS
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
def test_gaps_are_the_times_in_which_no_file_has_a_frame(
    spans: list[tuple[float, float]], expected: list[object]
) -> None:
    captures = tuple(capture(f"{number}.pcap", *span) for number, span in enumerate(spans))
    found = timeline.gaps(Report(meta(captures=captures), empty().flows, *three_empty()))
    seconds = ((found[side].astype("int64") - START) / 1e9 for side in ("start", "end"))
    assert list(zip(*seconds, strict=True)) == expected


def test_silence_between_files_is_not_called_a_missing_capture() -> None:
    captures = (capture("0.pcap", 0, 40), capture("1.pcap", 60, 100))
    flows = [flow(0, "10.0.0.1/other", "10.0.0.2/other", "tcp/1", "blocked")]
    report = Report(meta(captures=captures), frame(FLOW_COLUMNS, flows), *three_empty())
    assert timeline.alt_text(report).endswith("between files no frame was captured.")


def test_matrix_counts_pairs_of_roles() -> None:
    report = lab()
    counts = matrix.data(report)
    assert int(counts.to_numpy().sum()) == len(report.flows)
    assert counts.loc[("dpm-server", "managed-machine"), "blocked"] == 1
    assert counts.loc[("managed-machine", "dpm-server"), "unexpected"] == 2
    assert counts.index[0][0] == "dpm-server"
    assert counts.index[-1] == ("other", "other")


@pytest.mark.parametrize(
    ("pairs", "end"),
    [
        ([3], "1 of them has unexpected flows: other to managed-machine (3 flows)."),
        ([1, 2], "2 of them have unexpected flows: most from other to dpm-server (2 flows)."),
        ([2, 2, 1], ": most from other to dpm-server and from other to managed-machine (2 flows each)."),
        ([2, 2, 2, 1], "4 of them have unexpected flows: at most 2 flows each (3 pairs)."),
        ([1, 1], "2 of them have unexpected flows: 1 flow each."),
    ],
)
def test_matrix_names_the_pair_with_most_unexpected_flows_only_if_there_is_one(pairs: list[int], end: str) -> None:
    roles = ("managed-machine", "dpm-server", "image-builder", "other")
    ends = [role for role, count in zip(roles, pairs, strict=False) for _ in range(count)]
    lines = [
        flow(number, "10.0.0.1/other", f"10.0.0.2/{role}", "tcp/1", "unexpected") for number, role in enumerate(ends)
    ]
    report = Report(meta(), frame(FLOW_COLUMNS, lines), *three_empty())
    assert matrix.alt_text(report).endswith(end)


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


def of(flows: list[dict[str, object]], **more: object) -> Report:
    """A document of these flows alone."""
    return Report(meta(**more), frame(FLOW_COLUMNS, flows), *three_empty())


def test_machines_of_the_same_statuses_share_a_column() -> None:
    rows = [
        {"rule": rule, "machine": f"m{number:02d}", "status": "missing" if number == 7 else "satisfied"}
        for rule in ("power-on", "shutdown")
        for number in range(30)
    ]
    report = Report(meta(), empty().flows, empty().findings, frame(ROW_COLUMNS, rows), empty().boots)
    shared = coverage.columns(report)
    assert [len(group) for group in shared.values()] == [29, 1]
    assert shared["m07"] == ["m07"]
    few = Report(report.meta, report.flows, report.findings, report.rows[report.rows["machine"] < "m10"], report.boots)
    assert list(coverage.columns(few).values()) == [[f"m0{number}"] for number in range(10)]


def test_boots_are_reported_by_the_time_since_their_start() -> None:
    boots = ladder.data(lab())
    assert list(boots["boot"]) == ["a1", "a2"]
    assert list(boots["tftp"]) == [1_600_000_000, 2_000_000_000]
    assert list(boots["agent"]) == [-1, 2_400_000_000]
    assert list(boots["stalled_at"]) == ["agent", ""]
    assert boots["started"].iloc[0] == pd.Timestamp(when(60))


def test_boots_are_counted_by_stage() -> None:
    counts = ladder.counts(fleet(200, 20))
    assert dict(counts.loc["tftp"]) == {"reached": 200, "stalled": 0, "median": 18 * 10**8, "slowest": 2 * 10**9}
    assert list(counts.loc["agent", ["reached", "stalled"]]) == [100, 100]


def test_of_many_boots_those_that_stalled_are_shown_of_every_stage() -> None:
    stages = {"discover": when(0), "offer": when(1)}
    boots = [{"machine": f"m{number}", "started": when(0), "status": "complete", **stages} for number in range(50)]
    boots += [{"machine": "no-offer", "started": when(0), "status": "stalled", "stalled_at": "offer"}]
    boots += [{"machine": "no-file", "started": when(0), "status": "stalled", "stalled_at": "tftp", **stages}]
    report = Report(meta(), empty().flows, empty().findings, empty().rows, frame(BOOT_COLUMNS, boots))
    shown = ladder.worst(ladder.data(report))
    assert list(shown["boot"])[:2] == ["no-offer", "no-file"]
    assert len(shown) == ladder.WORST
    drawing = charts.svg(ladder.figure(report)).decode()
    assert "no-file" in drawing
    assert "m49" not in drawing
    assert "52 boot attempts: 50 complete, 2 stalled." in drawing


def test_a_boot_that_got_to_the_stage_where_it_stalled_has_one_text_there() -> None:
    times = {"discover": when(0), "offer": when(1), "tftp": when(3)}
    boots = [{"machine": "m", "started": when(0), "status": "stalled", "stalled_at": "tftp", **times}]
    report = Report(meta(), empty().flows, empty().findings, empty().rows, frame(BOOT_COLUMNS, boots))
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", charts.svg(ladder.figure(report)).decode())
    assert [text for text in texts if text.startswith(("+", "\u2298"))] == [
        "+0 s",
        "+1 s",
        "\u2298 stalled",
    ]


def test_unexpected_services_are_ranked_and_what_was_stopped_is_reported() -> None:
    services = ranked.data(lab())
    assert sorted(services.index) == ["tcp/3389", "tcp/445", "tcp/56010", "tcp/56030", "tcp/56050"]
    assert list(services.loc["tcp/56010", ["through", "stopped"]]) == [0, 1]
    assert list(services.loc["tcp/3389", ["through", "stopped", "originators", "responders", "bytes"]]) == [
        *(1, 0, 1, 1, 1960)
    ]
    scan = [flow(number, "10.0.0.9/other", f"10.0.1.{number}/other", "tcp/22", "unexpected") for number in range(20)]
    first = ranked.data(of([*scan, flow(99, "10.0.0.9/other", "10.0.1.1/other", "tcp/23", "unexpected")])).iloc[0]
    assert first.to_dict() == {"through": 20, "stopped": 0, "originators": 1, "responders": 20, "bytes": 20 * 1960}


def test_more_services_than_the_chart_has_room_for_are_one_bar() -> None:
    flows = [flow(port, "10.0.0.9/other", "10.0.1.1/other", f"tcp/{port}", "unexpected") for port in range(1, 101)]
    drawing = charts.svg(ranked.figure(of(flows))).decode()
    assert "85 others" in drawing
    assert "100 unexpected flows of 100 services" in drawing


def test_blocked_flows_are_counted_by_cause() -> None:
    grid = causes.data(lab())
    assert grid.loc[("shutdown", "tcp/56010"), "no-reply"] == 1
    assert grid.loc[("image-builder", "tcp/56023"), "refused"] == 1
    assert int(grid.to_numpy().sum()) == 2
    assert list(grid.columns) == ["refused", "no-reply", "admin-prohibited", "unreachable"]


def test_a_cause_that_nobody_knows_is_counted_too() -> None:
    report = of([flow(1, "10.0.0.1/other", "10.0.0.2/other", "tcp/1", "blocked", reason="gremlins")])
    assert causes.data(report)["other"].tolist() == [1]
    assert "1 other" in causes.alt_text(report)


def test_bytes_are_spread_over_a_flow_and_none_is_lost() -> None:
    long = flow(0, "10.0.0.1/other", "10.0.0.2/other", "tcp/9", "unexpected", ts=when(10), duration="20.000000")
    long |= {"orig_ip_bytes": 1001, "resp_ip_bytes": 0}
    report = of([long], captures=(capture(end=59),))
    row = volume.data(report).iloc[0]
    assert row.name == ("tcp/9", "unexpected")
    assert int(row.sum()) == 1001
    going = row[row > 0]
    assert going.index[0] == pd.Timestamp(when(10))
    assert pd.Timestamp(when(30)) - pd.Timedelta("2s") <= going.index[-1] <= pd.Timestamp(when(30))
    assert going.max() - going.min() <= 2


def test_a_large_flow_stands_first_and_small_services_are_one_line() -> None:
    flows = [
        flow(number, "10.0.0.1/other", "10.0.0.2/other", f"tcp/{number}", "expected", orig_ip_bytes=100 + number)
        for number in range(1, 31)
    ]
    theft = flow(40, "10.0.0.66/other", "203.0.113.9/other", "tcp/443", "unexpected", orig_ip_bytes=40 * 10**9)
    report = of([*flows, theft | {"duration": "600.000000"}])
    grid = volume.data(report)
    assert grid.index[0] == ("tcp/443", "unexpected")
    assert grid.index[-1] == ("other", "")
    assert len(grid) == volume.MOST + 1
    sums = report.flows["orig_ip_bytes"].sum() + report.flows["resp_ip_bytes"].sum()
    assert int(grid.to_numpy().sum()) == sums
    observed = volume.alt_text(report)
    assert "10.0.0.66 to 203.0.113.9, tcp/443, 40 GB" in observed
    assert "40 GB in all" in observed


def test_where_vantages_differ() -> None:
    captures = (capture("server.pcap"), capture("floor.pcap", vantage=2), capture("floor2.pcap", vantage=2))
    sightings = (
        Sighting(seen=("both", ""), verdict="expected", flows=5),
        Sighting(seen=("both", ""), verdict="blocked", flows=2),
        Sighting(seen=("both", "originator"), verdict="expected", flows=1),
        Sighting(seen=(), verdict="expected", flows=9),
    )
    report = Report(meta(captures=captures, sightings=sightings), empty().flows, *three_empty())
    grid = vantages.data(report)
    assert list(grid.index.names) == ["server.pcap", "floor.pcap and 1 more"]
    assert grid.index.tolist() == [("both", ""), ("both", "originator"), ("?", "?")]
    assert grid.sum(axis=1).tolist() == [7, 1, 9]
    assert grid["blocked"].tolist() == [2, 0, 0]
    assert "2 blocked flows did not reach every vantage" in vantages.alt_text(report)
    assert "for 1, one vantage captured one side" in vantages.alt_text(report)


def test_the_document_says_where_flows_were_seen(tmp_path: Path) -> None:
    folder = ROOT / "sample_pcaps" / "lab"
    out = tmp_path / "out"
    names = ("dirty_segA.pcap", "dirty_segB.pcap")
    program("analyze", "--no-dissect", *(folder / name for name in names), "--site", folder / "site.yaml", "--out", out)
    report = api.load(out)
    grid = vantages.data(report)
    assert list(grid.index.names) == list(names)
    assert grid.sum().to_dict() == {str(word): report.meta.verdicts[word] for word in grid.columns}
    observed = report.flows["detail"].str.contains("Captured in dirty_segA.pcap.*not in dirty_segB.pcap")
    single = [key[1] == "" for key in grid.index]
    assert 0 < observed.sum() <= grid.to_numpy()[single].sum()


@pytest.mark.parametrize(
    ("seconds", "first", "second"),
    [
        (0.05, "00:00:00.000\n2024-06-01", "00:00:00.010"),
        (50, "00:00:00\n2024-06-01", "00:00:10"),
        (3600, "00:00\n2024-06-01", "00:10"),
        (86400, "00:00\n2024-06-01", "06:00"),
        (21 * 86400, "2024-06-02", "2024-06-06"),
    ],
)
def test_ticks_are_round_times(seconds: float, first: str, second: str) -> None:
    found = clock.ticks(START, START + round(seconds * 1e9), 8)
    assert [text for _, text in found[:2]] == [first, second]
    assert 2 <= len(found) <= 8
    assert len({later - sooner for (sooner, _), (later, _) in itertools.pairwise(found)}) == 1


def test_the_day_stands_under_its_first_tick() -> None:
    texts = [text for _, text in clock.ticks(START - 3600 * 10**9, START + 3600 * 10**9, 8)]
    assert [text for text in texts if "\n" in text] == ["23:00\n2024-05-31", "00:00\n2024-06-01"]


@pytest.mark.parametrize("last", [0, 1, 10**9, 10**15, 2**63 - 2])
def test_intervals_hold_every_time(last: int) -> None:
    borders = clock.edges(0, last)
    assert borders[0] <= 0
    assert borders[-1] > last
    assert 2 <= len(borders) <= clock.BINS + 1
    assert (np.diff(borders) > 0).all()


@pytest.mark.parametrize("chart", charts.CHARTS, ids=lambda chart: chart.name)
def test_every_chart_says_in_a_sentence_what_it_shows(chart: charts.Chart) -> None:
    for report in (empty(), lab(), fleet(200, 500)):
        observed = chart.alt_text(report)
        assert observed.endswith(".")
        assert observed == chart.alt_text(report)
    drawing = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", charts.svg(chart.figure(lab())).decode()))
    if not chart.data(lab()).empty:
        assert unescape(drawing).find(chart.alt_text(lab())) > 0


@pytest.mark.parametrize("chart", charts.CHARTS, ids=lambda chart: chart.name)
def test_a_chart_of_many_machines_stays_small(chart: charts.Chart) -> None:
    assert len(charts.svg(chart.figure(fleet(200, 5000)))) < 300_000


@pytest.mark.parametrize("chart", charts.CHARTS, ids=lambda chart: chart.name)
def test_hostile_text_is_text_in_every_chart(chart: charts.Chart) -> None:
    drawing = charts.svg(chart.figure(hostile())).decode()
    minidom.parseString(drawing)
    assert not [part for part in ("<script", "<img", "\x1b", "\u202e", "\u2028", "mathtext") if part in drawing]
    assert not [part for part in ("\x1b", "\u202e", "\n") if part in chart.alt_text(hostile())]


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
    assert b"No flow in these captures" in charts.svg(timeline.figure(empty()))


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
