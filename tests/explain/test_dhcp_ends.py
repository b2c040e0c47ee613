"""Explanations of flows whose DHCP messages show more than their addresses: the same answer as the report's."""

from pathlib import Path

import pytest

from analyzer.explain.saved import explain_flow
from analyzer.messages.english import sentence
from tests.explain.test_explain import save
from tests.test_cases import CASES, captures_of


@pytest.mark.parametrize(
    "case", ["relay_other_interface", "relay_giaddr_kinds", "relay_answer_ports", "boot_stranger", "link_groups"]
)
def test_an_explanation_agrees_with_the_report(case: str, tmp_path: Path) -> None:
    own = CASES / case / "site.yaml"
    captures = captures_of(CASES / case, None, tmp_path)
    saved = save(tmp_path / "report", captures, own if own.exists() else CASES / "site.yaml")
    for flow in saved.report.flows.to_dict("records"):
        if flow["rule"] in ("", "boot-tftp-reply"):  # a transfer is compared as its request
            continue
        (row,) = [one for one in explain_flow(saved.document, str(flow["flow"])).rows if one.rule.id == flow["rule"]]
        failing = [one.field.reason.value for one in row.failing_fields]
        assert failing[:1] == ([flow["reason"]] if flow["verdict"] == "unexpected" else []), flow


def test_a_stranger_is_no_managed_machine(tmp_path: Path) -> None:
    captures = captures_of(CASES / "boot_stranger", None, tmp_path)
    saved = save(tmp_path / "report", captures, CASES / "boot_stranger" / "site.yaml")
    (flow,) = saved.report.flows.loc[saved.report.flows["resp_p"] == 68, "flow"]
    (row,) = [one for one in explain_flow(saved.document, flow).rows if one.rule.id == "boot-dhcp-reply"]
    (field,) = row.failing_fields
    assert field.name == "responder-role"
    assert sentence(field.row) == "managed-machine, or a DHCP relay at port 67, 68 or 1067"
    assert sentence(field.flow) == "clients that the profile does not list"
