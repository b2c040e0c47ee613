"""Every folder of tests/cases: its captures are analysed, and each of its expectations must hold."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from analyzer.pipeline import load
from analyzer.render import files_of
from tests.program import read_table, run

CASES = Path(__file__).with_name("cases")
SUFFIXES = {".pcap", ".pcapng"}
KEYS = {"site", "captures", "rules", "options", "dissect", "exit", "rows"}
MESSAGES = "messages"
"""The column of message codes that flows get beside those of flows.csv."""
ROW_KEYS = {"table", "where", "count", "is", "has", "messages", "waits_for"}


@pytest.fixture(autouse=True)
def _tables_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case looks at tables and messages: nothing else is written, since charts take longer than all the rest."""
    written = ("csv", "json")
    monkeypatch.setattr(
        "analyzer.render.everything",
        lambda report, *_rest: [file for name in written for file in files_of(name, report).items()],
    )


def captures_of(case: Path, listed: list[str] | None, scratch: Path) -> list[Path]:
    if listed is not None:
        return [(case / name).resolve() for name in listed]
    script = case / "build.py"
    if not script.is_file():
        return sorted(path for path in case.iterdir() if path.suffix in SUFFIXES)
    spec = importlib.util.spec_from_file_location(f"case_{case.name}", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = scratch / "captures"
    folder.mkdir()
    module.build(folder)
    return sorted(folder.iterdir())


def select(frame: pd.DataFrame, values: dict[str, Any]) -> pd.DataFrame:
    for column, value in values.items():
        frame = frame[frame[column] == str(value)]
    return frame


def complaint(expectation: dict[str, Any], frame: pd.DataFrame) -> str:
    """What is wrong with the table; nothing where the expectation holds."""
    where, wanted, count = expectation["where"], expectation.get("is", {}), expectation.get("count", 1)
    parts = {column: [text] if isinstance(text, str) else text for column, text in expectation.get("has", {}).items()}
    found = select(frame, where)
    fitting = select(found, wanted)
    for column, texts in parts.items():
        for text in texts:
            fitting = fitting[fitting[column].str.contains(text, regex=False)]
    codes = expectation.get("messages", [])
    if codes:
        fitting = fitting[fitting[MESSAGES].map(lambda own: not set(codes) - set(own.split()))]
    if len(found) == count == len(fitting):
        return ""
    shown = found if len(found) else frame
    columns = list(dict.fromkeys([*where, *wanted, *(name for name in ("detail", "why", MESSAGES) if name in frame)]))
    asked = f"{count} with {wanted or ''} {parts or ''} {codes or ''} expected, {len(found)} found"
    return f"{expectation['table']} where {where}: {asked}.\n{shown[columns].to_string(index=False, max_colwidth=400)}"


def read_columns(report: Path, table: str) -> pd.DataFrame:
    """A table as its CSV file has it, that of flows with the codes of each flow's messages."""
    frame = read_table(report / f"{table}.csv")
    if table == "flows":
        saved = json.loads((report / "report.json").read_text(encoding="utf-8"))["messages"]["flows"]
        groups = [" ".join(message["code"] for message in group) for group in saved["groups"]]
        frame[MESSAGES] = [groups[code] for code in saved["codes"]]
    return frame


def verdicts(case: dict[str, Any], report: Path) -> list[str]:
    complaints = []
    for expectation in case["rows"]:
        assert set(expectation) <= ROW_KEYS, f"unknown keys: {set(expectation) - ROW_KEYS}"
        wrong = complaint(expectation, read_columns(report, expectation["table"]))
        waits = expectation.get("waits_for")
        if wrong and not waits:
            complaints.append(wrong)
        elif waits and not wrong:
            complaints.append(f"{expectation['where']} holds now: it need not wait for {waits} any more")
    return complaints


@pytest.mark.parametrize(
    "case", sorted(path.parent for path in CASES.glob("*/expect.yaml")), ids=lambda case: case.name
)
def test_case(case: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    wanted = YAML(typ="safe").load(case / "expect.yaml")
    if wanted.get("dissect"):
        request.getfixturevalue("tshark")
    assert set(wanted) <= KEYS, f"unknown keys: {set(wanted) - KEYS}"
    captures = captures_of(case, wanted.get("captures"), tmp_path)
    site = ["--site", (case / wanted["site"]).resolve()] if "site" in wanted else []
    rules = [part for name in wanted.get("rules", ()) for part in ("--rules", (case / name).resolve())]
    report = tmp_path / "report"
    dissect = [] if wanted.get("dissect") else ["--no-dissect"]
    result = run("analyze", *captures, *site, *rules, *dissect, "--out", report, *wanted.get("options", ()))
    assert result.exit_code in {0, 1, 4}, result.stderr
    load(report)
    complaints = verdicts(wanted, report)
    assert not complaints, "\n\n".join(complaints)
    assert result.exit_code == wanted.get("exit", 1)


@pytest.mark.parametrize("case", sorted(CASES.glob("[!_]*/")), ids=lambda case: case.name)
def test_a_case_shows_what_it_shows(case: Path) -> None:
    assert (case / "README.md").is_file()
    assert (case / "expect.yaml").is_file()
