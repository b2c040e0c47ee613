"""The tables of the document as CSV: UTF-8, lines end with LF, quotes where they are needed, columns as documented.

Written column by column, each distinct text escaped once: a million flows take seconds.
"""

from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import compute

from analyzer.render.escape import cell
from analyzer.report import INTEGERS, TABLES, Report


def files(report: Report) -> dict[str, bytes]:
    """``flows.csv``, ``findings.csv``, ``rows.csv`` and ``boots.csv``."""
    return {f"{name}.csv": text(getattr(report, name)).encode() for name in TABLES}


def text(frame: pd.DataFrame) -> str:
    """A table of the document as CSV with its header; -1 in a column of whole numbers is written empty."""
    columns = [_column(str(name), frame[name]) for name in frame.columns]
    lines = compute.binary_join_element_wise(*columns, pa.scalar(",", pa.large_string()))
    return "\n".join([",".join(frame.columns), *lines.to_pylist(), ""])


def _column(name: str, values: "pd.Series[Any]") -> Any:
    if name in INTEGERS:
        numbers = pa.array(values.to_numpy("int64"), mask=(values == -1).to_numpy())
        return numbers.cast(pa.large_string()).fill_null("")
    places, distinct = pd.factorize(values.to_numpy("object"), use_na_sentinel=False)
    return pa.array([_quoted(value) for value in distinct], pa.large_string()).take(pa.array(places))


def _quoted(value: Any) -> str:
    text = "" if value is None else str(cell(value))
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text
