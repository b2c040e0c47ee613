"""report.sarif: valid, the same for the same findings, and no text of a capture has an effect in it."""

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft4Validator, FormatChecker
from ruamel.yaml import YAML

from analyzer import pipeline as api
from analyzer.render import files_of
from analyzer.render.shared import page_model as view
from analyzer.report import Report
from analyzer.report.wording import flow_details
from tests import capfile as cap
from tests.capfile import SECOND, START, Ends, Record, converse, datagram
from tests.program import ROOT
from tests.reports import HOSTILE, empty, fleet, hostile, lab
from tests.test_cases import CASES, captures_of

SCHEMA = Path(__file__).with_name("schemas") / "sarif-2.1.0-rtm.5.json"
LAB = ROOT / "sample_pcaps" / "lab"
RULES = (ROOT / "rules" / "dpm.yaml").read_text(encoding="utf-8").splitlines()
MADE = {"lab": lab(), "hostile": hostile(), "empty": empty(), "fleet": fleet(50, 400)}


def sarif(report: Report) -> Any:
    return json.loads(files_of("sarif", report)["report.sarif"])


def complaints(log: Any) -> list[str]:
    validator = Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(log)]


@cache
def dirty() -> Report:
    captures = [LAB / name for name in ("dirty_server.pcap", "dirty_segA.pcap", "dirty_segB.pcap")]
    return api.analyze(captures, site=LAB / "site.yaml", dissect=False)


def results(report: Report) -> list[Any]:
    found: list[Any] = sarif(report)["runs"][0]["results"]
    return found


def fingerprints(report: Report) -> list[str]:
    return sorted(result["partialFingerprints"]["finding/v1"] for result in results(report))


# Valid, and of the report


@pytest.mark.parametrize("name", MADE)
def test_made_documents_give_valid_logs(name: str) -> None:
    log = sarif(MADE[name])
    assert complaints(log) == []
    assert len(log["runs"][0]["results"]) == len(MADE[name].findings)


@pytest.mark.parametrize(
    "case", sorted(path.parent for path in CASES.glob("*/expect.yaml"))[3::9], ids=lambda c: c.name
)
def test_cases_give_valid_logs(case: Path, tmp_path: Path) -> None:
    wanted = YAML(typ="safe").load(case / "expect.yaml")
    site = (case / wanted["site"]).resolve() if "site" in wanted else None
    rules = [str(case / name) for name in wanted.get("rules", ())]
    captures = captures_of(case, wanted.get("captures"), tmp_path)
    report = api.analyze(captures, site=site, rules=rules, dissect=False)
    assert complaints(sarif(report)) == []
    assert len(results(report)) == len(report.findings)


def test_a_wrong_log_is_not_valid() -> None:
    log = sarif(dirty())
    log["runs"][0]["results"][0]["level"] = "grave"
    assert complaints(log)


def test_each_finding_is_a_result_most_serious_first() -> None:
    made = results(dirty())
    observed = view.findings(dirty(), 1000)
    assert [result["properties"]["finding"] for result in made] == [found.row["finding"] for found in observed]
    for result, found in zip(made, observed, strict=True):
        row, said = found.row, result["properties"]
        assert (said["verdict"], said["flows"], said.get("reason", "")) == (row["verdict"], row["flows"], row["reason"])
        assert row["why"] in result["message"]["text"].replace("\\", "")
        assert said.get("wireshark_filter", "") == found.filter
        assert said.get("first_frame", -1) == row["first_frame"]
        assert result["level"] == ("error" if row["verdict"] == "unexpected" and not found.stopped else "warning")
        assert [host["name"] for host in result["locations"][0]["logicalLocations"]] == [
            host for host in (row["orig_h"], row["resp_h"]) if host
        ]
    assert {"unexpected", "blocked"} <= {result["properties"]["verdict"] for result in made}


def test_a_result_stands_at_the_line_of_its_row() -> None:
    run = sarif(dirty())["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    at_rows = 0
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "rules/dpm.yaml"
        assert run["artifacts"][place["artifactLocation"]["index"]]["location"]["uri"] == "rules/dpm.yaml"
        assert rules[result["ruleIndex"]] == result["ruleId"]
        line = RULES[place["region"]["startLine"] - 1]
        at_rows += line.strip() == f"- id: {result['ruleId']}"
        assert line.strip() == f"- id: {result['ruleId']}" or result["ruleId"] == "no-row"
    assert at_rows


def test_rules_say_page_and_footnotes() -> None:
    rules = {rule["id"]: rule for rule in sarif(dirty())["runs"][0]["tool"]["driver"]["rules"]}
    power_on = rules["power-on"]
    assert power_on["properties"]["page"] == 191
    assert power_on["properties"]["footnotes"] == ["*3"]
    assert "*3 (p. 194) A machine in the DPM Server's own segment" in power_on["help"]["text"]
    assert "Appendix A, p. 191" in power_on["fullDescription"]["text"]
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules.values())


def test_the_help_of_a_rule_has_the_next_step_of_each_kind_and_the_commands_of_its_first_finding() -> None:
    run = sarif(dirty())["runs"][0]
    helps = {rule["id"]: rule["help"]["text"] for rule in run["tool"]["driver"]["rules"]}
    by_rule: dict[str, list[Any]] = {}
    for result in run["results"]:
        by_rule.setdefault(result["ruleId"], []).append(result["properties"])
    assert {"shutdown", "no-row"} <= by_rule.keys() < helps.keys()
    for rule, found in by_rule.items():
        for one in found:
            assert f"What to do next ({one['verdict']}, {one['reason']}): " in helps[rule]
            assert one["next"] in helps[rule]
        assert f"dpm-analyzer explain DIR {found[0]['example_flow']}; " in helps[rule]
        assert f"dpm-analyzer extract DIR --finding {found[0]['finding']} " in helps[rule]
        assert helps[rule].count("dpm-analyzer explain") == 1
    assert all("next" not in text for rule, text in helps.items() if rule not in by_rule)


def test_a_named_host_has_its_name_before_its_address() -> None:
    text = " ".join(result["message"]["text"] for result in results(dirty()))
    assert "192.168.0.66 other to a1 (192.168.0.21) managed-machine, tcp/56010" in text
    assert " 192.168.0.21 (a1" not in text


def test_a_row_of_an_overlay_stands_in_its_own_file(tmp_path: Path) -> None:
    """A user's pack is named without its folder."""
    pack = tmp_path / "own rows.yaml"
    pack.write_text(
        "version: 1\nid: own\nkind: overlay\nprovenance: {title: Ours, source: Our guide}\nrules:\n"
        "  - id: ours\n    item: Backup\n    page: 3\n    protocol: tcp\n    printed: '<'\n"
        "    originator: {roles: [managed-machine]}\n    responder: {roles: [dpm-server], port: 3389}\n",
        encoding="utf-8",
    )
    capture = tmp_path / "x.pcap"
    capture.write_bytes(cap.pcap(converse("ShADadFf", Ends("192.168.0.66", 40_000, "192.168.0.1", 3389))))
    report = api.analyze(capture, site=LAB / "site.yaml", rules=[str(pack)], dissect=False)
    result = next(one for one in results(report) if one["ruleId"] == "ours")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "own%20rows.yaml"
    assert place["region"]["startLine"] == 6
    assert str(tmp_path) not in json.dumps(sarif(report))


# The same finding, the same fingerprint


def talk(at: int, port: int, *, extra: bool = False) -> list[Record]:
    """The flows of an intruder, at another time and from other ports."""
    intruder, server = "192.168.0.66", "192.168.0.1"
    records = converse("ShADadFf", Ends(intruder, port, server, 3389), at=at, isn=(port, port * 2))
    records += converse("Sr", Ends(intruder, port + 1, server, 445), at=at + SECOND, isn=(port, port))
    records += converse("ShA", Ends(intruder, port + 7, server, 58_123 + port % 10), at=at + 2 * SECOND, isn=(port, 7))
    if extra:
        records += converse("ShADad", Ends(intruder, port + 2, server, 3389), at=at + 3 * SECOND, isn=(port, 1))
        records += [datagram(Ends("192.168.0.77", port, server, 9999), at=at + 4 * SECOND)]
    return records


def judged(folder: Path, *records: list[Record]) -> Report:
    folder.mkdir()
    for number, some in enumerate(records):
        (folder / f"{number}.pcap").write_bytes(cap.pcap(some))
    return api.analyze(folder, site=LAB / "site.yaml", dissect=False)


def test_fingerprints_do_not_depend_on_time_order_and_ephemeral_ports(tmp_path: Path) -> None:
    one = fingerprints(judged(tmp_path / "one", talk(START, 40_000)))
    assert len(set(one)) == len(one) == 3
    other = fingerprints(judged(tmp_path / "other", talk(START + 10**14, 51_237)))
    assert other == one
    more = judged(tmp_path / "more", talk(START, 33_333, extra=True), talk(START + 600 * SECOND, 40_001))
    assert set(fingerprints(more)) > set(one)


def test_findings_of_a_report_have_fingerprints_of_their_own() -> None:
    found = fingerprints(dirty())
    assert len(set(found)) == len(found)


def test_the_log_is_the_same_every_time() -> None:
    one = files_of("sarif", dirty())["report.sarif"]
    assert files_of("sarif", dirty())["report.sarif"] == one
    assert one.isascii()
    assert not re.search(rb'"(guid|startTimeUtc|endTimeUtc|machine|account|workingDirectory)"', one)


# Messages by id


def resolved(run: Any, result: Any) -> str:
    """The message string of a result's id with its arguments in place, as 3.11.5 of the standard has it."""
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    text = rule["messageStrings"][result["message"]["id"]]["text"]
    arguments = result["message"]["arguments"]
    return re.sub(r"\{(\d+)\}", lambda found: str(arguments[int(found[1])]), text)


HOSTS = ("orig_h", "resp_h")


def with_hostile_hosts(report: Report) -> Report:
    """The report with other names of hosts, and the texts that are made of them."""
    names = sorted({*report.flows["orig_h"], *report.flows["resp_h"]})
    hosts = {"": ""} | dict(zip(names, itertools.cycle(HOSTILE), strict=False))
    assert report.messages is not None

    def renamed(table: Any) -> Any:
        ends = {name: np.array([hosts.get(host, "") for host in table[name]], dtype=object) for name in HOSTS}
        return table.assign(**{name: pd.Series(end, dtype="object") for name, end in ends.items()})

    flows, findings = renamed(report.flows), renamed(report.findings)
    details = flow_details(report.messages.flows, {name: flows[name] for name in flows})
    flows = flows.assign(detail=pd.Series(details, dtype="object"))
    by_flow = dict(zip(flows["flow"], details, strict=True))
    why = zip(findings["example_flow"], findings["why"], strict=True)
    texts = [by_flow.get(flow, text) for flow, text in why]
    return replace(report, flows=flows, findings=findings.assign(why=pd.Series(texts, dtype="object")))


@pytest.mark.parametrize("changed", [lambda report: report, with_hostile_hosts], ids=["as captured", "hostile hosts"])
def test_ids_and_arguments_give_the_text(changed: Callable[[Report], Report]) -> None:
    run = sarif(changed(dirty()))["runs"][0]
    keyed = [result for result in run["results"] if "id" in result["message"]]
    others = [result for result in run["results"] if "id" not in result["message"]]
    assert all(result["properties"]["verdict"] == "missing" for result in others)
    assert len({result["message"]["id"] for result in keyed}) > 5
    for result in keyed:
        assert resolved(run, result) == result["message"]["text"].replace("{{", "{").replace("}}", "}")


def test_a_result_has_the_codes_of_its_messages() -> None:
    ids = {
        (result["properties"]["service"], result["properties"]["outcome"]): result["message"]["id"]
        for result in results(dirty())
    }
    assert ids["tcp/3389 (rdp)", "established"] == "reason-no-row"
    assert ids["icmp/8 (echo)", "unreachable"].endswith("+captured-in")
    rules = {rule["id"]: rule for rule in sarif(dirty())["runs"][0]["tool"]["driver"]["rules"]}
    assert rules["no-row"]["messageStrings"]["reason-no-row"]["text"] == "{0}: No row of the table covers {1}."
    string = rules["existence-check"]["messageStrings"][ids["icmp/8 (echo)", "unreachable"]]["text"]
    assert string.startswith("{0}: Row `{1}` covers it, but it got no service.")
    assert re.search(r" \{\d+\}$", string)


def test_a_report_without_messages_has_texts_only() -> None:
    old = replace(dirty(), messages=None)
    assert complaints(sarif(old)) == []
    assert [result["message"] for result in results(old)] == [
        {"text": result["message"]["text"]} for result in results(dirty())
    ]
    assert not any("messageStrings" in rule for rule in sarif(old)["runs"][0]["tool"]["driver"]["rules"])


# Text from outside


def strings(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [text for key, value in part.items() for text in (key, *strings(value))]
    if isinstance(part, list):
        return [text for value in part for text in strings(value)]
    return [part] if isinstance(part, str) else []


def messages(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [text for value in part.values() for text in messages(value)]
    return [text for value in part for text in messages(value)] if isinstance(part, list) else []


def test_hostile_text_is_only_text_in_the_log() -> None:
    log = sarif(hostile())
    for text in strings(log):
        assert text.replace("\n", "").isprintable(), text
    for text in messages(log):
        rest = text.replace("\\\\", "").replace("\\[", "").replace("\\]", "").replace("{{", "").replace("}}", "")
        assert not re.search(r"[\[\]{}]", rest), text
    assert len(messages(log)) > 3 * len(HOSTILE)


def test_names_of_captures_lead_nowhere() -> None:
    names = (
        "/etc/passwd",
        "//evil.example/x",
        "http://evil.example/",
        "file:///etc/passwd",
        "a?b#c",
        "c:\\x",
        *HOSTILE,
    )
    base = hostile()
    captures = tuple(base.meta.captures[0].model_copy(update={"name": name}) for name in names)
    made = Report(base.meta.model_copy(update={"captures": captures}), base.flows, base.findings, base.rows, base.boots)
    found = [artifact["location"]["uri"] for artifact in sarif(made)["runs"][0]["artifacts"][-len(names) :]]
    for place in found:
        parts = urlsplit(place)
        assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", ""), place
        assert not place.startswith("/")


def test_results_are_limited_to_the_most_serious(monkeypatch: pytest.MonkeyPatch) -> None:
    report = lab()
    whole = json.loads(files_of("sarif", report)["report.sarif"])["runs"][0]
    assert len(whole["results"]) == len(report.findings) > 3
    monkeypatch.setattr("analyzer.render.report.sarif.MOST_RESULTS", 3)
    run = json.loads(files_of("sarif", report)["report.sarif"])["runs"][0]
    assert run["results"] == whole["results"][:3]
    assert {result["level"] for result in run["results"]} == {"error"}
    first, *others = run["invocations"][0]["toolExecutionNotifications"]
    assert first["message"]["text"] == (
        f"This log has the 3 most serious of {len(report.findings)} findings; findings.csv has all of them."
    )
    assert others == whole["invocations"][0]["toolExecutionNotifications"]
