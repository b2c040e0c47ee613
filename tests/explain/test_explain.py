"""Explanations: of every flow and every row of the samples, agreeing with the report; what they print can be used."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from analyzer import pipeline as api
from analyzer.compliance.verdict.decision import BLOCKED_BY
from analyzer.explain.comparison import FieldState, RowComparison
from analyzer.explain.saved import explain_flow, explain_row, records
from analyzer.render.command.explain import text
from analyzer.render.shared.row_draft import drafted
from analyzer.report import Report
from analyzer.report.model import to_json
from analyzer.rules import load_table
from analyzer.values import Reason, Verdict
from tests.program import ROOT, run

SAMPLES = ROOT / "sample_pcaps"
LAB, MADE = SAMPLES / "lab", SAMPLES / "made"
DIRTY = sorted(LAB.glob("dirty_*.pcap"))
RULES = [rule.id for rule in load_table().rules]
WRONG = {value.value for value in BLOCKED_BY.values()}


@dataclass(frozen=True)
class Saved:
    """A report folder with nothing but the document, as it was written and as it is read again."""

    folder: Path
    report: Report
    document: Report

    def flows(self, verdict: Verdict) -> list[dict[str, Any]]:
        return records(self.report.flows[self.report.flows["verdict"] == verdict])


def save(folder: Path, captures: list[Path], site: Path | None, rules: tuple[str, ...] = ()) -> Saved:
    report = api.analyze(captures, site=site, rules=rules)
    folder.mkdir(exist_ok=True)
    (folder / "report.json").write_text(to_json(report), encoding="utf-8")
    return Saved(folder, report, api.load(folder))


def bodies() -> dict[str, tuple[list[Path], Path | None]]:
    """Every sample capture, with the profile that belongs to it."""
    found: dict[str, tuple[list[Path], Path | None]] = {
        "dirty": (DIRTY, LAB / "site.yaml"),
        "dirty, inferred": (DIRTY, None),
        "clean": (sorted(LAB.glob("clean_*.pcap")), LAB / "site.yaml"),
        "pxeproxy": (sorted(LAB.glob("pxeproxy_*.pcap")), LAB / "site_pxeproxy.yaml"),
        "rotated": (sorted(MADE.glob("rotated_*.pcap")), MADE / "site.yaml"),
        "vantages": (sorted(MADE.glob("vantage_*.pcap")), MADE / "site.yaml"),
        "waivers": ([MADE / "waivers.pcap"], MADE / "site_waivers.yaml"),
    }
    observed = {path for captures, _ in found.values() for path in captures}
    others = sorted({*LAB.glob("*.pcap*"), *MADE.glob("*.pcap*")} - observed)
    return found | {path.name: ([path], path.parent / "site.yaml") for path in others}


@pytest.fixture(scope="module", params=bodies().values(), ids=list(bodies()))
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    captures, site = request.param
    return save(tmp_path_factory.mktemp("report"), captures, site)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    return save(tmp_path_factory.mktemp("dirty"), DIRTY, LAB / "site.yaml")


def covers(row: RowComparison, *, surely: bool) -> bool:
    """Whether a row covers the flow, surely or as far as known; a field that was not examined leaves nothing open."""
    open_fields = [one for one in row.fields if one.state is FieldState.UNKNOWN and one.field.decisive]
    return not row.failing and not (surely and open_fields)


def disagreement(flow: dict[str, Any], rows: list[RowComparison]) -> str:
    """What is wrong with the rows of a flow; nothing where they agree with its verdict."""
    verdict = flow["verdict"]
    waived_block = verdict == Verdict.WAIVED and flow["reason"] in WRONG
    if verdict in (Verdict.EXPECTED, Verdict.BLOCKED) or waived_block:
        return "" if any(covers(row, surely=True) for row in rows) else "no row holds"
    if verdict == Verdict.UNDETERMINED:
        return "" if any(covers(row, surely=False) for row in rows) else "no row may hold"
    if verdict == Verdict.BACKGROUND:
        return ""
    return "a row holds" if any(covers(row, surely=False) for row in rows) else ""


def test_every_flow_is_explained_as_it_was_judged(saved: Saved) -> None:
    wrong = {}
    for flow in records(saved.report.flows):
        observed = explain_flow(saved.document, flow["flow"])
        if complaint := disagreement(flow, observed.rows):
            wrong[flow["flow"]] = f"{flow['verdict']} {flow['reason']} {flow['rule']}: {complaint}"
        shown = text(observed)
        assert flow["detail"] in shown
        assert flow["citation"] in shown
        assert ("The nearest rows" in shown) is (flow["verdict"] == Verdict.UNEXPECTED)
        assert ("waivers:" in shown) is (flow["verdict"] in {Verdict.UNEXPECTED, Verdict.BLOCKED})
    assert not wrong


def test_every_row_is_explained_with_every_machine(saved: Saved) -> None:
    rows = saved.report.rows
    for rule in RULES:
        own = rows[rows["rule"] == rule]
        assert len(own)
        result = run("explain", saved.folder, "--row", rule)
        assert result.exit_code == 0
        for line in records(own):
            assert f"{line['status']} ({line['flows']} flow" in result.stdout
            assert line["why"] in result.stdout
            observed = explain_row(saved.document, rule, line["machine"])
            assert observed.lines == [line]


def test_a_row_lists_the_flows_that_its_status_counts(saved: Saved) -> None:
    wrong = []
    for line in records(saved.report.rows):
        observed = explain_row(saved.document, line["rule"], line["machine"] or None)
        counted = line["flows"] if line["machine"] else sum(one["flows"] for one in observed.lines)
        if bool(observed.flows) is not bool(counted):
            wrong.append(f"{line['rule']} {line['machine']}: {len(observed.flows)} listed, {counted} counted")
    assert not wrong


def test_a_check_of_an_address_exercises_no_row_whatever_its_sentence_is() -> None:
    report = api.analyze(LAB / "clean_server.pcap", site=LAB / "site.yaml", dissect=False)
    probes = [flow for flow, read in report.meta.observations.items() if read.get("probe") == "yes"]
    assert len(probes) == 1
    for made in (report, replace(report, flows=report.flows.assign(detail=""))):
        line = made.flows.set_index("flow").loc[probes[0]]
        assert (line["verdict"], line["rule"]) == ("expected", "existence-check")
        shown = [flow["flow"] for flow in explain_row(made, "existence-check").flows]
        assert shown
        assert probes[0] not in shown


def test_the_nearest_rows_come_by_their_failing_fields(dirty: Saved) -> None:
    for flow in dirty.flows(Verdict.UNEXPECTED):
        rows = sorted(explain_flow(dirty.document, flow["flow"]).rows, key=lambda row: row.distance)
        counts = [row.failing for row in rows]
        assert counts == sorted(counts)
        shown = run("explain", dirty.folder, flow["flow"]).stdout
        observed = re.findall(r"^  ([a-z0-9-]+) fails in (\d+): (.+)$", shown, re.MULTILINE)
        assert [(name, int(count)) for name, count, _ in observed] == [(row.rule.id, row.failing) for row in rows[:3]]


def pasted(shown: str) -> str:
    """The overlay as a reader takes it out of what was printed."""
    found = re.search(r"^# --- .*?^# --- end$", shown, re.MULTILINE | re.DOTALL)
    return f"{found[0]}\n" if found else ""


def test_the_printed_row_allows_the_flow(dirty: Saved, tmp_path: Path) -> None:
    tried = 0
    for flow in dirty.flows(Verdict.UNEXPECTED):
        overlay = pasted(run("explain", dirty.folder, flow["flow"]).stdout)
        never = flow["reason"] in (Reason.INTERNAL_ONLY, Reason.BROADCAST_ADDRESS)
        strangers = flow["orig_role"] == "other" and (flow["resp_role"] == "other" or flow["cast"] != "unicast")
        assert bool(overlay) is not (never or strangers)
        if not overlay:
            continue
        pack = tmp_path / "own.yaml"
        pack.write_text(overlay, encoding="utf-8")
        unfilled = run("rules", "check", pack)
        assert unfilled.exit_code == 2
        assert unfilled.stdout.count("FILL IN") == 2
        assert "cites no page" in unfilled.stdout
        assert run("analyze", *DIRTY, "--rules", pack, "--out", tmp_path / "never").exit_code == 2
        pack.write_text(overlay.replace("FILL IN", "filled in").replace("page: 0", "page: 192"), encoding="utf-8")
        checked = run("rules", "check", pack)
        expected = "other" in (flow["orig_role"], flow["resp_role"])
        assert checked.exit_code == 0, checked.stdout
        assert bool(checked.stdout) == expected, checked.stdout
        again = api.analyze(DIRTY, site=LAB / "site.yaml", rules=[str(pack)]).flows
        now = records(again[again["flow"] == flow["flow"]])[0]
        allowed = {Verdict.BLOCKED, Verdict.UNDETERMINED} if flow["outcome"] in BLOCKED_BY else {Verdict.EXPECTED}
        assert now["verdict"] in allowed, f"{flow['reason']} {flow['service']}: {now['detail']}"
        assert "your own copy of the guide" in now["citation"]
        assert "p. 192" in now["citation"]
        tried += 1
    assert tried >= 5


def test_the_printed_waivers_excuse_the_flows(dirty: Saved, tmp_path: Path) -> None:
    flows = dirty.flows(Verdict.UNEXPECTED)
    waivers = ""
    for flow in flows:
        shown = run("explain", dirty.folder, flow["flow"]).stdout
        waivers += shown[shown.index("  - orig:") :]
    profile = tmp_path / "site.yaml"
    own = (LAB / "site.yaml").read_text(encoding="utf-8")
    assert "waivers:" not in own
    profile.write_text(f"{own}\nwaivers:\n{waivers.replace('YYYY-MM-DD', '2099-12-31')}", encoding="utf-8")
    again = api.analyze(DIRTY, site=profile).flows
    names = [flow["flow"] for flow in flows]
    assert set(again[again["flow"].isin(names)]["verdict"]) == {Verdict.WAIVED}


FLOW = {
    "flow": "f1", "ts": "", "proto": "tcp", "orig_h": "192.0.2.1", "orig_p": 40000, "resp_h": "192.0.2.2",
    "resp_p": 8443, "orig_role": "managed-machine", "resp_role": "dpm-server", "cast": "unicast",
    "service": "tcp/8443", "application": "", "outcome": "established", "verdict": "unexpected", "reason": "no-row",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": "internal-only"}, "inside the DPM Server"),
        ({"reason": "broadcast-address"}, "what is wrong is the address"),
        ({"orig_role": "other", "resp_role": "other"}, "neither end has a DPM role"),
        ({"orig_role": "other", "cast": "multicast", "proto": "udp"}, "neither end has a DPM role"),
        ({"proto": "47", "service": "ip/47"}, "this is ip/47"),
        ({"proto": "icmp6", "service": "icmp6/128 (echo)"}, "this is icmp6/128"),
    ],
)
def test_where_no_row_can_allow_it_a_sentence_says_so(changes: dict[str, Any], sentence: str) -> None:
    observed = drafted({**FLOW, **changes}, set())
    assert isinstance(observed, str)
    assert sentence in observed


@pytest.mark.parametrize("reason", ["direction", "role", "client-port", "protocol"])
def test_a_row_that_widens_the_table_says_so(reason: str) -> None:
    observed = drafted({**FLOW, "reason": reason}, set())
    assert not isinstance(observed, str)
    assert any("widen the table" in caution for caution in observed.cautions)


def test_a_drafted_row_takes_no_id_that_there_is() -> None:
    observed = drafted(FLOW, {"own-tcp-8443", "own-tcp-8443-2"})
    assert not isinstance(observed, str)
    assert observed.name == "own-tcp-8443-3"


def test_an_explanation_names_the_machine_before_its_address_and_the_next_step(dirty: Saved) -> None:
    by_verdict = {flow["verdict"]: flow for verdict in Verdict for flow in dirty.flows(verdict)}
    assert {"unexpected", "blocked", "expected"} <= by_verdict.keys()
    for verdict, flow in by_verdict.items():
        shown = run("explain", dirty.folder, flow["flow"]).stdout
        assert ("  What to do next: " in shown) == (verdict in ("unexpected", "blocked"))
    flow = next(flow for flow in dirty.flows(Verdict.UNEXPECTED) if flow["reason"] == "client-port")
    shown = run("explain", dirty.folder, flow["flow"]).stdout
    assert "  a1 (192.168.0.21) port 46072 managed-machine -> 192.168.0.1 port 56030 dpm-server, tcp/56030" in shown


def test_what_came_from_outside_is_made_visible(dirty: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = dirty.flows(Verdict.UNEXPECTED)[0]["flow"]
    flows: pd.DataFrame = dirty.report.flows.copy()
    hostile = "\x1b[31m\u202e\nid: evil"
    flows.loc[flows["flow"] == flow, ["detail", "capture", "citation", "orig_mac"]] = hostile
    report = Report(dirty.report.meta, flows, dirty.report.findings, dirty.report.rows, dirty.report.boots)
    # A saved document like this is refused, since its texts are not those of its messages.
    monkeypatch.setattr("analyzer.pipeline.load", lambda _folder: report)
    for result in (run("explain", "folder", flow), run("explain", "folder", "--row", "power-on")):
        assert result.exit_code == 0
        assert all(line.isprintable() for line in result.stdout.split("\n"))
        assert "\nid: evil" not in result.stdout


def test_the_printed_yaml_holds_the_values_as_text(dirty: Saved) -> None:
    shown = run("explain", dirty.folder, dirty.flows(Verdict.UNEXPECTED)[0]["flow"]).stdout
    waiver = YAML(typ="safe").load(shown[shown.index("  - orig:") :])[0]
    assert list(waiver) == ["orig", "resp", "service", "reason", "owner", "expires"]
    assert all(isinstance(value, str) for value in waiver.values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give either an ID"),
        (["f1", "--row", "shutdown"], "Give either an ID"),
        (["f1", "--machine", "a1"], "--machine needs --row"),
        (["f1"], "no flow or finding 'f1' in this report"),
        (["--row", "shutdwn"], "its rows: power-on, shutdown,"),
        (["--row", "shutdown", "--machine", "a9"], "its machines: a1, a2,"),
        (["--row", "image-builder", "--machine", "a1"], "leave --machine out"),
    ],
)
def test_a_wrong_question_is_reported_in_a_sentence(dirty: Saved, arguments: list[str], message: str) -> None:
    result = run("explain", dirty.folder, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not result.stdout
