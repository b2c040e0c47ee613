"""The Python interface, as a notebook or a program uses it: the same answers and the same sentences as the command."""

import asyncio
import gc
import html.parser
import io
import os
import re
import subprocess
import sys
import tempfile
import warnings
import weakref
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer import (
    AnalyzerError,
    CaptureError,
    DocumentError,
    OutputError,
    Report,
    RulesError,
    Run,
    SiteError,
    analyze,
    charts,
    load,
    progress,
)
from analyzer.api import Explanation, plot
from analyzer.report import to_json
from analyzer.text import visible
from tests import reports
from tests.program import ROOT
from tests.program import run as command
from tests.systems import in_a_name, posix

LAB = ROOT / "sample_pcaps" / "lab"
MADE = ROOT / "sample_pcaps" / "made"
DIRTY = sorted(LAB.glob("dirty_*.pcap"))
SITE, TRUTH = LAB / "site.yaml", LAB / "dirty_truth.tsv"


@pytest.fixture(scope="module")
def dirty() -> Run:
    return analyze(DIRTY, site=SITE, dissect=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the command writes for the same captures."""
    out = tmp_path_factory.mktemp("command") / "out"
    done = command("analyze", *DIRTY, "--site", SITE, "--no-dissect", "--out", out)
    assert done.exit_code == 1
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def public(thing: Any) -> list[str]:
    return sorted(name for name in vars(thing) if not name.startswith("_"))


def test_the_public_names_are_these() -> None:
    assert analyzer.__all__ == sorted(analyzer.__all__)
    assert analyzer.__all__ == [
        "AnalyzerError", "CaptureError", "DocumentError", "OutputError", "Report", "RulesError", "Run", "SiteError",
        "Store", "StoreError", "__version__", "analyze", "load",
    ]  # fmt: skip
    assert all(getattr(analyzer, name) is not None for name in analyzer.__all__)
    assert set(analyzer.__all__) <= set(dir(analyzer))
    assert public(Run) == [
        "attributions", "boots", "captures", "diff", "explain", "explain_row", "findings", "flows", "judge", "packets",
        "plot", "rows", "save",
    ]  # fmt: skip


def test_every_public_name_says_what_it_does() -> None:
    said = [
        analyze,
        load,
        Run,
        *(vars(Run)[name] for name in public(Run)),
        *(vars(plot.Plot)[name] for name in public(plot.Plot)),
    ]
    assert all(len(thing.__doc__) > 30 for thing in said)


def test_a_difference_says_what_is_new_and_what_is_gone(dirty: Run) -> None:
    assert not dirty.diff(dirty)
    segment = analyze(DIRTY[-1], site=SITE, dissect=False)
    there, back = dirty.diff(segment), segment.diff(dirty)
    assert there
    assert there.counts()["findings"]["gone"] > 0
    assert there.counts()["findings"]["gone"] == back.counts()["findings"]["new"]


def test_a_saved_run_is_what_the_command_writes(dirty: Run, folder: Path, tmp_path: Path) -> None:
    page = dirty.save(tmp_path / "out")
    assert page == tmp_path / "out" / "report.html"
    assert contents(tmp_path / "out") == contents(folder)


def test_a_folder_that_holds_something_is_refused(dirty: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.render.everything", lambda *_: iter((("report.html", b"page"),)))
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        dirty.save(tmp_path)
    assert contents(tmp_path) == {"mine.txt": b"mine"}
    dirty.save(str(tmp_path), force=True)
    assert set(contents(tmp_path)) == {"mine.txt", "report.html"}


def test_a_loaded_run_shows_the_same(dirty: Run, folder: Path) -> None:
    again = load(folder)
    assert to_json(again.report) == to_json(dirty.report)
    assert repr(again) == repr(dirty)
    assert again._repr_html_() == dirty._repr_html_()
    assert again.flows.equals(dirty.flows)


def test_it_shows_itself_as_the_command_shows_it(dirty: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    done = command("analyze", *DIRTY, "--site", SITE, "--no-dissect", "--out", tmp_path / "out")
    assert repr(dirty) == "\n".join(line.rstrip() for line in done.stdout.splitlines()[:-3])
    assert dirty.report.meta.headline in repr(dirty)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: analyze("nowhere.pcap"), CaptureError, ("analyze", "nowhere.pcap")),
        (lambda: analyze(DIRTY, site="nowhere.yaml"), SiteError, ("analyze", *DIRTY, "--site", "nowhere.yaml")),
        (lambda: analyze(DIRTY, site=TRUTH), SiteError, ("analyze", *DIRTY, "--site", TRUTH)),
        (lambda: analyze(DIRTY, rules="nowhere"), RulesError, ("analyze", *DIRTY, "--rules", "nowhere")),
        (lambda: analyze(DIRTY, site=SITE, expect="Teleport"), AnalyzerError,
         ("analyze", *DIRTY, "--site", SITE, "--expect", "Teleport")),
        (lambda: load("nowhere"), DocumentError, ("render", "nowhere")),
    ],
    ids=["capture", "site", "wrong site", "rules", "expect", "load"],
)  # fmt: skip
def test_errors_are_the_sentences_of_the_command(call: Any, error: Any, words: Any, tmp_path: Path) -> None:
    with pytest.raises(error) as raised:
        call()
    options = ("--out", tmp_path / "out") if words[0] == "analyze" else ()
    done = command(*words, *options)
    assert (done.exit_code, done.stderr.rstrip("\n")) == (raised.value.exit_code, str(raised.value))


def test_a_wrong_profile_is_reported_with_line_and_column(tmp_path: Path) -> None:
    profile = tmp_path / "site.yaml"
    profile.write_text("version: 1\nname: x\ndpm_server:\n  addresses: [10.0.0.300]\n")
    with pytest.raises(SiteError, match=r"site\.yaml:4:15: dpm_server\.addresses\[0\]: "):
        analyze(DIRTY, site=profile)


def test_explaining_a_flow_is_what_the_command_says(dirty: Run, folder: Path) -> None:
    finding = dirty.findings.iloc[0]
    name = finding["example_flow"]
    line = dirty.flows.set_index("flow", drop=False).loc[name]
    said = command("explain", folder, name, "--all").stdout
    assert said.startswith(name)
    for given in (name, line, finding):
        assert str(dirty.explain(given)) == dirty.explain(given).text == said
    assert repr(dirty.explain(name)) == said.rstrip("\n")


def test_explaining_a_row_is_what_the_command_says(dirty: Run, folder: Path) -> None:
    line = dirty.rows[dirty.rows["machine"] != ""].iloc[0]
    said = command("explain", folder, "--row", line["rule"], "--machine", line["machine"]).stdout
    assert dirty.explain_row(line).text == dirty.explain_row(line["rule"], line["machine"]).text == said
    assert dirty.explain_row(line["rule"]).text == command("explain", folder, "--row", line["rule"]).stdout != said


def test_what_is_not_there_is_explained_as_the_command_does(dirty: Run, folder: Path) -> None:
    with pytest.raises(AnalyzerError) as flow:
        dirty.explain("f00")
    assert command("explain", folder, "f00").stderr.rstrip("\n") == str(flow.value)
    with pytest.raises(AnalyzerError) as row:
        dirty.explain_row("teleport")
    assert command("explain", folder, "--row", "teleport").stderr.rstrip("\n") == str(row.value)
    with pytest.raises(AnalyzerError, match="identifier of a flow"):
        dirty.explain(dirty.rows.iloc[0])
    with pytest.raises(AnalyzerError, match="no chart 'pie'; choose from timeline, "):
        dirty.plot.data("pie")


class Tags(html.parser.HTMLParser):
    """Every tag and attribute of a piece of HTML, whether all are closed, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


SHOWN = {"b", "code", "details", "div", "li", "ol", "pre", "small", "span", "summary", "time", "ul"}
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e\x1b[31m&amp;"


@pytest.mark.parametrize("report", [reports.hostile(), reports.lab(), reports.empty(), reports.fleet(50, 500)])
def test_a_page_in_a_notebook_is_plain(report: Report) -> None:
    page = Tags(Run(report)._repr_html_())
    assert page.tags <= SHOWN
    assert page.attributes <= {"style", "class", "role", "aria-label", "aria-hidden", "open"}
    assert not page.open
    assert visible(report.meta.headline)[:100] in page.text


def test_hostile_names_are_text(tmp_path: Path) -> None:
    capture = tmp_path / in_a_name("a<script>alert(1)<!--\u202e.pcap")
    capture.write_bytes(b"".join([(LAB / "dirty_segA.pcap").read_bytes()[:-5]]))
    site = {
        "version": 1, "name": HOSTILE, "dpm_server": {"addresses": ["192.168.0.1"]},
        "managed_machines": [{"name": HOSTILE + "m", "address": "192.168.0.21"}], "expect": ["Network boot"],
    }  # fmt: skip
    run = analyze(capture, site=site, dissect=False)
    for shown in (
        run._repr_html_(),
        run.explain(run.flows.iloc[0])._repr_html_(),
        run.explain_row("boot-agent")._repr_html_(),
    ):
        page = Tags(shown)
        assert page.tags <= SHOWN
        assert "\u202e" not in shown
        assert "\x1b" not in shown
    assert "\x1b" not in repr(run)
    assert capture.name.partition("\u202e")[0] in Tags(run._repr_html_()).text


def test_an_explanation_shows_all_of_its_text_and_no_markup() -> None:
    text = "one <b>\n  two\n\nthree\n\nfour &amp;\n\nfive\n"
    whole = Explanation(text, shown=2)._repr_html_()
    assert "<b>" not in whole
    blocks = [unescape(block) for block in re.findall(r"<pre[^>]*>(.*?)</pre>", whole, re.DOTALL)]
    assert blocks == ["one <b>\n  two\n\nthree", "four &amp;\n\nfive\n"]
    assert whole.index("<details>") < whole.index("five")
    assert "<details>" not in Explanation(text)._repr_html_()
    assert str(Explanation(text, shown=2)) == text


def test_charts_are_those_of_the_report_folder(dirty: Run, folder: Path) -> None:
    names = {here: plot.NAMES.get(here, here) for here in public(plot.Plot) if here not in ("data", "alt_text")}
    assert sorted(names.values()) == sorted(chart.name for chart in charts.CHARTS)
    for here, there in names.items():
        assert charts.svg(getattr(dirty.plot, here)()) == (folder / "charts" / f"{there}.svg").read_bytes()
        assert dirty.plot.data(here).equals(plot.CHARTS[here].data(dirty.report))
        assert dirty.plot.alt_text(here)
        assert f"{here}()" in repr(dirty.plot)


def test_a_chart_shows_itself_once_and_does_not_change_pyplot(dirty: Run) -> None:
    chart = dirty.plot.timeline()
    assert chart._repr_svg_().encode() == charts.svg(chart)  # type: ignore[attr-defined]
    picture, size = chart._repr_png_()  # type: ignore[attr-defined]
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 50_000
    assert size["width"] == 960
    with io.BytesIO() as written:
        chart.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
        assert written.getvalue() == charts.svg(chart)
    script = (
        "import analyzer, sys; from tests import reports; analyzer.Run(reports.lab()).plot.timeline()._repr_svg_(); "
        + ("sys.exit('matplotlib.pyplot' in sys.modules)")
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_a_line_of_progress_is_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    observed: list[tuple[str, int]] = []
    analyze(DIRTY[0], dissect=False, progress=lambda name, octets: observed.append((name, octets)))
    assert (DIRTY[0].name, DIRTY[0].stat().st_size) in observed
    analyze(DIRTY[0], dissect=False)
    analyze(DIRTY[0], dissect=False, progress=True)
    assert capfd.readouterr() == ("", "")


def test_progress_below_a_cell_is_one_line() -> None:
    shown: list[str] = []
    clock = iter([0.0, 0.0, 0.1, 1.0, 1.1, 2.0])
    cell = progress.NotebookLine(shown.append, {"a.pcap": 4_000_000}, lambda: next(clock))
    for name, octets in (("a.pcap", 0), ("a.pcap", 1_000_000), ("a.pcap", 4_000_000), ("judging\x1b", 0)):
        cell.update(name, octets)
    cell.end()
    assert shown == ["a.pcap", "a.pcap: 4 MB of 4 MB", "judging\\x1b", "4 MB in 2 s"]


def test_nothing_holds_a_run_that_is_gone() -> None:
    run = analyze(DIRTY[0], dissect=False)
    assert len(run.flows)
    run._repr_html_()
    inquiry = run._inquiry
    assert inquiry is not None
    parts = [weakref.ref(part) for part in (run, inquiry.evidence, inquiry.evidence.table.records, run.report)]
    del run, inquiry
    gc.collect()
    assert [part() for part in parts] == [None] * 4


def children() -> set[str]:
    """The processes that this one started and did not wait for; none where the system does not list them."""
    return {number for listed in Path("/proc/self/task").glob("*/children") for number in listed.read_text().split()}


@pytest.fixture
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No temporary folder and no process may be left behind."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    before = children()
    yield
    assert not list((tmp_path / "temporary").iterdir())
    # Tests before may have left a process for the whole run, such as multiprocessing's resource tracker.
    assert children() <= before


@pytest.mark.usefixtures("tshark", "nothing_left")
class TestPackets:
    """The packets of flows, by pyshark."""

    def test_they_are_those_that_the_flow_counts(self, dirty: Run) -> None:
        run = analyze(DIRTY[0], dissect=False)
        own, seen_twice = (
            one.flows[(one.flows["proto"] == "tcp") & (one.flows["outcome"] == "established")].iloc[0]
            for one in (run, dirty)
        )
        observed = run.packets(own)
        assert len(observed) == own["orig_pkts"] + own["resp_pkts"]
        # Captured at several vantages, it comes once from each of them.
        assert len(dirty.packets(seen_twice)) > seen_twice["orig_pkts"] + seen_twice["resp_pkts"]
        assert {packet.tcp.srcport for packet in observed} == {str(own["orig_p"]), str(own["resp_p"])}
        assert observed[0].sniff_timestamp.startswith(str(own["ts"].value // 10**9))

    def test_they_come_inside_a_running_loop(self, dirty: Run) -> None:
        async def cell() -> list[Any]:
            return dirty.packets(dirty.findings["example_flow"][0])

        assert len(asyncio.run(cell())) >= 1

    def test_a_finding_has_those_of_all_its_flows(self, dirty: Run) -> None:
        many = dirty.findings.sort_values("flows").iloc[-1]
        assert len(dirty.packets(many)) >= many["pkts"] > 0

    def test_a_loaded_run_is_given_the_folder_of_its_captures(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = load(folder)
        name = run.flows["flow"][0]
        assert run.packets(name, LAB)
        monkeypatch.chdir(LAB)
        assert run.packets(name)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(CaptureError, match="3 captures of this report are not among the files of"):
            run.packets(name)

    def test_captures_are_found_wherever_the_program_goes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(LAB)
        run = analyze("dirty_segB.pcap", dissect=False)
        monkeypatch.chdir(tmp_path)
        assert run.packets(run.flows.iloc[0])

    def test_the_first_are_said_to_be_the_first(self, dirty: Run) -> None:
        long = dirty.flows.sort_values("orig_pkts").iloc[-1]
        count = int(long["orig_pkts"] + long["resp_pkts"])
        with pytest.warns(UserWarning, match=r"first 3 of \d+ packets"):
            assert len(dirty.packets(long, first=3)) == 3
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert len(dirty.packets(long, first=None)) >= count

    def test_a_transfer_is_read_as_tftp(self) -> None:
        run = analyze(MADE / "boot_complete.pcap", dissect=False)
        transfer = next(flow for flow, seen in run.report.meta.observations.items() if "request" in seen)
        assert all("TFTP" in packet for packet in run.packets(transfer))

    def test_what_is_not_there_is_said_first(self, dirty: Run) -> None:
        with pytest.raises(AnalyzerError, match=r"no flow 'f00' in this report; flows\.csv lists them"):
            dirty.packets("f00")

    def test_a_changed_capture_is_refused(self, tmp_path: Path) -> None:
        capture = tmp_path / "a.pcap"
        capture.write_bytes(DIRTY[0].read_bytes())
        run = analyze(capture, dissect=False)
        capture.write_bytes(DIRTY[1].read_bytes())
        with pytest.raises(CaptureError, match="not among the files of"):
            run.packets(run.flows.iloc[0])


def script(folder: Path, body: str) -> str:
    path = folder / "tshark"
    path.write_text(f"#!/bin/sh\necho $$ > {folder}/pid\n{body}\n")
    path.chmod(0o755)
    return str(folder)


@posix("scripts of sh stand in for tshark; tests/operating_system/test_processes.py has programs that Windows starts")
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("sleep 100", "time limit was reached after 0 of"),
        ("exit 3", "tshark failed with exit code 3"),
        ("echo '<pdml>'; echo '<packet></packet>'; sleep 100", "Dissection stopped after 0 of|time limit was reached"),
        ("head -c 100000 /dev/urandom", "tshark ended after 0 of"),
    ],
)  # fmt: skip
def test_a_tshark_that_misbehaves_is_ended(
    body: str, complaint: str, dirty: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{script(tmp_path, body)}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(AnalyzerError, match=complaint):
        dirty.packets(dirty.flows.iloc[0], seconds=1)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_without_tshark_there_are_no_packets(dirty: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AnalyzerError, match="tshark was not found"):
        dirty.packets(dirty.flows.iloc[0])
