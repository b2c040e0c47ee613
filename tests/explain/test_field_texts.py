"""What ``explain`` prints for a field agrees with whether the field holds, from a line of a saved flow table on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer.columns import Integers, Truths, Words
from analyzer.explain.comparison import FieldComparison, compare_rows
from analyzer.explain.facts import SavedContext, column_of, facts_of
from analyzer.messages.english import sentence
from analyzer.rules import load_table
from analyzer.site import load_site
from tests.program import ROOT

SITE: Path = ROOT / "sample_pcaps" / "lab" / "site.yaml"
SERVER, MACHINE = "192.168.0.1", "192.168.0.21"
INTERNAL_PORT = next(rule.responder.port for rule in load_table().rules if rule.id == "server-internal")
LINE: dict[str, Any] = {
    "flow": "f1", "proto": "tcp", "orig_h": MACHINE, "orig_p": 40000, "resp_h": SERVER, "resp_p": INTERNAL_PORT,
    "orig_role": "managed-machine", "resp_role": "dpm-server", "orig_mac": "", "resp_mac": "", "cast": "unicast",
    "application": "", "resp_pkts": 1, "verdict": "unexpected",
}  # fmt: skip


def context() -> SavedContext:
    roles = {(SERVER, ""): ("dpm-server", "dhcp-server"), (MACHINE, ""): ("managed-machine",)}
    return SavedContext(load_table(), load_site(SITE), roles, {}, {}, {})


def field_of(line: dict[str, Any], rule: str, field: str) -> FieldComparison:
    row = next(row for row in compare_rows(line, context()) if row.rule.id == rule)
    return next(one for one in row.fields if one.name == field)


@pytest.mark.parametrize(
    ("changes", "state", "flow_text"),
    [
        ({"orig_h": SERVER, "orig_role": "dpm-server"}, "holds", "inside one machine"),
        (
            {"orig_h": "127.0.0.1", "resp_h": "127.0.0.1", "orig_role": "other", "resp_role": "other"},
            "holds",
            "inside one machine",
        ),
        ({}, "fails", "from another machine"),
    ],
)
def test_a_row_inside_one_machine_says_where_the_flow_was(changes: dict[str, Any], state: str, flow_text: str) -> None:
    found = field_of({**LINE, **changes}, "server-internal", "on-the-wire")
    assert (found.state, sentence(found.flow)) == (state, flow_text)


def test_no_field_that_holds_prints_the_opposite() -> None:
    """On a row that is inside one machine only, 'between machines' never holds."""
    other = {"resp_h": "192.168.0.50", "resp_role": "other"}
    for changes in ({"orig_h": SERVER, "orig_role": "dpm-server"}, {}, other):
        found = field_of({**LINE, **changes}, "server-internal", "on-the-wire")
        assert sentence(found.flow) != "between machines"


def test_the_columns_of_a_line_become_facts() -> None:
    facts = facts_of({**LINE, "application": "http", "orig_p": -1}, context())
    assert (facts.proto[0], facts.orig_p[0], facts.resp_p[0]) == (6, 0, INTERNAL_PORT)
    assert facts.application[0] == "http"
    assert facts.recognised[0]
    assert len(facts) == 1


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [("20", Integers, 20), (20, Integers, 20), ("-1", Integers, -1), ("", Integers, -1), ("10,20", Integers, -1),
     ("http", Words, "http"), (0, Truths, False), (np.int64(7), Integers, 7)],
)  # fmt: skip
def test_a_value_of_a_line_becomes_a_column_of_its_kind(value: Any, kind: Any, expected: Any) -> None:
    assert column_of(value, kind).tolist() == [expected]
