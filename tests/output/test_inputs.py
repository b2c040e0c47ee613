"""No command and no call replaces a file that it has read."""

from pathlib import Path
from shutil import copy

import pytest

from analyzer import analyze
from analyzer.errors import OutputError
from analyzer.output import inputs_below, write
from tests.program import ROOT, run

CAPTURE = ROOT / "sample_pcaps" / "lab" / "dirty_server.pcap"
SITE = ROOT / "sample_pcaps" / "lab" / "site.yaml"
EVIDENCE = b"Proto,Local Address\n"


REPORT = [("report.html", b"page"), ("report.json", b"{}"), ("flows.csv", b"flows")]


@pytest.fixture(autouse=True)
def _short_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report of three small files: to draw the charts of a whole one takes seconds."""
    monkeypatch.setattr("analyzer.render.everything", lambda *_: iter(REPORT))


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    """A folder with evidence of a host in a file with a name that reports have."""
    folder = tmp_path / "hosts"
    (folder / "charts").mkdir(parents=True)
    (folder / "flows.csv").write_bytes(EVIDENCE)
    return folder


def judged(*arguments: str | Path) -> int:
    return run("analyze", CAPTURE, "--no-dissect", "--fail-on", "none", "--quiet", *arguments).exit_code


def test_evidence_of_hosts_is_not_replaced(hosts: Path) -> None:
    for given in (hosts, hosts / "flows.csv"):
        assert judged("--host", given, "--out", hosts, "--force") == 2
        assert (hosts / "flows.csv").read_bytes() == EVIDENCE
        assert not (hosts / "report.json").exists()


def test_a_report_inside_the_evidence_is_written_again(hosts: Path) -> None:
    out = hosts / "report"
    assert judged("--host", hosts, "--out", out) == 0
    assert judged("--host", hosts, "--out", out, "--force") == 0
    (out / "flows.csv").write_bytes(EVIDENCE)
    assert judged("--host", hosts, "--out", out, "--force") == 2
    assert (out / "flows.csv").read_bytes() == EVIDENCE


def test_files_of_an_earlier_report_are_no_inputs(tmp_path: Path) -> None:
    out = tmp_path / "report"
    write(out, [("report.json", b"{}"), ("charts/a.svg", b"<svg/>")])
    (out / "mine.csv").write_bytes(b"mine")
    (tmp_path / "log.evtx").write_bytes(b"log")
    assert inputs_below([tmp_path], out) == [tmp_path / "log.evtx", out / "mine.csv"]
    (out / "charts" / "a.svg").write_bytes(b"changed")
    assert out / "charts" / "a.svg" in inputs_below([tmp_path], out)
    assert inputs_below([out / "report.json", tmp_path / "none"], tmp_path) == [out / "report.json"]


@pytest.mark.parametrize("again", [False, True], ids=["analysed", "judged again"])
@pytest.mark.parametrize("kind", ["capture", "site", "rules", "hosts"])
def test_a_run_does_not_replace_what_it_was_made_from(tmp_path: Path, kind: str, again: bool) -> None:
    file = tmp_path / "flows.csv"
    if kind == "hosts":
        file.write_bytes(EVIDENCE)
    else:
        source = {"capture": CAPTURE, "site": SITE, "rules": ROOT / "rules" / "oem-hitachi.yaml"}[kind]
        copy(source, file)
    content = file.read_bytes()
    made = analyze(
        file if kind == "capture" else CAPTURE,
        site=file if kind == "site" and not again else SITE,
        rules=file if kind == "rules" and not again else (),
        hosts=file if kind == "hosts" else (),
        dissect=False,
    )
    if again and kind == "site":
        made = made.judge(site=file)
    elif again and kind == "rules":
        made = made.judge(rules=file)
    elif again:
        made = made.judge(waivers=())
    with pytest.raises(OutputError, match="an input of the analysis"):
        made.save(tmp_path, force=True)
    assert file.read_bytes() == content
    assert not (tmp_path / "report.html").exists()
    made.save(tmp_path / "elsewhere")
