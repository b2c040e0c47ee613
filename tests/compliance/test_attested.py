"""Attestations: what they do to rows, what they never do, until when, and in which outputs they are named."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analyzer.compliance.rows.attested import attest, is_in_force
from analyzer.compliance.rows.result import RowResult
from analyzer.compliance.verdict.waivers import end_of_day
from analyzer.errors import DocumentError
from analyzer.explain.agreement import require_agreement
from analyzer.messages.english import text
from analyzer.pipeline import load
from analyzer.report import Report, from_json, to_json
from analyzer.rules import load_table
from analyzer.site import Attestation
from analyzer.values import Status
from tests.program import ROOT, read_table, run

LAB = ROOT / "sample_pcaps" / "lab"
CAPTURE = LAB / "clean_segB.pcap"
"""Taken on one segment: it shows b1, and not the other machines."""
PROFILE = (LAB / "site.yaml").read_text(encoding="utf-8")
RULES = load_table(())
UNTIL = "2026-06-30"
LAST = end_of_day(UNTIL)


def attestation(**more: Any) -> Attestation:
    given = {"rule": "shutdown", "machine": "a1", "owner": "Kim", "evidence": "log of the DPM Server"}
    return Attestation.model_validate({**given, "expires": date.fromisoformat(UNTIL), **more})


def row(status: Status = Status.NOT_OBSERVABLE, **more: Any) -> RowResult:
    return replace(RowResult(RULES.rule("shutdown"), "Shutdown", "a1", status, ()), **more)


@pytest.mark.parametrize("status", Status)
def test_only_what_could_not_be_observed_is_attested(status: Status) -> None:
    (found,) = attest([row(status)], [attestation()], (), LAST - 1)
    attested = status is Status.NOT_OBSERVABLE
    assert found.status is (Status.ATTESTED if attested else status)
    assert found.attestation == (0 if attested else -1)
    sentence = "Attested by Kim until 2026-06-30, not captured: log of the DPM Server."
    assert text(found.why) == (sentence if attested else "")


@pytest.mark.parametrize(("until", "status"), [(LAST - 1, Status.ATTESTED), (LAST, Status.NOT_OBSERVABLE)])
def test_an_attestation_holds_until_its_last_day_is_over(until: int, status: Status) -> None:
    (found,) = attest([row()], [attestation()], (), until)
    assert found.status is status
    assert ("has lapsed" in text(found.why)) == (status is Status.NOT_OBSERVABLE)


def test_without_a_frame_nothing_shows_that_it_held() -> None:
    assert not is_in_force(attestation(), -1)
    assert [*attest([row()], [attestation()], ("Restore",), -1)] == [row()]


@pytest.mark.parametrize(
    ("line", "given"),
    [
        (row(machine="a2"), {}),
        (row(machine=""), {}),
        (row(), {"machine": None}),
        (row(), {"rule": "power-on"}),
        (row(), {"rule": None, "machine": None, "item": "Shutdown"}),
        (row(check="listener"), {}),
    ],
)
def test_another_row_machine_or_check_is_not_attested(line: RowResult, given: dict[str, Any]) -> None:
    assert [*attest([line], [attestation(**given)], (), LAST - 1)] == [line]


def test_one_that_was_renewed_counts_again() -> None:
    old, new = attestation(expires=date(2026, 1, 1)), attestation(owner="Lee")
    (found,) = attest([row()], [old, new], (), LAST - 1)
    assert (found.status, found.attestation) == (Status.ATTESTED, 1)
    (found,) = attest([row()], [old, new], (), LAST)
    assert (found.status, found.attestation) == (Status.NOT_OBSERVABLE, 1)


def test_an_item_that_the_table_does_not_cover_gets_a_line_while_it_is_attested() -> None:
    item = attestation(rule=None, machine=None, item="Restore")
    before, found = attest([row(Status.SATISFIED)], [item], ("Restore", "Backup"), LAST - 1)
    assert before == row(Status.SATISFIED)
    assert (found.rule, found.item, found.status) == (None, "Restore", Status.ATTESTED)
    assert [*attest([before], [item], ("Restore", "Backup"), LAST)] == [before]
    # One that is expected has its line already.
    expected = RowResult(None, "Restore", "", Status.NOT_OBSERVABLE, ())
    assert [one.status for one in attest([expected], [item], ("Restore",), LAST - 1)] == [Status.ATTESTED]


# The whole way


def rows_in(report: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    """The lines of rows.csv by rule, item and machine."""
    lines = read_table(report / "rows.csv").to_dict("records")
    return {
        (str(line["rule"]), str(line["item"]), str(line["machine"])): {
            str(key): str(value) for key, value in line.items()
        }
        for line in lines
    }


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Path]:
    """The report of the capture with these lines added to the profile."""

    def judge(lines: str, *options: str) -> Path:
        (tmp_path / "site.yaml").write_text(PROFILE + lines, encoding="utf-8")
        checked = run("site", "check", tmp_path / "site.yaml")
        assert (checked.exit_code, checked.stderr) == (0, "0 warnings, no error\n")
        result = run(
            "analyze", CAPTURE, "--site", tmp_path / "site.yaml", "--no-dissect", "--force", "--out",
            tmp_path / "report", *options,
        )  # fmt: skip
        assert result.exit_code in (0, 1), result.stderr
        (tmp_path / "report" / "stdout").write_text(result.stdout, encoding="utf-8")
        return tmp_path / "report"

    return judge


IN_FORCE = """
attestations:
  - rule: shutdown
    machine: a1
    owner: Kim
    evidence: "log of the DPM Server, 2026-11-20"
    expires: 2099-12-31
    ticket: OPS-7
  - item: Restore
    owner: Lee
    evidence: restored two machines by hand
    expires: 2099-12-31
  - {rule: boot-agent, machine: a2, owner: Kim, evidence: seen on site, expires: 2020-01-01}
  - {rule: shutdown, machine: b1, owner: Kim, evidence: seen on site, expires: 2099-01-01}
"""


def test_every_output_names_what_is_attested_by_whom_and_until_when(judged: Callable[..., Path]) -> None:
    out = judged(IN_FORCE)
    rows = rows_in(out)
    assert rows["shutdown", "Shutdown", "a1"]["status"] == "attested"
    assert rows["shutdown", "Shutdown", "b1"]["status"] == "satisfied"
    assert rows["", "Restore", ""]["status"] == "attested"
    assert rows["boot-agent", "Network boot", "a2"]["status"] == "not-observable"
    assert "by Kim applied until 2020-01-01 and has lapsed" in rows["boot-agent", "Network boot", "a2"]["why"]
    meta = json.loads((out / "report.json").read_text(encoding="utf-8"))["meta"]
    assert [one["state"] for one in meta["attestations"]] == ["in-force", "in-force", "lapsed", "unused"]
    assert meta["attestations"][0]["ticket"] == "OPS-7"
    assert "1 of them attested by somebody" in meta["scope"]
    assert [note["text"] for note in meta["notes"] if note["code"] == "note-attestation-lapsed"] == [
        "An attestation by Kim (row boot-agent of a2) expired on 2020-01-01. It attests nothing after that day."
    ]
    for name in ("report.md", "report.html"):
        content = (out / name).read_text(encoding="utf-8")
        assert "Attested by Kim until 2099-12-31" in content.replace("\\", "")
        assert "restored two machines by hand" in content
        assert "OPS-7" in content
    stdout = (out / "stdout").read_text(encoding="utf-8")
    assert "Attested, not captured: 2\n  shutdown a1: Kim, until 2099-12-31\n  Restore: Lee, until 2099-12-31" in stdout
    explained = run("explain", out, "--row", "shutdown", "--machine", "a1").stdout
    assert "Attested by Kim until 2099-12-31" in explained
    assert "attested: These captures do not show it" in explained
    assert run("render", out, "--format", "xlsx").exit_code == 0
    require_agreement(load(out), "report.json")


def test_the_answer_and_the_findings_are_the_same(judged: Callable[..., Path]) -> None:
    before = load(judged(""))
    after = load(judged(IN_FORCE))
    assert after.meta.answer == before.meta.answer
    assert after.findings.equals(before.findings)
    assert after.meta.headline == before.meta.headline
    changed = after.rows[after.rows["status"] == "attested"]
    assert len(changed) == 2


def test_two_reports_are_compared(judged: Callable[..., Path], tmp_path: Path) -> None:
    judged("").rename(tmp_path / "before")
    result = run("diff", tmp_path / "before", judged(IN_FORCE))
    assert result.exit_code in (0, 1)
    assert "attested" in result.stdout
    assert "Kim" in result.stdout


def test_an_expected_row_may_be_attested_and_a_missing_one_not(judged: Callable[..., Path]) -> None:
    lines = """
expect:
  - {item: shutdown, machines: [a1]}
  - {item: boot-agent, machines: [b1]}
attestations:
  - {rule: shutdown, machine: a1, owner: Kim, evidence: log, expires: 2099-12-31}
  - {rule: boot-agent, machine: b1, owner: Kim, evidence: log, expires: 2099-12-31}
"""
    out = judged(lines)
    rows = rows_in(out)
    assert rows["shutdown", "Shutdown", "a1"]["status"] == "attested"
    begin = "Attested by Kim until 2099-12-31, not captured: log. The profile expects"
    assert rows["shutdown", "Shutdown", "a1"]["why"].startswith(begin)
    missing = rows["boot-agent", "Network boot", "b1"]
    assert (missing["status"], "Kim" in missing["why"]) == ("missing", False)
    report = load(out)
    assert [one.state for one in report.meta.attestations] == ["in-force", "unused"]
    assert "missing" in set(report.findings["verdict"])
    assert [note.text for note in report.meta.notes if "attestation" in note.code] == [
        "An attestation by Kim (row boot-agent of b1) has no effect: the row is missing, and the captures could have "
        "shown it."
    ]


def test_an_attestation_of_no_line_is_pointed_out(judged: Callable[..., Path]) -> None:
    lines = """
attestations:
  - {rule: boot-agent, owner: Kim, evidence: log, expires: 2099-12-31}
  - {item: Shutdown, owner: Lee, evidence: log, expires: 2099-12-31}
  - {rule: image-builder, owner: Kim, evidence: log, expires: 2099-12-31}
"""
    report = load(judged(lines))
    assert [one.state for one in report.meta.attestations] == ["unused", "unused", "in-force"]
    assert [note.text for note in report.meta.notes if "attestation" in note.code] == [
        "An attestation by Kim (row boot-agent) has no effect: no line of rows.csv has this row and machine.",
        "An attestation by Lee (item Shutdown) has no effect: the table in use covers this item.",
    ]


def test_a_changed_status_is_noticed(judged: Callable[..., Path]) -> None:
    report = load(judged(IN_FORCE))
    for old, new in (("not-observable", "attested"), ("attested", "satisfied")):
        rows = report.rows.copy()
        place = rows.index[rows["status"] == old][0]
        rows.loc[place, "status"] = new
        with pytest.raises(DocumentError, match="attested are not those of the attestations"):
            require_agreement(replace(report, rows=rows), "report.json")
    fewer = report.meta.model_copy(update={"attestations": report.meta.attestations[:1]})
    with pytest.raises(DocumentError, match="attestations"):
        require_agreement(replace(report, meta=fewer), "report.json")


def test_a_document_of_before_has_none(judged: Callable[..., Path]) -> None:
    report = load(judged(""))
    document = json.loads(to_json(report))
    del document["meta"]["attestations"]
    del document["meta"]["site"]["profile"]["attestations"]
    values = document["messages"]["scope"][0][0]["values"]
    for name in ("attested", "items_attested"):
        del values[name]
    read: Report = from_json(json.dumps(document))
    require_agreement(read, "report.json")
    assert read.meta.attestations == ()


# Mistakes


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("{rule: shutdown, machine: a9, REST}", "no managed machine is called 'a9'"),
        ("{rule: shutdwn, REST}", "attestations: 'shutdwn' is no row of the table"),
        ("{item: Restoer, REST}", "attestations: 'Restoer' is no item of the guide"),
        ("{rule: shutdown, item: Shutdown, REST}", "write either rule"),
        ("{REST}", "write either rule"),
        ("{item: Restore, machine: a1, REST}", "machine belongs to a rule"),
        ("{item: Restore, owner: K, evidence: e}", "expires: this key is missing"),
        ("{item: Restore, owner: K, evidence: '', expires: 2099-01-01}", "must not be empty"),
        ("{item: Restore, owner: K, evidence: e, expires: tomorrow}", "must be a date"),
        ("{item: Restore, REST, status: satisfied}", "unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(tmp_path: Path, entry: str, sentence: str) -> None:
    path = tmp_path / "site.yaml"
    whole = entry.replace("REST", "owner: K, evidence: e, expires: 2099-01-01")
    path.write_text(f"{PROFILE}\nattestations:\n  - {whole}\n", encoding="utf-8")
    for words in (("site", "check", path), ("analyze", CAPTURE, "--site", path, "--out", tmp_path / "out")):
        result = run(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert sentence in result.stderr
    assert not (tmp_path / "out").exists()


def test_site_check_shows_warnings(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(PROFILE.replace("[192.168.0.1]\n  arch", "[10.0.0.1]\n  arch"), encoding="utf-8")
    result = run("site", "check", path)
    assert (result.exit_code, result.stderr) == (0, "1 warning, no error\n")
    assert "No segment of the profile contains the DPM Server" in result.stdout


def test_a_ticket_of_a_waiver_is_reported(judged: Callable[..., Path]) -> None:
    waiver = "{orig: any, resp: any, service: any, reason: r, owner: o, expires: 2099-01-01, ticket: OPS-9}"
    report = load(judged(f"\nwaivers:\n  - {waiver}\n"))
    assert [one.ticket for one in report.meta.waivers] == ["OPS-9"]
