"""The messages of the document: they are the facts behind its texts, and are read back strictly."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from analyzer import pipeline
from analyzer.errors import DocumentError
from analyzer.messages import english
from analyzer.report import Report, from_json, to_json
from tests.program import ROOT

LAB = ROOT / "sample_pcaps" / "lab"


@cache
def dirty() -> Report:
    captures = [LAB / name for name in ("dirty_server.pcap", "dirty_segA.pcap", "dirty_segB.pcap")]
    return pipeline.analyze(captures, site=LAB / "site.yaml", dissect=False)


def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(to_json(dirty()))
    return made


def test_detail_is_the_sentences_of_the_messages() -> None:
    report = dirty()
    assert report.messages is not None
    lines = report.flows.to_dict("records")
    for line, code in zip(lines, report.messages.flows.codes.tolist(), strict=True):
        row = {str(name): value for name, value in line.items()}
        assert row["detail"] == english.text(report.messages.flows.groups[code], row)


def test_flows_with_the_same_facts_share_a_group() -> None:
    saved = document()["messages"]["flows"]
    verdicts = document()["flows"]["verdict"]
    background = [code for code, word in zip(saved["codes"], verdicts, strict=True) if word == "background"]
    assert len(background) > 10
    assert len(set(background)) == 1
    assert len({json.dumps(group) for group in saved["groups"]}) == len(saved["groups"])


def test_messages_come_back_as_they_were() -> None:
    text = to_json(dirty())
    assert to_json(from_json(text)) == text


def test_a_document_without_messages_is_read_and_written_as_it_was() -> None:
    old = document()
    del old["messages"]
    text = json.dumps(old, sort_keys=True, separators=(",", ":")) + "\n"
    report = from_json(text)
    assert report.messages is None
    assert to_json(report) == text


def code_without_group(saved: Any) -> None:
    saved["codes"][0] = len(saved["groups"])


def negative_code(saved: Any) -> None:
    saved["codes"][0] = -1


def code_that_is_true(saved: Any) -> None:
    saved["codes"][0] = True


def too_few_codes(saved: Any) -> None:
    saved["codes"].pop()


def another_part(saved: Any) -> None:
    saved["words"] = []


def text_for_a_message(saved: Any) -> None:
    saved["groups"][0][0] = "row-covers"


def unknown_code(saved: Any) -> None:
    saved["groups"][0][0]["code"] = "nonsense"


def value_missing(saved: Any) -> None:
    saved["groups"][0][0] = {"code": "row-covers", "values": {}}


def unknown_column(saved: Any) -> None:
    saved["groups"][0][0] = {"code": "row-covers", "values": {"rule": {"column": "password"}}}


def value_of_another_kind(saved: Any) -> None:
    saved["groups"][0][0] = {"code": "vantage-host", "values": {"capture": "x", "hosts": 3}}


DAMAGES = (
    code_without_group, negative_code, code_that_is_true, too_few_codes, another_part, text_for_a_message, unknown_code,
    value_missing, unknown_column, value_of_another_kind,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged_messages_are_refused(damage: Callable[[Any], None]) -> None:
    broken = document()
    damage(broken["messages"]["flows"])
    with pytest.raises(DocumentError, match="analyse again"):
        from_json(json.dumps(broken))


@pytest.mark.parametrize("depth", [900, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    broken = document()
    broken["messages"]["flows"]["groups"][0][0] = {"code": "row-covers", "values": {"rule": "NESTED"}}
    with pytest.raises(DocumentError, match="analyse again"):
        from_json(json.dumps(broken).replace('"NESTED"', "[" * depth + "]" * depth))
