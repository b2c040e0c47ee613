"""The order of danger, and what to do next: every reason has a place and an advice, and every output has both."""

import itertools
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.messages.english import sentence
from analyzer.report.advice import advice_of, boot_advice
from analyzer.report.danger import DANGERS, danger_order, danger_place, flow_danger_order
from analyzer.values import LADDER, Reason, Role, Status, Verdict
from tests.program import read_table, run

LAB = Path("sample_pcaps/lab")


@pytest.mark.parametrize(
    ("kinds", "order"),
    [
        ([("client-port", "other", "other"), ("no-row", "managed-machine", "other")], [1, 0]),
        ([("role", "managed-machine", "dpm-server"), ("client-port", "other", "dpm-server")], [1, 0]),
        ([("internal-only", "managed-machine", "dpm-server"), ("executable", "dpm-server", "other")], [1, 0]),
        ([("role", "dpm-server", "other"), ("direction", "dpm-server", "other")], [1, 0]),
        ([("role", "dpm-server", "other"), ("role", "dpm-server", "other")], [0, 1]),
    ],
)
def test_the_more_dangerous_comes_first(kinds: list[tuple[str, str, str]], order: list[int]) -> None:
    lines = [("unexpected", *kind) for kind in kinds]
    findings = pd.DataFrame(lines, columns=["verdict", "reason", "orig_role", "resp_role"])
    assert danger_order(findings, [{"established": 1}] * len(lines)).tolist() == order


def test_stopped_ones_come_after_those_that_got_service_but_not_after_other_verdicts() -> None:
    lines = [("blocked", "refused"), ("unexpected", "client-port"), ("unexpected", "no-row"), ("missing", "")]
    findings = pd.DataFrame(lines, columns=["verdict", "reason"]).assign(orig_role="other", resp_role="other")
    outcomes = [{"refused": 1}, {"established": 1}, {"refused": 2}, {}]
    assert danger_order(findings, outcomes).tolist() == [1, 2, 0, 3]


def test_a_contradicted_program_is_first_even_when_it_was_stopped() -> None:
    lines = [("unexpected", "no-row"), ("unexpected", "executable")]
    findings = pd.DataFrame(lines, columns=["verdict", "reason"]).assign(orig_role="other", resp_role="dpm-server")
    assert danger_order(findings, [{"established": 1}, {"refused": 1}]).tolist() == [1, 0]


def test_flows_have_the_order_of_the_findings_and_the_others_that_of_the_table() -> None:
    lines = [
        ("expected", "", "other", "dpm-server", "established"),
        ("blocked", "refused", "dpm-server", "managed-machine", "refused"),
        ("unexpected", "client-port", "managed-machine", "dpm-server", "established"),
        ("unexpected", "no-row", "other", "dpm-server", "refused"),
        ("unexpected", "role", "other", "dpm-server", "established"),
        ("expected", "", "managed-machine", "dpm-server", "partial"),
        ("expected", "", "other", "dpm-server", "established"),
    ]
    flows = pd.DataFrame(lines, columns=["verdict", "reason", "orig_role", "resp_role", "outcome"])
    assert flow_danger_order(flows).tolist() == [4, 2, 3, 1, 0, 5, 6]
    assert flow_danger_order(flows[:0]).tolist() == []


def test_every_kind_of_danger_can_occur() -> None:
    words = [*(reason.value for reason in Reason), ""]
    roles = [role.value for role in Role]
    assert {danger_place(*kind) for kind in itertools.product(words, roles, roles)} == set(range(len(DANGERS)))


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_words_of_a_foreign_document_have_a_place(reason: str, orig: str, resp: str) -> None:
    assert 0 <= danger_place(reason, orig, resp) < len(DANGERS)


def test_every_reason_has_an_advice_of_its_own() -> None:
    kinds = [("unexpected", reason.value) for reason in Reason] + [(Status.MISSING.value, "")]
    advices = [sentence(advice) for kind in kinds if (advice := advice_of(*kind))]
    assert len(set(advices)) == len(kinds)
    assert advice_of(Verdict.EXPECTED.value, "") is None


def test_every_output_has_the_order_and_the_advice(tmp_path: Path) -> None:
    out = tmp_path / "the report"
    captures = (LAB / "dirty_server.pcap", LAB / "dirty_segA.pcap")
    run("analyze", "--no-dissect", *captures, "--site", LAB / "site.yaml", "--out", out)
    findings = read_table(out / "findings.csv")
    first = findings.iloc[0]
    assert (first["orig_role"], first["verdict"]) == ("other", "unexpected")
    results = json.loads((out / "report.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert [result["properties"]["finding"] for result in results] == findings["finding"].tolist()
    advice = advice_of(first["verdict"], first["reason"])
    assert advice is not None
    assert results[0]["properties"]["next"] == sentence(advice)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f">dpm-analyzer explain DIR {first['example_flow']}</code>" in page
    assert f">dpm-analyzer extract DIR --finding {first['finding']} -o evidence.pcapng</code>" in page
    assert "Next: " in (out / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("stage", LADDER[1:])
def test_every_stage_at_which_a_boot_stalls_has_an_advice(stage: str) -> None:
    advice = boot_advice({"stalled_at": stage})
    assert advice
    assert len(sentence(advice)) > 60


@pytest.mark.parametrize("stage", ["", "discover", "nonsense"])
def test_other_stages_have_none(stage: str) -> None:
    assert boot_advice({"stalled_at": stage}) is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"stalled_at": "tftp", "tftp": "", "files": ""}, "did not ask for a boot file"),
        (
            {"stalled_at": "tftp", "tftp": "2026-02-02T02:40:03Z", "files": "a (stopped)"},
            "The boot file did not arrive",
        ),
        ({"stalled_at": "tftp", "tftp": "", "files": "a (no answer)"}, "The boot file did not arrive"),
        ({"stalled_at": "ack", "ack": "2026-02-02T02:40:03Z"}, "the machine did not use it"),
        ({"stalled_at": "ack", "ack": ""}, "The address was not confirmed"),
    ],
)
def test_the_advice_for_a_boot_does_not_contradict_its_stages(row: dict[str, str], said: str) -> None:
    """A machine that asked for no file needs no file on the server."""
    advice = boot_advice(row)
    assert advice
    assert said in sentence(advice)


def test_a_boot_that_stalled_has_its_next_step_in_every_output_for_people(tmp_path: Path) -> None:
    made, out = Path("sample_pcaps/made"), tmp_path / "out"
    capture = made / "boot_tftp_error.pcap"
    shown = run("analyze", "--no-dissect", capture, "--site", made / "site.yaml", "--out", out).stdout
    page, ticket = ((out / f"report.{kind}").read_text(encoding="utf-8") for kind in ("html", "md"))
    for text in (shown, page, ticket):
        assert "the server has the file" in " ".join(text.split())
    for text in (page, ticket):
        assert "1 boot did not finish: see" in text
    *_, last = shown.splitlines()
    assert last.startswith("Next: dpm-analyzer explain ")
    explained = run(*last.removeprefix("Next: dpm-analyzer ").split())
    assert explained.exit_code == 0
    assert "row: " in explained.stdout


@pytest.mark.parametrize("capture", ["lab/clean_segB.pcap", "made/boot_complete.pcap"])
def test_where_nothing_is_found_the_next_step_is_about_what_was_not_captured(capture: str, tmp_path: Path) -> None:
    path = Path("sample_pcaps") / capture
    shown = run("analyze", "--no-dissect", path, "--site", path.parent / "site.yaml", "--out", tmp_path / "o")
    hidden = re.search(r"(\d+) rows could not be observed\. Capture where their traffic passes", one_line(shown.stdout))
    stated = re.search(r"; (\d+) could not be observed", one_line(shown.stdout))
    assert hidden
    assert stated
    assert hidden[1] == stated[1]
    *_, last = shown.stdout.splitlines()
    assert last.startswith("Next: dpm-analyzer explain ")
    assert run(*last.removeprefix("Next: dpm-analyzer ").split()).exit_code == 0


def one_line(text: str) -> str:
    return " ".join(text.split())
