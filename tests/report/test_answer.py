"""The answer of a report: its decision table, its place in every output, and the exit code that follows it."""

import json
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from analyzer.capture.frame import Aside
from analyzer.errors import DocumentError
from analyzer.explain.agreement import require_agreement
from analyzer.pipeline import load
from analyzer.render import FORMATS
from analyzer.report import Capture, from_json
from analyzer.report.answer import ANSWERS, AnswerFacts, answer_of, frames_not_read
from analyzer.values import Answer
from tests import capfile as cap
from tests.packets import EVERYBODY, Host, Wire
from tests.program import run

SERVER, MACHINE, OTHER, DHCP = (Host(f"10.9.0.{number}") for number in (1, 20, 30, 40))
JUDGED = AnswerFacts(flows=9, judged=5, findings=0, unfinished=0, server=True, unread=0)
SITE = """\
version: 1
name: answers
segments: [{name: lan, cidr: 10.9.0.0/24}]
dpm_server: {addresses: [10.9.0.1]}
dhcp: {servers: [10.9.0.1]}
managed_machines: [{name: m1, address: 10.9.0.20}]
"""


@pytest.mark.parametrize(
    ("changes", "answer", "code"),
    [
        ({}, Answer.COMPLIANT, ""),
        ({"flows": 0, "judged": 0, "server": False}, Answer.NOT_JUDGED, "no-flow"),
        ({"server": False}, Answer.NOT_JUDGED, "no-server"),
        ({"judged": 0}, Answer.NOT_JUDGED, "no-verdict"),
        ({"unread": 1}, Answer.NOT_JUDGED, "unread"),
        ({"findings": 1}, Answer.NOT_COMPLIANT, ""),
        ({"unfinished": 1}, Answer.NOT_COMPLIANT, ""),
        ({"findings": 1, "server": False, "judged": 0, "unread": 4}, Answer.NOT_COMPLIANT, ""),
    ],
)
def test_the_first_line_that_holds_gives_the_answer(changes: dict[str, Any], answer: Answer, code: str) -> None:
    found = answer_of(JUDGED._replace(**changes))
    assert (found.answer, found.code) == (answer, code)


def test_each_reason_of_not_judged_is_a_line_of_its_own() -> None:
    codes = [rule.code for rule in ANSWERS if rule.answer is Answer.NOT_JUDGED]
    assert all(codes)
    assert len(set(codes)) == len(codes)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE, encoding="utf-8")
    return path


def wire_of(answer: Answer) -> Wire:
    wire = Wire()
    if answer is Answer.NOT_JUDGED:
        wire.tcp(OTHER, 50001, DHCP, 445)
    else:
        wire.ping(SERVER, MACHINE)
    if answer is Answer.NOT_COMPLIANT:
        wire.tcp(OTHER, 50001, SERVER, 3389)
    return wire


@pytest.mark.parametrize(("answer", "code"), [(Answer.COMPLIANT, 0), (Answer.NOT_COMPLIANT, 1), (Answer.NOT_JUDGED, 4)])
def test_every_output_begins_with_the_answer(tmp_path: Path, site: Path, answer: Answer, code: int) -> None:
    capture, out = tmp_path / "a.pcap", tmp_path / "out"
    wire_of(answer).save(capture)
    result = run("analyze", "--no-dissect", capture, "--site", site, "--out", out)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (code, answer)
    lines = run("analyze", "--no-dissect", capture, "--site", site, "--out", tmp_path / "again", "--json-lines").stdout
    assert json.loads(lines.splitlines()[0])["answer"] == answer
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["meta"]["answer"] == answer
    assert (out / "report.md").read_text(encoding="utf-8").startswith(f"# {answer}: ")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"<title>{answer}: " in page
    assert page.index(f">{answer}<") < page.index("<h1>")
    log = json.loads((out / "report.sarif").read_text(encoding="utf-8"))
    assert log["runs"][0]["properties"]["answer"] == answer
    assert run("render", out, "--format", "xlsx").exit_code == 0
    with CalamineWorkbook.from_path(str(out / "report.xlsx")) as book:
        assert book.get_sheet_by_name("answer").to_python()[0][0] == answer
    # The first page of the PDF: tests/render/test_pdf.py.
    assert {form.name for form in FORMATS} == {"html", "md", "json", "csv", "parquet", "charts", "sarif", "xlsx", "pdf"}


def test_not_judged_is_no_matter_of_fail_on(tmp_path: Path, site: Path) -> None:
    capture = tmp_path / "a.pcap"
    wire_of(Answer.NOT_JUDGED).save(capture)
    result = run("analyze", "--no-dissect", capture, "--site", site, "--fail-on", "none", "--out", tmp_path / "out")
    assert result.exit_code == 4


def test_frames_of_a_foreign_link_make_a_strict_run_incomplete(tmp_path: Path, site: Path) -> None:
    wire = wire_of(Answer.COMPLIANT)
    wire.save(tmp_path / "a.pcap")
    content = (tmp_path / "a.pcap").read_bytes()
    (tmp_path / "a.pcap").write_bytes(content[:20] + (178).to_bytes(4, "little") + content[24:])
    words = ("analyze", "--no-dissect", tmp_path / "a.pcap", "--site", site, "--out", tmp_path / "out")
    assert run(*words).exit_code == 4
    assert run(*words, "--force", "--strict").exit_code == 3


@pytest.mark.parametrize("finished", [True, False])
def test_a_boot_counts_as_unfinished_unless_its_client_boots_later(
    tmp_path: Path, site: Path, *, finished: bool
) -> None:
    wire = Wire()
    blank = Host("0.0.0.0", MACHINE.mac)
    wire.dhcp(blank, EVERYBODY, "discover", MACHINE)
    wire.dhcp(SERVER, EVERYBODY, "offer", MACHINE)
    wire.dhcp(blank, EVERYBODY, "request", MACHINE)
    wire.dhcp(SERVER, EVERYBODY, "nak", MACHINE, yiaddr="0.0.0.0")
    wire.wait(90)
    if finished:
        wire.boot(MACHINE, SERVER)
    wire.wait(90)
    wire.ping(SERVER, MACHINE)
    wire.save(tmp_path / "a.pcap")
    out = tmp_path / "out"
    run("analyze", "--no-dissect", tmp_path / "a.pcap", "--site", site, "--out", out)
    meta = json.loads((out / "report.json").read_text(encoding="utf-8"))["meta"]
    assert [boot["unfinished"] for boot in meta["boots"]] == ([False, False] if finished else [True])


def test_what_fail_on_excludes_does_not_make_a_run_judged(tmp_path: Path, site: Path) -> None:
    """A stranger's flow to a machine is a finding; no flow of the DPM Server was captured."""
    wire = Wire()
    wire.tcp(OTHER, 50001, MACHINE, 3389)
    wire.save(tmp_path / "a.pcap")
    words = ("analyze", "--no-dissect", tmp_path / "a.pcap", "--site", site, "--force", "--out", tmp_path / "out")
    assert run(*words).exit_code == 1
    assert run(*words, "--fail-on", "missing").exit_code == 4


def test_frames_beyond_the_limit_of_flows_are_not_judged(tmp_path: Path, site: Path) -> None:
    wire = wire_of(Answer.NOT_COMPLIANT)
    wire.save(tmp_path / "a.pcap")
    words = ("analyze", "--no-dissect", tmp_path / "a.pcap", "--site", site, "--force", "--out", tmp_path / "out")
    assert run(*words).exit_code == 1
    result = run(*words, "--max-flows", "1")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (4, Answer.NOT_JUDGED)


@pytest.mark.parametrize("reason", [Aside.ENCAPSULATED, Aside.ENCRYPTED, Aside.DEEP, Aside.OVER])
def test_frames_that_may_hide_flows_are_counted(reason: Aside) -> None:
    unread = {"x": 3} if reason is Aside.ENCAPSULATED else {}
    assert frames_not_read(capture_with({reason.word: 3}, unread)) == 3


@pytest.mark.parametrize(("cut", "hidden"), [(1, 0), (2, 2), (20, 20)])
def test_headers_that_are_cut_in_several_frames_may_hide_flows(cut: int, hidden: int) -> None:
    assert frames_not_read(capture_with({Aside.CUT_SHORT.word: cut}, {})) == hidden


def test_few_cut_headers_of_many_frames_hide_nothing() -> None:
    one = capture_with({Aside.CUT_SHORT.word: 2}, {})
    assert frames_not_read(one.model_copy(update={"frames": 300, "in_flows": 298})) == 0


def test_frames_of_a_foreign_link_hide_no_flow() -> None:
    assert frames_not_read(capture_with({Aside.LINK_TYPE.word: 3, Aside.ARP.word: 9}, {"usb": 3})) == 0


def capture_with(accounted: dict[str, int], unread: dict[str, int]) -> Capture:
    return Capture(
        name="a", sha256="0" * 64, size=1, format="pcap", link_types=("ethernet",), vantage=1, first_ts=1, last_ts=2,
        frames=20, in_flows=20 - sum(accounted.values()), accounted=accounted, snapped=0, unread=unread,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [("answer", "COMPLIANT"), ("not_judged", "unread"), ("scope", "All.")])
def test_an_answer_that_was_changed_is_refused(tmp_path: Path, site: Path, name: str, value: str) -> None:
    wire_of(Answer.NOT_COMPLIANT).save(tmp_path / "a.pcap")
    out = tmp_path / "out"
    run("analyze", "--no-dissect", tmp_path / "a.pcap", "--site", site, "--out", out)
    text = (out / "report.json").read_text(encoding="utf-8")
    document = json.loads(text)
    document["meta"][name] = value
    require_agreement(from_json(text), "report.json")
    with pytest.raises(DocumentError, match="damaged or changed"):
        require_agreement(from_json(json.dumps(document)), "report.json")


def test_a_capture_without_times_is_loaded_again(tmp_path: Path, site: Path) -> None:
    """Simple packet blocks have no time."""
    packets = [cap.simple_packet(record) for record in cap.converse("ShADadFfA")]
    (tmp_path / "a.pcapng").write_bytes(cap.section() + cap.interface() + b"".join(packets))
    run("analyze", "--no-dissect", tmp_path / "a.pcapng", "--site", site, "--out", tmp_path / "out")
    assert load(tmp_path / "out").meta.captures[0].undated == len(packets)
