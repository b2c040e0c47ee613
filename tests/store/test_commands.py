"""The commands of a store, and the same in Python."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

import analyzer
from analyzer.errors import AnalyzerError, SiteError, StoreError
from analyzer.store.reporting import moment_of
from tests.command.test_command import files
from tests.program import run
from tests.stores import LAB, manifest_at, slices

SITE = LAB / "site.yaml"
CAPTURES = tuple(LAB / f"{name}.pcap" for name in ("dirty_server", "dirty_segA", "dirty_segB"))
CHECKED = ("--no-dissect", "--fail-on", "none", "-q")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the lab; tests that change it copy it."""
    store = tmp_path_factory.mktemp("made") / "store"
    for capture in CAPTURES:
        assert run("store", "add", store, capture, "-q").exit_code == 0
    return store


def test_what_adding_prints(tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert run("store", "add", store, *CAPTURES[:2]).stdout == "2 captures added\n"
    assert run("store", "add", store, *CAPTURES).stdout == "1 capture added; the store had 2 already\n"
    assert run("store", "add", store, *CAPTURES, "-q").stdout == ""
    (tmp_path / "folder").mkdir()
    shutil.copy(LAB / "clean_segB.pcap", tmp_path / "folder")
    (tmp_path / "folder" / "half.pcap").write_bytes(b"\xd4\xc3")
    result = run("store", "add", store, tmp_path / "folder")
    assert result.stdout == "1 capture added\n"
    assert "1 file could not be read" in result.stderr


def test_the_report_folder_is_that_of_analyze(made: Path, tmp_path: Path) -> None:
    assert run("store", "report", made, "--site", SITE, *CHECKED, "--out", tmp_path / "one").exit_code == 0
    assert run("analyze", *CAPTURES, "--site", SITE, *CHECKED, "--out", tmp_path / "two").exit_code == 0
    assert files(tmp_path / "one") == files(tmp_path / "two")
    again = run("store", "report", made, "--site", SITE, "--no-dissect", "--out", tmp_path / "one")
    assert (again.exit_code, "--force" in again.stderr) == (2, True)


def test_a_report_without_captures(tmp_path: Path) -> None:
    """Another profile judges again, and no capture is read."""
    folder = tmp_path / "captures"
    folder.mkdir()
    for capture in CAPTURES:
        shutil.copy(capture, folder)
    store = tmp_path / "store"
    assert run("store", "add", store, folder).exit_code == 0
    run("analyze", folder, *CHECKED, "--out", tmp_path / "two")
    shutil.rmtree(folder)
    assert run("store", "report", store, *CHECKED, "--out", tmp_path / "one").exit_code == 0
    assert files(tmp_path / "one") == files(tmp_path / "two")
    result = run("store", "report", store, "--no-dissect", "--max-flows", "5", "--out", tmp_path / "three")
    assert result.exit_code == 3
    assert "the store has to read this capture again, and cannot" in result.stderr


def test_exit_codes(made: Path, tmp_path: Path) -> None:
    out = ("--no-dissect", "--out", tmp_path / "out", "--force")
    assert run("store", "report", made, "--site", SITE, *out).exit_code == 1
    assert run("store", "report", made, "--site", SITE, "--fail-on", "none", *out).exit_code == 0
    for words, sentence in (
        ((tmp_path / "nothing",), "there is no store here: make one with store add"),
        ((made, "--site-name", "sita"), "no site 'sita': did you mean 'site'? the sites are site"),
        ((made, "--since", "tomorrow"), "--since: 'tomorrow' is no day and no time"),
        ((made, "--until", "2020-01-01"), "site 'site' has no capture of this time"),
        ((made, "--dissect-frames", "20001"), "--dissect-frames"),
    ):
        without = ("--out", tmp_path / "out", "--force")
        result = run("store", "report", *words, *without)
        assert (result.exit_code, sentence in result.stderr) == (2, True), result.stderr
        assert len(result.stderr.splitlines()) == 1
    assert run("store", "add", tmp_path / "store", "-").exit_code == 3
    other = run("store", "add", made, CAPTURES[0], "--outer")
    assert (other.exit_code, "this store was made without --outer" in other.stderr) == (2, True)
    assert run("store", "add", tmp_path / "store", CAPTURES[0], "--max-flows", "3").exit_code == 2


def test_sites_are_apart(tmp_path: Path) -> None:
    store = tmp_path / "store"
    run("store", "add", store, CAPTURES[0], "--site-name", "東京")
    run("store", "add", store, *CAPTURES[1:], "--site-name", "osaka")
    assert analyzer.Store(store).sites == ["osaka", "東京"]
    result = run("store", "report", store, *CHECKED, "--out", tmp_path / "out")
    assert (result.exit_code, "choose one of the sites with --site-name: osaka, 東京" in result.stderr) == (2, True)
    run("store", "report", store, *CHECKED, "--site-name", "東京", "--out", tmp_path / "one")
    run("analyze", CAPTURES[0], *CHECKED, "--out", tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_captures_of_a_time(tmp_path: Path) -> None:
    paths = []
    for number, piece in enumerate(slices(CAPTURES[0].read_bytes(), [150, 300])):
        paths.append(tmp_path / f"ring-{number}.pcap")
        paths[-1].write_bytes(piece)
    store = tmp_path / "store"
    run("store", "add", store, *paths)
    begins = [one.begin for one in sorted(manifest_at(store).captures, key=lambda one: one.path)]
    times = [datetime.fromtimestamp(begin // 1000 / 1e6, UTC).isoformat() for begin in begins]
    for words, chosen in ((("--until", times[2]), paths[:2]), (("--since", times[1], "--until", times[2]), paths[1:2])):
        run("store", "report", store, *CHECKED, *words, "--out", tmp_path / "one", "--force")
        run("analyze", *chosen, *CHECKED, "--out", tmp_path / "two", "--force")
        assert files(tmp_path / "one") == files(tmp_path / "two")
    assert manifest_at(store).tables == ()


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-02", 86_400 * 10**9),
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T09:00:01.5+09:00", 1_500_000_000),
        ("1969-12-31", -86_400 * 10**9),
    ],
)
def test_days_and_times(text: str, nanoseconds: int) -> None:
    assert moment_of(text, "--since") == nanoseconds


def test_names_of_vantages_keep_captures_apart(tmp_path: Path) -> None:
    first, second = slices(CAPTURES[0].read_bytes(), [200])
    paths = [tmp_path / "ring-1.pcap", tmp_path / "ring-2.pcap"]
    paths[0].write_bytes(first)
    paths[1].write_bytes(second)
    for names, chains in ((("a", "a"), 1), (("a", "b"), 2), (("", "b"), 2)):
        store = tmp_path / f"store-{chains}{''.join(names)}"
        for path, name in zip(paths, names, strict=True):
            run("store", "add", store, path, *(("--vantage", name) if name else ()))
        assert len(manifest_at(store).sites[0].chains) == chains


def test_the_same_in_python(made: Path, tmp_path: Path) -> None:
    store = analyzer.Store(tmp_path / "store")
    assert store.add(CAPTURES[0]).new == 1
    added = store.add(list(CAPTURES))
    assert (added.new, added.known, added.left_out, added.again) == (2, 1, 0, 0)
    assert store.sites == ["site"]
    with pytest.raises(StoreError, match="no site was judged yet"):
        store.flows()
    result = store.report(site=SITE, dissect=False)
    whole = analyzer.analyze(list(CAPTURES), site=SITE, dissect=False)
    assert result.report.meta == whole.report.meta
    assert result.flows.equals(whole.flows)
    flows = store.flows()
    assert set(flows["site"]) == {"site"}
    assert flows["flow"].tolist() == whole.flows["flow"].tolist()
    assert flows["ts"].tolist() == whole.flows["ts"].tolist()
    assert result.judge(waivers=[]).report.meta == whole.judge(waivers=[]).report.meta
    with pytest.raises(SiteError):
        store.report(site={"no": "profile"})
    with pytest.raises(AnalyzerError, match="no such"):
        analyzer.Store(made).report(expect="no such item", site=SITE)


def test_a_report_never_replaces_the_store(made: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(made, store)
    before = files(store)
    result = run("store", "report", store, "--no-dissect", "--out", store)
    assert result.exit_code == 2
    assert files(store) == before
