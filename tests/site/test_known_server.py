"""``--server``: the DPM Server is known, the other roles are inferred from it."""

import json
from pathlib import Path

import pytest

from analyzer.api import analyze
from analyzer.errors import AnalyzerError
from tests.packets import Host, Wire
from tests.program import run

BUSY, QUIET, MACHINE = (Host(f"10.9.0.{number}") for number in (1, 2, 20))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Two hosts act as DPM Server; without the option, the one with more flows is inferred."""
    wire = Wire()
    wire.boot(MACHINE, BUSY)
    wire.tcp(BUSY, 50000, MACHINE, 56010)
    wire.tcp(QUIET, 50000, MACHINE, 56010)
    wire.save(tmp_path / "a.pcap")
    return tmp_path / "a.pcap"


def roles(folder: Path) -> dict[str, list[str]]:
    meta = json.loads((folder / "report.json").read_text(encoding="utf-8"))["meta"]
    return {host["address"]: host["roles"] for host in meta["hosts"]}


def test_the_given_server_is_the_server(tmp_path: Path, capture: Path) -> None:
    run("analyze", "--no-dissect", capture, "--out", tmp_path / "without")
    shown = run("analyze", "--no-dissect", capture, "--server", "10.9.0.2", "--out", tmp_path / "with")
    assert "dpm-server" in roles(tmp_path / "without")["10.9.0.1"]
    assert roles(tmp_path / "with")["10.9.0.2"] == ["dpm-server"]
    assert "dpm-server" not in roles(tmp_path / "with").get("10.9.0.1", [])
    assert "The DPM Server was given (10.9.0.2)" in shown.stdout
    assert analyze(capture, dissect=False, server="10.9.0.2").findings.equals(
        analyze(capture, dissect=False, server="10.9.0.2").findings
    )


def test_a_drafted_profile_has_the_given_server(capture: Path) -> None:
    shown = run("site", "infer", capture, "--server", "10.9.0.2").stdout
    assert '    - "10.9.0.2"  # given as the DPM Server: row shutdown: 1 flow' in shown


def test_a_given_server_that_is_in_no_capture_is_not_judged(tmp_path: Path, capture: Path) -> None:
    result = run("analyze", "--no-dissect", capture, "--server", "10.9.0.77", "--out", tmp_path / "out")
    assert "NOT " in result.stdout.splitlines()[0]
    assert "10.9.0.77" not in roles(tmp_path / "out")


@pytest.mark.parametrize("text", ["nonsense", "10.9.0.0/24", "239.1.1.1", "0.0.0.0", "fe80::1%eth0", "::"])
def test_what_is_no_address_of_a_host_is_refused(tmp_path: Path, capture: Path, text: str) -> None:
    for words in (("analyze", "--no-dissect", capture, "--out", tmp_path / "out"), ("site", "infer", capture)):
        result = run(*words, "--server", text)
        assert result.exit_code == 2
        assert "is not the address of a host" in result.stderr


def test_a_profile_and_a_server_exclude_each_other(capture: Path) -> None:
    with pytest.raises(AnalyzerError, match="without a site profile"):
        analyze(capture, dissect=False, server="10.9.0.2", site="sample_pcaps/lab/site.yaml")
