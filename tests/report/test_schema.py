"""The published JSON Schema of report.json: it is that of the model, and every document is valid by it."""

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from analyzer import pipeline as api
from analyzer.flows.options import ReadOptions
from analyzer.report import INTEGERS, TABLES, ReadSettings, to_json
from analyzer.report.schema import schema, text
from tests.program import ROOT
from tests.reports import empty, fleet
from tests.test_cases import CASES, captures_of

PUBLISHED = ROOT / "docs" / "report.schema.json"
RENEW = "docs/report.schema.json is not that of the code: python -m analyzer.report.schema > docs/report.schema.json"
SAMPLES = sorted((ROOT / "sample_pcaps").glob("*/*.pcap*"))


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def complaints(document: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in validator().iter_errors(document)]


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == text(), RENEW


def test_it_is_a_schema_and_loads_nothing() -> None:
    Draft202012Validator.check_schema(schema())

    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from (value for key, value in part.items() if key == "$ref")
            for value in part.values():
                yield from references(value)

    assert all(reference.startswith("#/$defs/") for reference in references(schema()))
    assert schema()["$id"].startswith("urn:")


def test_every_column_and_part_says_what_it_means() -> None:
    made = schema()
    for table, columns in TABLES.items():
        observed = made["properties"][table]["properties"]
        assert list(observed) == list(columns)
        assert all(len(column["description"]) > 10 for column in observed.values())
        assert all(
            (column["items"].get("type") == "integer") == (name in INTEGERS) for name, column in observed.items()
        )
    assert all(part["description"] for part in made["$defs"]["Meta"]["properties"].values())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_documents_of_samples_are_valid(sample: Path) -> None:
    assert complaints(json.loads(to_json(api.analyze(sample, dissect=False)))) == []


@pytest.mark.parametrize("case", sorted(path.parent for path in CASES.glob("*/expect.yaml"))[::6], ids=lambda c: c.name)
def test_documents_of_cases_are_valid(case: Path, tmp_path: Path) -> None:
    wanted = YAML(typ="safe").load(case / "expect.yaml")
    captures = captures_of(case, wanted.get("captures"), tmp_path)
    site = (case / wanted["site"]).resolve() if "site" in wanted else None
    report = api.analyze(
        captures, site=site, rules=[str(case / name) for name in wanted.get("rules", ())], dissect=False
    )
    assert complaints(json.loads(to_json(report))) == []


@pytest.mark.parametrize("report", [empty(), fleet(20, 100)], ids=["empty", "fleet"])
def test_made_documents_are_valid(report: Any) -> None:
    assert not [
        text for text in complaints(json.loads(to_json(report))) if ".ts[" not in text and "duration" not in text
    ]


def broken() -> Iterator[tuple[str, Any]]:
    whole = json.loads(to_json(api.analyze(ROOT / "sample_pcaps" / "made" / "boot_complete.pcap", dissect=False)))
    assert complaints(whole) == []

    def changed(*path: str | int, to: Any = None) -> Any:
        document = copy.deepcopy(whole)
        part = document
        for step in path[:-1]:
            part = part[step]
        if to is None:
            del part[path[-1]]
        else:
            part[path[-1]] = to
        return document

    yield "another version", changed("schema", to="dpm-analyzer-report/2")
    yield "a part missing", changed("meta", "captures")
    yield "a part too many", changed("meta", "author", to="me")
    yield "a column missing", changed("flows", "verdict")
    yield "a column too many", changed("flows", "colour", to=[])
    yield "an unknown verdict", changed("flows", "verdict", 0, to="fine")
    yield "an unknown state", changed("flows", "conn_state", 0, to="OK")
    yield "text for a number", changed("flows", "orig_pkts", 0, to="3")
    yield "less than none", changed("flows", "orig_pkts", 0, to=-2)
    yield "a time of another kind", changed("flows", "ts", 0, to="yesterday")
    yield "a status of a row", changed("rows", "status", 0, to="done")
    yield "frames that are text", changed("meta", "captures", 0, "frames", to="many")
    yield "no table", changed("boots")


def test_a_broken_document_is_not_valid() -> None:
    assert [name for name, document in broken() if not complaints(document)] == []


def test_the_document_has_every_option_of_reading() -> None:
    options = ReadOptions(outer=True, resync=True, max_flows=7)
    assert ReadSettings(**asdict(options)).options == options
    assert ReadSettings().options == ReadOptions()
