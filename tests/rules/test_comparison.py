"""Two tables compared: pairs of rows, what differs, what has no partner; as text, as JSON, and by exit code."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from analyzer.rules import RuleTable, load_table, table_from_packs
from analyzer.rules.comparison import compare_tables
from analyzer.rules.comparison_text import as_json, text
from tests.program import ROOT, run

BUILT_IN = ROOT / "rules" / "dpm.yaml"
IDS = [rule.id for rule in load_table().rules]
Change = Callable[[dict[str, Any]], object]


def pack() -> dict[str, Any]:
    return load_table().packs[0].model_dump(mode="json")


def table(data: Mapping[str, Any]) -> RuleTable:
    return table_from_packs([data], load_table().sources)


def row(data: dict[str, Any], rule_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(rule for rule in data["rules"] if rule["id"] == rule_id)
    return found


def changed(change: Change) -> RuleTable:
    data = pack()
    change(data)
    return table(data)


def test_a_table_equals_itself() -> None:
    comparison = compare_tables(load_table(), table(pack()))
    assert comparison.equal
    assert [pair.first.id for pair in comparison.common] == IDS
    assert text(comparison).endswith("The tables are equal.\n")


def test_where_a_table_comes_from_is_no_difference() -> None:
    other = changed(lambda data: data["provenance"].update(edition="second edition", title="another title"))
    comparison = compare_tables(load_table(), other)
    assert comparison.equal
    assert "edition second edition" in text(comparison)


@pytest.mark.parametrize(
    ("rule_id", "change", "fields"),
    [
        ("shutdown", lambda rule: rule["responder"].update(port=56_011), {"responder.port": (56_010, 56_011)}),
        ("power-on", lambda rule: rule.update(protocol="tcp"), {"protocol": ("udp", "tcp")}),
        ("power-on", lambda rule: rule.update(footnotes=[]), {"footnotes": ([3], [])}),
        ("boot-agent", lambda rule: rule.update(page=192), {"page": (191, 192)}),
        ("multicast", lambda rule: rule.update(note=None), {"note": (load_table().rule("multicast").note, None)}),
        ("command-line", lambda rule: rule["responder"].update(port_setting=None),
         {"responder.port_setting": ("web_port", None)}),
    ],
)  # fmt: skip
def test_a_row_that_differs_is_shown_field_by_field(
    rule_id: str, change: Change, fields: dict[str, tuple[Any, Any]]
) -> None:
    comparison = compare_tables(load_table(), changed(lambda data: change(row(data, rule_id))))
    (pair,) = comparison.changed
    assert (pair.first.id, pair.paired_by) == (rule_id, "id")
    assert {one.field: (one.first, one.second) for one in pair.differences} == fields
    assert len(comparison.common) == len(IDS) - 1
    assert not comparison.equal


def test_a_row_under_another_id_is_found_by_content() -> None:
    comparison = compare_tables(load_table(), changed(lambda data: row(data, "image-builder").update(id="ib")))
    (pair,) = comparison.changed
    assert (pair.first.id, pair.second.id, pair.paired_by) == ("image-builder", "ib", "content")
    assert [one.field for one in pair.differences] == ["id"]


def test_a_row_with_another_id_and_port_is_found_by_its_item() -> None:
    def change(data: dict[str, Any]) -> None:
        row(data, "shutdown").update(id="power-off")
        row(data, "power-off")["responder"]["port"] = 56_099

    (pair,) = compare_tables(load_table(), changed(change)).changed
    assert (pair.second.id, pair.paired_by) == ("power-off", "item")


def test_rows_of_one_item_are_not_paired_by_guess() -> None:
    def change(data: dict[str, Any]) -> None:
        for number, rule_id in enumerate(("boot-pxe-68", "boot-pxe-4011")):
            row(data, rule_id).update(id=f"other-{number}")
            row(data, f"other-{number}")["responder"]["port"] = 5000 + number

    comparison = compare_tables(load_table(), changed(change))
    assert [rule.id for rule in comparison.first_only] == ["boot-pxe-68", "boot-pxe-4011"]
    assert [rule.id for rule in comparison.second_only] == ["other-0", "other-1"]


def test_footnotes_uncovered_items_and_hints_differ_too() -> None:
    def change(data: dict[str, Any]) -> None:
        data["footnotes"]["10"]["page"] = 195
        del data["footnotes"]["3"]
        data["not_covered"] = data["not_covered"][1:]
        data["hints"] = [{"port": 1, "protocol": "tcp", "use": "a", "manual": "m"}]

    comparison = compare_tables(load_table(), changed(change))
    assert {(one.part, one.key) for one in comparison.parts} == {
        ("footnotes", "10.page"), ("footnotes", "3.page"), ("footnotes", "3.text"), ("footnotes", "3.needs"),
        ("not_covered", "Restore"), ("hints", "tcp/1"),
    }  # fmt: skip
    assert not comparison.equal


@settings(deadline=None, max_examples=25)
@given(st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS)))
def test_every_row_is_in_one_place(left_out: set[str], renamed: set[str]) -> None:
    data = pack()
    data["rules"] = [rule for rule in data["rules"] if rule["id"] not in left_out]
    for rule in data["rules"]:
        if rule["id"] in renamed:
            rule["id"] += "-x"
    other = table(data)
    comparison, mirrored = compare_tables(load_table(), other), compare_tables(other, load_table())
    first = [pair.first.id for pair in comparison.pairs] + [rule.id for rule in comparison.first_only]
    second = [pair.second.id for pair in comparison.pairs] + [rule.id for rule in comparison.second_only]
    assert sorted(first) == sorted(IDS)
    assert sorted(second) == sorted(rule.id for rule in other.rules)
    assert {(pair.first.id, pair.second.id) for pair in comparison.pairs} == {
        (pair.second.id, pair.first.id) for pair in mirrored.pairs
    }
    assert comparison.equal == (not left_out and not renamed & set(IDS))


@pytest.fixture
def second_edition(tmp_path: Path) -> Path:
    data = YAML(typ="safe").load(BUILT_IN)
    row(data, "shutdown")["responder"]["port"] = 56_011
    row(data, "shutdown")["item"] = "Shutdown\x1b[31m\nnew"
    path = tmp_path / "second.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(data, file)
    return path


def test_the_command_says_by_its_exit_code_whether_they_differ(second_edition: Path) -> None:
    assert run("rules", "diff", "dpm", BUILT_IN).exit_code == 0
    done = run("rules", "diff", "dpm", second_edition)
    assert done.exit_code == 1
    assert "13 rows in common, 1 changed, 0 only in the first, 0 only in the second" in done.stdout
    assert "  responder.port: 56010 -> 56011\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_command_prints_json(second_edition: Path) -> None:
    done = run("rules", "diff", "dpm", second_edition, "--format", "json")
    document = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (document["version"], document["equal"]) == (1, False)
    assert {"field": "responder.port", "first": 56_010, "second": 56_011} in document["changed"][0]["fields"]
    assert [one["first"] for one in document["common"]] == [one for one in IDS if one != "shutdown"]
    assert document == json.loads(as_json(compare_tables(load_table(), load_table([str(second_edition)]))))


def test_an_overlay_is_compared_over_the_built_in_table() -> None:
    done = run("rules", "diff", "dpm", "oem-hitachi")
    assert done.exit_code == 1
    assert "14 rows in common, 0 changed" in done.stdout


def test_a_pack_that_cannot_be_read_is_an_error() -> None:
    done = run("rules", "diff", "dpm", "no-such-pack.yaml")
    assert done.exit_code == 2
    assert "no-such-pack.yaml" in done.stderr
