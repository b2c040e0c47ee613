"""Recorded in a lab of network namespaces (lab/record.sh): every program is a stand-in, called as the table prints it
or as something else, so the truth is known. Socket tables show names alone, so nothing can be more than consistent."""

import pytest

from analyzer.host_evidence import HostFindings, attribute, read_host_evidence
from analyzer.rules import load_table
from analyzer.site import load_site
from tests.host_evidence.flowtable import judged_flows_of
from tests.program import ROOT

LAB = ROOT / "sample_pcaps" / "hosts"
PROFILE = LAB / "site.yaml"


def result_of(name: str, only: str = "*") -> tuple[HostFindings, list[str]]:
    flows = judged_flows_of(LAB / "recorded" / f"{name}.pcap", PROFILE)
    evidence = read_host_evidence(sorted((LAB / "recorded").glob(f"{name}-{only}.txt")))
    return attribute(flows, evidence, load_site(PROFILE), load_table(())), flows["rule"].tolist()


def test_programs_called_as_the_table_prints_them_are_consistent() -> None:
    result, rules = result_of("right")
    assert len(rules) == 11
    assert set(result.flows["program_evidence"]) == {"consistent"}
    assert {check.word for check in result.listeners if check.owners} == {"consistent"}


def test_planted_programs_are_contradicted_and_no_others() -> None:
    result, rules = result_of("wrong")
    planted = {"shutdown", "boot-tftp-request", "boot-agent"}
    for rule, word in zip(rules, result.flows["program_evidence"], strict=True):
        assert word == ("contradicted" if rule in planted else "consistent"), rule
    held = {check.port: check.word for check in result.listeners if check.owners}
    assert held == {
        56010: "contradicted", 69: "contradicted", 56030: "contradicted", 4011: "consistent", 56023: "consistent",
    }  # fmt: skip


def test_both_ends_of_a_flow_are_shown() -> None:
    result, rules = result_of("wrong")
    first = result.flows.iloc[rules.index("shutdown")]
    assert first["program"] == "psexec.exe -> agent.sh"
    assert first["orig_evidence"] == first["resp_evidence"] == "contradicted"


def test_without_the_tables_of_a_host_its_end_is_not_observable() -> None:
    result, rules = result_of("wrong", only="server")
    first = result.flows.iloc[rules.index("shutdown")]
    assert (first["orig_evidence"], first["resp_evidence"]) == ("contradicted", "not-observable")
    assert first["resp_why"] == "no-evidence-of-host"


@pytest.mark.parametrize("name", ["right", "wrong"])
def test_clocks_of_one_machine_are_close_to_the_captures(name: str) -> None:
    result, _ = result_of(name)
    assert len(result.clocks) == 3
    for clock in result.clocks:
        assert clock.basis == "anchors"
        # A table sees a connection at most one poll after it began.
        assert 0 <= clock.offset < 1_000_000_000
