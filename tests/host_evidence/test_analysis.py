"""``analyze`` with evidence of hosts, from the recorded lab to the files of the report."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import analyzer
from analyzer import glossary, pipeline, render
from analyzer.api import Run
from analyzer.extract.choose import Choice, choose
from analyzer.render import everything
from analyzer.report import from_json
from analyzer.report.model import ADDED_COLUMNS, to_json
from analyzer.rules.model import Rule
from analyzer.values import EvidenceWord
from tests.host_evidence.test_capture_processes import FRAME, TICK, Written
from tests.program import ROOT

LAB = ROOT / "sample_pcaps" / "hosts"
KINDS = ("server", "a1", "console")


def analysed(name: str, *, hosts: bool = True, rules: tuple[str, ...] = ()) -> Run:
    evidence = [LAB / "recorded" / f"{name}-{kind}.txt" for kind in KINDS] if hosts else []
    capture = LAB / "recorded" / f"{name}.pcap"
    return analyzer.analyze(capture, site=LAB / "site.yaml", hosts=evidence, rules=rules, dissect=False)


@pytest.fixture(scope="module")
def wrong() -> Run:
    return analysed("wrong")


def test_wrong_programs_are_findings_and_keep_the_verdict_of_the_flow(wrong: Run) -> None:
    found = wrong.findings[wrong.findings["reason"] == "executable"]
    assert set(found["rule"]) == {"shutdown", "boot-tftp-request", "boot-agent"}
    contradicted = wrong.flows[wrong.flows["program_evidence"] == "contradicted"]
    assert len(contradicted) == 7
    assert set(contradicted["verdict"]) == {"expected"}
    assert found["finding"].is_unique
    assert "7 flows were made with another program" in wrong.report.meta.headline


def test_right_programs_make_no_finding() -> None:
    run = analysed("right")
    assert run.findings.empty
    assert "contradicted" not in set(run.flows["program_evidence"].dropna())
    assert "consistent" in set(run.flows["program_evidence"].dropna())


def test_the_flows_of_such_a_finding_can_be_extracted(wrong: Run) -> None:
    finding = wrong.findings[(wrong.findings["rule"] == "shutdown") & (wrong.findings["flows"] > 0)].iloc[0]
    chosen = choose(wrong.report, Choice(findings=[finding["finding"]]))
    assert chosen.sum() == finding["flows"] == 4


def test_a_row_that_requires_its_programs_makes_the_flow_unexpected(wrong: Run) -> None:
    before = wrong._inquiry
    assert before is not None
    rules = before.terms.rules

    def with_required(rows: tuple[Rule, ...]) -> tuple[Rule, ...]:
        return tuple(
            row.model_copy(update={"executables": "required"}) if row.id == "shutdown" else row for row in rows
        )

    packs = tuple(pack.model_copy(update={"rules": with_required(pack.rules)}) for pack in rules.packs)
    required = replace(rules, rules=with_required(rules.rules), packs=packs)
    run = pipeline.judge_again(before, replace(before.terms, rules=required)).report
    flows = run.flows[run.flows["rule"] == "shutdown"]
    assert set(zip(flows["verdict"], flows["reason"], strict=True)) == {("unexpected", "executable")}
    others = run.flows[(run.flows["program_evidence"] == "contradicted") & (run.flows["rule"] != "shutdown")]
    assert set(others["verdict"]) == {"expected"}


def test_listening_ports_are_lines_of_the_rows(wrong: Run) -> None:
    checks = wrong.rows[wrong.rows["why"].str.contains("is held by|socket table")]
    status = {(row.rule, row.machine): row.status for row in checks.itertuples()}
    assert status["boot-agent", "dpm-server"] == "missing"
    assert status["server-internal", "dpm-server"] == "satisfied"


def test_the_first_screen_calls_a_log_a_claim(wrong: Run) -> None:
    codes = [note.code for note in wrong.report.meta.notes]
    assert codes.index("host-contradicted") < codes.index("host-claim") < codes.index("host-log")


def test_every_output_is_made_and_the_document_is_read_back(wrong: Run) -> None:
    files = dict(everything(wrong.report))
    assert b'id="executables"' in files["report.html"]
    assert b"## Executables" in files["report.md"]
    assert to_json(from_json(to_json(wrong.report))) == to_json(wrong.report)


def test_attributions_cite_the_records(wrong: Run) -> None:
    cited = wrong.attributions
    assert set(cited["flow"]) <= set(wrong.flows["flow"])
    assert {"psexec.exe", "nc.exe", "tftpd64.exe"} <= set(cited[cited["word"] == "contradicted"]["program"])


def test_diff_shows_programs_that_are_contradicted_now(wrong: Run) -> None:
    """Flows with a verdict of their own, too: the finding about their programs is new."""
    found = analysed("wrong", hosts=False).diff(wrong)
    new = found.findings[(found.findings["change"] == "new") & (found.findings["reason"] == "executable")]
    known = wrong.findings[wrong.findings["reason"] == "executable"]
    assert set(new["finding_b"]) == set(known["finding"]) != set()
    assert found.findings[found.findings["change"] == "gone"].empty
    assert wrong.diff(wrong).findings["change"].eq("same").all()


def test_the_page_marks_contradicted_programs_and_says_what_each_word_means(wrong: Run) -> None:
    text = render.files_of("html", wrong.report)["report.html"].decode()
    section = text.partition('<section id="executables"')[2].partition("</section>")[0]
    row = re.search(r'<th scope="row">shutdown</th>(.*?)</tr>', section)
    assert row is not None
    cells = re.findall(r"<td([^>]*)>(?:<span[^>]*>✕</span> )?(\d+)</td>", row[1])
    counts = wrong.flows[wrong.flows["rule"] == "shutdown"]["program_evidence"].value_counts()
    assert [int(count) for _, count in cells] == [int(counts.get(word, 0)) for word in EvidenceWord]
    assert [name.strip() for name, _ in cells] == [
        'class="is-unexpected"' if word == "contradicted" else "" if counts.get(word, 0) else 'class="zero"'
        for word in EvidenceWord
    ]
    assert all(f"<b>{word}</b>: {meaning}" in section for word, meaning in glossary.EVIDENCE.items())
    assert "<td>file:wrong-a1.txt <small>a1</small></td>" in section


def test_without_evidence_rows_only_declare_their_programs() -> None:
    run = analysed("wrong", hosts=False)
    assert set(run.flows["program_evidence"].dropna()) == {"declared"}
    assert set(run.flows["program"]) == {""}
    assert run.report.meta.host_evidence is None
    assert '"host_evidence"' not in to_json(run.report)
    assert run.attributions.empty


def test_a_document_without_the_columns_is_read() -> None:
    run = analysed("wrong", hosts=False)
    older = replace(run.report, flows=run.report.flows.drop(columns=list(ADDED_COLUMNS["flows"])))
    assert set(from_json(to_json(older)).flows["program_evidence"]) == {""}


def test_a_capture_that_names_programs_has_its_own_clock(tmp_path: Path) -> None:
    made = Written()
    for place, at in enumerate((10, 12)):
        made.packet(FRAME, (1, b"PID: 12\nCmd: /usr/bin/curl\nArgs: curl"), tick=TICK + at * 1_000_000 + place)
    path = tmp_path / "server.pcapng"
    path.write_bytes(made.octets)
    run = analyzer.analyze(path, hosts=[path], dissect=False)
    assert run.report.meta.host_evidence is not None
    assert [clock.basis for clock in run.report.meta.host_evidence.clocks] == ["capture"]
    other = tmp_path / "other.pcapng"
    other.write_bytes(made.packet(FRAME, tick=TICK + 20_000_000).octets)
    run = analyzer.analyze(other, hosts=[path], dissect=False)
    assert run.report.meta.host_evidence is not None
    assert [clock.basis for clock in run.report.meta.host_evidence.clocks] == ["too-few-anchors"]


def test_an_offset_needs_evidence() -> None:
    with pytest.raises(analyzer.AnalyzerError, match="--host"):
        analyzer.analyze(LAB / "recorded" / "right.pcap", host_clocks="srv=+9h", dissect=False)
