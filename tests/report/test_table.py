"""Tables of the document are made without copies of their columns, and findings without tables in between."""

from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from analyzer.report import INTEGERS, TABLES, findings
from analyzer.report.model import table
from analyzer.rules import load_table
from tests.reports import lab


@pytest.mark.parametrize("name", TABLES)
def test_a_table_keeps_the_arrays_of_its_columns(name: str) -> None:
    data = {
        column: np.arange(3) if column in INTEGERS else np.array(["a", "", "c"], dtype=object)
        for column in TABLES[name]
    }
    made = table(TABLES[name], data)
    assert made.columns.tolist() == list(TABLES[name])
    assert made.index.equals(pd.RangeIndex(3))
    assert {column: str(made[column].dtype) for column in made} == {
        column: "int64" if column in INTEGERS else "object" for column in TABLES[name]
    }
    assert all(np.shares_memory(made[column].to_numpy(), data[column]) for column in TABLES[name])
    assert table(TABLES[name]).dtypes.tolist() == made.dtypes.tolist()


@pytest.mark.parametrize("short", TABLES["rows"])
def test_columns_of_different_lengths_are_refused(short: str) -> None:
    data = {column: [1, 2] if column in INTEGERS else ["a", "b"] for column in TABLES["rows"]}
    with pytest.raises(ValueError, match="Length of values"):
        table(TABLES["rows"], data | {short: data[short][:1]})


def test_findings_are_made_as_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table takes a millisecond, as long as all else that finds them in a small capture."""
    made = Mock(side_effect=table)
    monkeypatch.setattr(findings, "table", made)
    report = lab()
    found = findings.find_findings(report.flows, report.rows, load_table(())).table
    assert set(found["verdict"]) == {"unexpected", "blocked", "missing"}
    assert made.call_count == 1
