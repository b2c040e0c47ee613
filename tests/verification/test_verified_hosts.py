"""``verify --host``: a report with evidence of hosts is what its captures and this evidence give."""

import shutil
from pathlib import Path

import pytest
from click.testing import Result

from tests.program import ROOT, run

LAB = ROOT / "sample_pcaps" / "hosts"
RECORDED = LAB / "recorded"
EVIDENCE = ("wrong-server.txt", "wrong-a1.txt", "wrong-console.txt")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts and Parquet are left out: they take longer than all the rest."""
    from analyzer.render import files_of  # noqa: PLC0415

    monkeypatch.setattr(
        "analyzer.render.everything",
        lambda report, *_rest: [file for name in ("json", "csv") for file in files_of(name, report).items()],
    )


def evidence(folder: Path) -> Path:
    """A copy of the evidence, in a folder."""
    copy = folder / "evidence"
    copy.mkdir()
    for name in EVIDENCE:
        shutil.copy(RECORDED / name, copy)
    return copy


def analyze(folder: Path, hosts: Path, *options: str) -> Path:
    report = folder / "report"
    run(
        "analyze", RECORDED / "wrong.pcap", "--site", LAB / "site.yaml", "--host", hosts, "--no-dissect", "-q",
        "--out", report, *options,
    )  # fmt: skip
    return report


def verified(report: Path, *options: str | Path) -> Result:
    return run("verify", report, RECORDED, *options)


@pytest.mark.parametrize(
    "clocks",
    [
        [],
        ["--host-clock", "wrong-server.txt=+1s"],
        ["--host-clock", "WRONG-SERVER=-9h"],
        ["--host-clock", "nobody=+1h"],
        ["--host-clock", "nobody=+1h", "--host-clock", "wrong-a1=+0s"],
    ],
    ids=["measured", "by file", "by name", "of nobody", "of nobody and of one"],
)
def test_an_honest_report_is_what_its_evidence_gives(tmp_path: Path, clocks: list[str]) -> None:
    hosts = evidence(tmp_path)
    result = verified(analyze(tmp_path, hosts, *clocks), "--host", hosts)
    assert (result.exit_code, result.stdout) == (0, "")


def test_the_files_may_be_named_one_by_one(tmp_path: Path) -> None:
    hosts = evidence(tmp_path)
    report = analyze(tmp_path, hosts)
    options = [word for name in sorted(EVIDENCE) for word in ("--host", hosts / name)]
    assert verified(report, *options).exit_code == 0


def test_without_the_evidence_it_cannot_be_verified(tmp_path: Path) -> None:
    result = verified(analyze(tmp_path, evidence(tmp_path)))
    assert result.exit_code == 2
    assert "--host" in result.stderr


def test_changed_evidence_is_found_out(tmp_path: Path) -> None:
    hosts = evidence(tmp_path)
    report = analyze(tmp_path, hosts)
    server = hosts / EVIDENCE[0]
    server.write_text(server.read_text().replace('"nc.exe"', '"bkressvc.exe"'))
    result = verified(report, "--host", hosts)
    assert result.exit_code == 1
    assert "meta.host_evidence.files" in result.stdout
    assert "program_evidence" in result.stdout


def test_a_file_that_is_not_given_is_found_out(tmp_path: Path) -> None:
    hosts = evidence(tmp_path)
    report = analyze(tmp_path, hosts)
    (hosts / EVIDENCE[1]).unlink()
    assert verified(report, "--host", hosts).exit_code == 1
