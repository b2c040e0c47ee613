"""All sites of a store at once: the report of each, and an overview."""

import csv
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import analyzer
from analyzer.errors import CaptureError, OutputError, StoreError
from analyzer.render import everything
from analyzer.render.overview import csv as tables
from analyzer.render.overview import html
from analyzer.render.overview.facts import Earlier, KnownFinding, Overview, SiteFacts, changes, site_facts
from analyzer.render.overview.trend import trend_of
from analyzer.report import FINDING_COLUMNS
from analyzer.report.folder import MARKER
from analyzer.store.reporting import judge_site
from tests.command.test_command import files
from tests.program import run
from tests.reports import HOSTILE, fleet, frame, hostile
from tests.store.test_profiles import profile
from tests.stores import LAB, manifest_at

QUICK = ("--all", "--no-dissect")
QUIET = (*QUICK, "--fail-on", "none", "-q")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three sites; tests that change it copy it."""
    store = tmp_path_factory.mktemp("made") / "store"
    for site, capture in (("nagoya", "clean_server"), ("osaka", "dirty_server"), ("tokyo", "dirty_segA")):
        run("store", "add", store, LAB / f"{capture}.pcap", "--site-name", site, "-q")
    return store


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "store")
    return tmp_path / "store"


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_reports_of_all_sites_and_what_is_new(store: Path, tmp_path: Path) -> None:
    out, osaka = tmp_path / "out", profile(tmp_path, "osaka")
    first = run("store", "report", store, *QUICK, "--site", osaka, "--out", out)
    assert first.exit_code == 1
    assert first.stdout.splitlines() == [
        "3 sites: 3 NOT COMPLIANT",
        "0 new findings since the last report of each site",
        f"Overview: {out / 'overview.html'}",
    ]
    assert "2 sites judged without a profile" in first.stderr
    # Each site has the folder that store report gives it.
    words = ("--no-dissect", "--fail-on", "none", "-q", "--out", tmp_path / "one")
    run("store", "report", store, "--site-name", "osaka", "--site", osaka, *words)
    assert files(out / "sites" / "osaka") == files(tmp_path / "one")
    sites = {line["site"]: line for line in lines(out / "sites.csv")}
    assert {name: line["profile"] for name, line in sites.items()} == {"osaka": "osaka", "tokyo": "", "nagoya": ""}
    assert {line["new"] for line in sites.values()} == {""}
    for name, line in sites.items():
        run_of_site = analyzer.load(out / "sites" / name)
        verdicts = run_of_site.flows["verdict"].astype(str).value_counts()
        assert {word: int(line[word]) for word in verdicts.index} == verdicts.to_dict()
        days = {day["day"] for day in lines(out / "days.csv") if day["site"] == name}
        assert days == set(run_of_site.flows["ts"].dt.strftime("%Y-%m-%d"))
    shared = {(line["kind"], line["value"]): line["names"] for line in lines(out / "unknown-hosts.csv")}
    assert shared["address", "192.168.0.66"] == shared["mac", "02:00:00:00:00:66"] == "osaka; tokyo"
    # A capture more at one site: only what it adds is new, and only there.
    before = analyzer.load(out / "sites" / "nagoya").findings
    run("store", "add", store, LAB / "dirty_segB.pcap", "--site-name", "nagoya", "-q")
    assert run("store", "report", store, *QUIET, "--site", osaka, "--out", out, "--force").exit_code == 0
    new = lines(out / "new.csv")
    after = analyzer.load(out / "sites" / "nagoya").findings
    assert {line["site"] for line in new} == {"nagoya"}
    assert 0 < len(new) <= len(after)
    assert len(new) >= len(after) - len(before)
    # And nothing is new when nothing was added.
    run("store", "report", store, *QUIET, "--site", osaka, "--out", out, "--force")
    assert lines(out / "new.csv") == []
    assert {line["new"] for line in lines(out / "sites.csv")} == {"0"}


def test_all_sites_in_python(store: Path, tmp_path: Path) -> None:
    """The same files as those of the command, and the same errors."""
    osaka = profile(tmp_path, "osaka")
    asked, again = analyzer.Store(store), tmp_path / "store-of-the-command"
    shutil.copytree(store, again)
    page = asked.report_all(tmp_path / "python", sites=osaka, dissect=False)
    assert page == tmp_path / "python" / "overview.html"
    run("store", "report", again, *QUIET, "--site", osaka, "--out", tmp_path / "command")
    assert files(tmp_path / "python") == files(tmp_path / "command")
    assert set(asked.flows()["site"]) == {"nagoya", "osaka", "tokyo"}
    with pytest.raises(OutputError, match="is not empty"):
        asked.report_all(tmp_path / "python", sites=[osaka])
    with pytest.raises(StoreError, match="no such site"):
        asked.report_all(tmp_path / "other", sites=[profile(tmp_path, "osako")], dissect=False)
    with pytest.raises(ValueError, match="workers: 0"):
        asked.add(LAB, workers=0)
    assert not (tmp_path / "other").exists()


def test_written_whole_or_not_at_all(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full at the second site leaves neither a part of the reports nor a changed store."""
    out = tmp_path / "out"
    before, whole = files(store), everything
    given = []

    def full(*words: object) -> object:
        given.append(words)
        if len(given) == 2:
            raise OSError(28, "No space left on device")
        return whole(*words)  # type: ignore[call-overload]  # the words are those of the caller

    monkeypatch.setattr("analyzer.api.all_sites.everything", full)
    result = run("store", "report", store, *QUIET, "--out", out)
    assert (result.exit_code, "No space left on device" in result.stderr) == (2, True)
    assert not out.exists()
    assert files(store) == before
    assert manifest_at(store).tables == ()


def test_a_site_that_cannot_be_judged_is_named(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, judge = tmp_path / "out", judge_site

    def failing(root: Path, selection: object, *words: object) -> object:
        if getattr(selection, "site", "") in broken:
            raise CaptureError("gone.pcap: this capture is not there")
        return judge(root, selection, *words)  # type: ignore[arg-type]  # the words are those of the caller

    broken = {"osaka"}
    monkeypatch.setattr("analyzer.api.all_sites.judge_site", failing)
    result = run("store", "report", store, *QUICK, "--fail-on", "none", "--out", out)
    assert result.exit_code == 3
    assert "osaka: not judged: gone.pcap: this capture is not there" in result.stderr
    listed = {line["site"]: line for line in lines(out / "sites.csv")}
    assert (listed["osaka"]["answer"], listed["osaka"]["report"]) == ("NO REPORT", "")
    assert not (out / "sites" / "osaka").exists()
    assert "gone.pcap: this capture is not there" in (out / "overview.html").read_text()
    assert {one.site for one in manifest_at(store).tables} == {"nagoya", "tokyo"}
    broken |= {"nagoya", "tokyo"}
    result = run("store", "report", store, *QUIET, "--out", tmp_path / "none")
    assert (result.exit_code, (tmp_path / "none").exists()) == (3, False)


def test_options_of_one_site_and_profiles_of_no_site(store: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "out")
    for words in (
        ("--site-name", "osaka"),
        ("--since", "2026-01-01"),
        ("--until", "2026-01-01"),
        ("--server", "192.0.2.1"),
        ("--json-lines",),
    ):
        result = run("store", "report", store, "--all", *words, *out)
        assert (result.exit_code, f"{words[0]} is for one site" in result.stderr) == (2, True), result.stderr
        assert ("comparing reports" in result.stderr) == (words[0] in {"--since", "--until"})
    result = run("store", "report", store, "--all", "--site", profile(tmp_path, "osako"), *out)
    assert (result.exit_code, "no such site: did you mean 'osaka'?" in result.stderr) == (2, True), result.stderr
    assert not (tmp_path / "out").exists()
    assert run("store", "report", store, *QUIET, *out).exit_code == 0
    assert (tmp_path / "out" / "SHA256SUMS").exists()
    assert not (tmp_path / "out" / MARKER).exists()
    again = run("store", "report", store, *QUIET, *out)
    assert (again.exit_code, "--force" in again.stderr) == (2, True)


def overview() -> Overview:
    """Sites with text of strangers in every place."""
    report, earlier = hostile(), Earlier(hostile().findings.iloc[:0], "2026-01-01T00:00:00Z")
    sites = [site_facts(name, f"sites/{name}", report, earlier) for name in ("one", "two")]
    new = tuple(KnownFinding(text, text, text, text, text, text, text, text, 1, text, text, text) for text in HOSTILE)
    broken = [SiteFacts(text, problem=text) for text in HOSTILE]
    return Overview("1", [*sites, *broken, SiteFacts("three", "a", "COMPLIANT", new=new)])


def test_text_of_strangers_is_escaped() -> None:
    page = html.text(overview())
    assert not any(text in page for text in HOSTILE if "<" in text)
    assert "<img" not in page
    assert page.count("<script>") == 1
    assert "\x1b" not in page
    assert "style=" not in page
    for name, content in tables.files(overview()).items():
        text = content.decode()
        assert "\x1b" not in text, name
        assert not any(line.startswith(("=", "+", "@")) for line in text.splitlines()), name


def test_a_finding_is_the_same_at_another_address_and_time() -> None:
    named = {"orig_h": "192.0.2.1", "orig_name": "a1", "flows": 3, "first_seen": "2026-01-01T00:00:00Z"}
    moved = {"orig_h": "192.0.2.9", "orig_name": "a1", "flows": 5, "first_seen": "2026-02-01T00:00:00Z"}
    other = {"orig_h": "192.0.2.9", "orig_name": "a2"}
    before, after = frame(FINDING_COLUMNS, [named]), frame(FINDING_COLUMNS, [moved, other])
    new, gone = changes("osaka", after, before)
    assert [one.orig for one in new] == ["a2"]
    assert gone == 0
    assert changes("osaka", before, after)[1] == 1


def test_rows_and_hosts_of_many_sites() -> None:
    rows = [
        {("a", ""): Counter({"satisfied": 1}), ("b", ""): Counter({"missing": 2}), ("c", ""): Counter({"blocked": 1})},
        {("a", ""): Counter({"missing": 3}), ("b", ""): Counter({"missing": 1}), ("c", ""): Counter({"satisfied": 9})},
    ]
    for one in rows:
        one["d", ""] = Counter({"not-applicable": 4})
    many = Overview("1", [SiteFacts(str(number), rows=one) for number, one in enumerate(rows)])
    assert [(row.rule, row.machines["missing"], row.sites["missing"]) for row in many.unsatisfied] == [("b", 3, 2)]


def test_a_trend_needs_two_days_and_shows_the_last_three_months() -> None:
    assert trend_of({}) is None
    assert trend_of({"2026-03-01": Counter(unexpected=1), "": Counter(unexpected=9)}) is None
    trend = trend_of(
        {"1970-01-01": Counter(blocked=10**9), "2026-03-01": Counter(unexpected=1), "2026-03-02": Counter(expected=4)}
    )
    assert trend is not None
    assert (len(trend.days), trend.days[-1].day, trend.most, trend.earlier) == (92, "2026-03-02", 1, 1)
    assert sum(len(day.bars) for day in trend.days) == 1
    assert trend.summary == "1 unexpected and 0 blocked flows from 2025-12-01 to 2026-03-02, the most on 2026-03-01."
    none = trend_of({"2026-03-01": Counter(expected=1), "2026-03-03": Counter(expected=4)})
    assert none is not None
    assert (len(none.days), none.most) == (3, 0)
    assert none.summary == "0 unexpected and 0 blocked flows from 2026-03-01 to 2026-03-03."


def test_a_thousand_sites_stay_a_small_page() -> None:
    one = site_facts("x", "sites/x", fleet(50, 200), None)
    page = html.text(Overview("1", [replace(one, name=f"site-{n}") for n in range(1000)]))
    assert page.count("<tr><th") < 4000
    assert len(page) < 4_500_000


def test_a_damaged_store_is_one_error(store: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store here"):
        analyzer.Store(tmp_path / "no").report()
    run("store", "report", store, *QUIET, "--out", tmp_path / "out")
    for path in store.glob("tables/*/*/findings.parquet"):
        path.write_bytes(b"x")
    result = run("store", "report", store, *QUIET, "--out", tmp_path / "again")
    assert (result.exit_code, "damaged" in result.stderr, (tmp_path / "again").exists()) == (2, True, False)


def test_pandas_reads_the_tables(store: Path, tmp_path: Path) -> None:
    run("store", "report", store, *QUIET, "--out", tmp_path / "out")
    for name in ("sites", "new", "days", "unsatisfied", "unknown-hosts"):
        assert list(pd.read_csv(tmp_path / "out" / f"{name}.csv").columns)
