"""Identifiers of a report: whole, by their beginning, and in every command that takes one."""

import re
from pathlib import Path

import pytest

from analyzer.errors import AnalyzerError
from analyzer.pipeline import load
from analyzer.report import Report
from analyzer.report.identifiers import SHOWN, find_identifier, short_findings
from tests.cases.hosts import SERVER6
from tests.packets import Host, Wire
from tests.program import run

LAB = Path("sample_pcaps/lab")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "out"
    captures = [LAB / f"dirty_{name}.pcap" for name in ("server", "segA", "segB")]
    run("analyze", "--no-dissect", *captures, "--site", LAB / "site.yaml", "--expect", "Network boot", "--out", out)
    return out


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    return load(folder)


def test_a_whole_identifier_and_its_beginning_name_the_same(report: Report) -> None:
    for kind, names in (("flow", report.flows["flow"]), ("finding", report.findings["finding"])):
        for name in names.head(5):
            assert find_identifier(report, name, "flow", "finding") == (kind, name)
            assert find_identifier(report, name[:9], "flow", "finding") == (kind, name)


def test_a_beginning_that_is_too_short_says_how_much_is_needed(report: Report) -> None:
    name = report.findings["finding"].iloc[0]
    with pytest.raises(AnalyzerError, match=r"needs 4 characters$"):
        find_identifier(report, name[:3], "flow", "finding")
    with pytest.raises(AnalyzerError, match=r"findings.csv lists them$"):
        find_identifier(report, "zzzz", "finding")


def test_an_identifier_of_another_kind_is_not_taken(report: Report) -> None:
    with pytest.raises(AnalyzerError, match=r"no finding .* findings.csv lists them"):
        find_identifier(report, report.flows["flow"].iloc[0], "finding")


@pytest.mark.parametrize("text", ["", "f", "n9z", "\x1b[31m", "nothing-begins-so"])
def test_what_names_nothing_is_a_sentence(report: Report, text: str) -> None:
    with pytest.raises(AnalyzerError, match=r"flows\.csv and findings\.csv list them"):
        find_identifier(report, text, "flow", "finding")


def test_a_beginning_of_several_names_them(report: Report) -> None:
    flows = report.flows.assign(flow=[f"fab12{number:08d}" for number in range(len(report.flows))])
    twice = Report(report.meta, flows, report.findings, report.rows, report.boots)
    with pytest.raises(AnalyzerError, match=r"begins \d+ identifiers .* fab1200000000, .* and \d+ more"):
        find_identifier(twice, "fab1", "flow")


def test_short_identifiers_are_different_and_are_found(report: Report) -> None:
    short = short_findings(report)
    assert set(short) == set(report.findings["finding"])
    assert len(set(short.values())) == len(short)
    assert min(map(len, short.values())) >= SHOWN
    assert all(find_identifier(report, beginning, "finding").name == name for name, beginning in short.items())


def test_explain_takes_a_finding(folder: Path, report: Report) -> None:
    lead = report.findings.iloc[0]
    assert (
        run("explain", folder, lead["finding"][:8]).stdout == run("explain", folder, lead["example_flow"]).stdout != ""
    )


def test_explain_begins_with_the_field_that_fails(folder: Path, report: Report) -> None:
    flow = report.flows[report.flows["reason"] == "client-port"].iloc[0]["flow"]
    short, whole = (run("explain", folder, flow, *more).stdout for more in ((), ("--all",)))
    assert short.splitlines()[1].startswith("  - client-port  fails  row: port 56030; flow: port ")
    assert "\nRows for other services: " in short
    assert "--all" in short
    assert "\n  power-on: " not in short
    assert "\nRows for other services:\n" in whole
    assert "\n  power-on: " in whole


def test_a_blocked_flow_has_a_waiver_too(folder: Path, report: Report) -> None:
    """As the page says of every finding with a flow."""
    blocked = report.findings[report.findings["verdict"] == "blocked"].iloc[0]
    assert "Until it works, add a waiver" in run("explain", folder, blocked["example_flow"]).stdout


def test_explain_takes_a_missing_row(folder: Path, report: Report) -> None:
    missing = report.findings[report.findings["verdict"] == "missing"].iloc[0]
    shown = run("explain", folder, missing["finding"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f"Row {missing['rule']} - ")


def test_extract_takes_the_beginning_of_a_finding(folder: Path, report: Report, tmp_path: Path) -> None:
    files = []
    for name in (report.findings["finding"].iloc[0], report.findings["finding"].iloc[0][:7]):
        run("extract", folder, LAB, "--finding", name, "-o", tmp_path / f"{name}.pcapng")
        files.append((tmp_path / f"{name}.pcapng").read_bytes())
    # The comment of the section has the words of the command; the packets after it are the same.
    assert files[0][-1000:] == files[1][-1000:]


def captures_of(version: str, folder: Path) -> tuple[list[Path], Path]:
    """Captures with findings, and their profile. The addresses of IPv6 are as long as addresses can be."""
    if version == "IPv4":
        return [LAB / f"dirty_{name}.pcap" for name in ("server", "segA", "segB")], LAB / "site.yaml"
    wire = Wire()
    for number in range(3):
        unknown = Host(f"2001:db8:aaaa:bbbb:cccc:dddd:eeee:fff{number}", "02:00:00:00:00:99")
        wire.segment(unknown, 50000, SERVER6, 3389, "S", seq=1)
        wire.segment(SERVER6, 3389, unknown, 50000, "SA", seq=9, ack=2)
    wire.save(folder / "capture.pcap")
    return [folder / "capture.pcap"], Path("tests/cases/site.yaml")


@pytest.mark.parametrize("columns", ["40", "60", "80", "100"])
@pytest.mark.parametrize("version", ["IPv4", "IPv6"])
def test_no_address_is_divided_and_the_last_line_is_the_next_command(
    columns: str, version: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    captures, site = captures_of(version, tmp_path)
    out = tmp_path / "out"
    lines = run("analyze", "--no-dissect", *captures, "--site", site, "--out", out).stdout.splitlines()
    assert lines[-1].startswith("Next: dpm-analyzer explain ")
    command = lines[-1].split()
    assert run(*command[2:]).exit_code == 0
    shown = re.findall(r"(\S+) -> (?:\w+ \()?([^\s)]+)", " ".join(" ".join(lines).split()))
    assert shown
    flows = load(out).flows
    ends = set(zip(flows["orig_h"], flows["resp_h"], strict=True))
    assert {(orig.strip("()"), resp) for orig, resp in shown} <= ends
    assert all(len(line) <= int(columns) for line in lines if "->" in line)
