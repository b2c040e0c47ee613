"""The tables of a run: the values of the document, each with its type, in copies that belong to the reader."""

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analyzer import Run, analyze, values
from analyzer.api.tables import COLUMNS, DTYPES, RunColumn, captures
from analyzer.flows.conn_state import CONN_STATES
from analyzer.report import FLOW_COLUMNS, Report
from tests import reports
from tests.program import ROOT
from tests.systems import posix

LAB = ROOT / "sample_pcaps" / "lab"
MADE = ROOT / "sample_pcaps" / "made"
SAMPLES = sorted((ROOT / "sample_pcaps").glob("*/*.pcap*"))


@cache
def judged(*names: str) -> Run:
    return analyze([ROOT / "sample_pcaps" / name for name in names], dissect=False)


@cache
def dirty() -> Run:
    return analyze(sorted(LAB.glob("dirty_*.pcap")), site=LAB / "site.yaml", dissect=False)


def written(value: Any, column: RunColumn) -> Any:
    """A value of a table as the document has it."""
    if pd.isna(value):
        return -1 if column.kind == "number" else ""
    if column.kind == "time":
        return value.value
    return Decimal(value.value) / 10**9 if column.kind == "span" else value


def of_document(text: Any, column: RunColumn) -> Any:
    """The document's value, to be compared: times and durations in nanoseconds, with any number of digits."""
    if text != "" and column.kind == "time":
        return pd.Timestamp(text).value
    return Decimal(text) if text != "" and column.kind == "span" else text


def tables_of(report: Report) -> dict[str, pd.DataFrame]:
    named = {name: getattr(report, name) for name in ("flows", "findings", "rows", "boots")}
    return {**named, "captures": captures(report)}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_every_value_is_that_of_the_document(sample: Path) -> None:
    run = judged(f"{sample.parent.name}/{sample.name}")
    for name, observed in tables_of(run.report).items():
        frame = getattr(run, name)
        for column in COLUMNS[name]:
            had = [written(value, column) for value in frame[column.name].tolist()]
            assert had == [of_document(text, column) for text in observed[column.name]], (name, column.name)


def made(**more: Any) -> Run:
    """A run of a single flow."""
    line = reports.flow(1, "10.0.0.1/other", "10.0.0.2/other", "tcp/1", "expected", **more)
    return Run(replace(reports.empty(), flows=reports.frame(FLOW_COLUMNS, [line])))


def test_times_are_exact_to_the_nanosecond() -> None:
    flows = made(ts="2026-11-22T10:10:01.123456789Z", duration="86400.000000001").flows
    assert flows["ts"][0].value % 10**9 == 123456789
    assert flows["duration"][0] == pd.Timedelta(days=1) + pd.Timedelta(1, unit="ns")


@pytest.mark.parametrize(
    "run", [dirty, lambda: Run(reports.empty()), lambda: Run(reports.lab())], ids=["some", "none", "made"]
)
def test_types_are_the_same_with_lines_and_without(run: Any) -> None:
    for name, columns in COLUMNS.items():
        frame = getattr(run(), name)
        assert list(frame.columns) == [column.name for column in columns]
        assert [str(frame[column.name].dtype) for column in columns] == [column.dtype for column in columns], name


def test_every_kind_of_value_is_there() -> None:
    kinds = {column.kind for columns in COLUMNS.values() for column in columns}
    assert kinds == set(DTYPES)


@pytest.mark.parametrize(
    ("table", "name", "words"),
    [
        ("flows", "verdict", values.Verdict),
        ("flows", "reason", values.Reason),
        ("flows", "outcome", values.Outcome),
        ("flows", "orig_role", values.Role),
        ("flows", "cast", values.Cast),
        ("flows", "direction_basis", values.Basis),
        ("flows", "conn_state", CONN_STATES),
        ("findings", "verdict", ("unexpected", "blocked", "missing")),
        ("rows", "status", values.Status),
        ("boots", "status", values.BootStatus),
    ],
)
def test_words_that_did_not_come_are_counted_as_none(table: str, name: str, words: Any) -> None:
    for run in (dirty(), Run(reports.empty())):
        column = getattr(run, table)[name]
        assert list(column.cat.categories) == [str(word) for word in words]
        assert len(column.value_counts()) == len(list(words))


def test_a_word_of_another_version_is_kept() -> None:
    report = reports.lab()
    report.flows.loc[0, "outcome"] = "teleported"
    outcome = Run(report).flows["outcome"]
    assert (outcome[0], list(outcome.cat.categories)) == ("teleported", [*values.Outcome, "teleported"])


def test_whole_numbers_stay_whole_where_one_is_absent() -> None:
    ports = pd.concat([made(proto="47", orig_p=-1, resp_p=-1, first_frame=-1).flows, made(orig_p=49152).flows])
    assert ports["orig_p"].tolist() == [pd.NA, 49152]
    assert ports["resp_p"].isna().tolist() == ports["first_frame"].isna().tolist() == [True, False]
    assert (ports["orig_p"] == 49152).sum() == 1


def test_a_changed_table_changes_no_run() -> None:
    run = dirty()
    for name in COLUMNS:
        frame = getattr(run, name)
        before = frame.to_csv()
        for column in frame:
            frame.loc[0, column] = frame[column].iloc[-1]
        frame["more"] = 1
        del frame[frame.columns[0]]
        assert getattr(run, name).to_csv() == before
    assert list(run.report.flows.columns) == [column.name for column in COLUMNS["flows"]]


@posix("names of files are Unicode on Windows")
def test_a_name_that_is_no_unicode_is_text(tmp_path: Path) -> None:
    capture = tmp_path / "odd-\udcff.pcap"
    capture.write_bytes((LAB / "clean_segB.pcap").read_bytes())
    run = analyze(capture, dissect=False)
    assert set(run.flows["capture"]) == set(run.captures["capture"])
    assert run.flows["capture"].str.startswith("odd-").all()


def test_captures_show_where_every_frame_went() -> None:
    run = analyze([LAB / "dirty_segA.pcap", MADE / "snapped.pcap", MADE / "truncated.pcap"], dissect=False)
    observed = run.captures
    assert (observed["frames"] == observed["in_flows"] + observed["set_aside"]).all()
    assert observed.set_index("capture").loc["truncated.pcap", "damage"]
    assert observed["snapped"].gt(0).any()
    assert observed["first_ts"].le(observed["last_ts"]).all()


@pytest.mark.parametrize("name", list(COLUMNS))
def test_every_column_is_documented_with_its_type(name: str) -> None:
    observed = vars(Run)[name].__doc__
    for column in COLUMNS[name]:
        assert f"\n            {column.name} ({column.dtype}): {column.meaning}" in observed
        assert all(word in observed for word in column.words)
    assert "-1" not in observed
    assert "ISO 8601" not in observed
