"""A difference for programs."""

import json
from typing import Any

import numpy as np
import pandas as pd

from analyzer.difference import Difference
from analyzer.difference.columns import COLUMNS, SAME

SCHEMA = "dpm-analyzer-difference/1"


def text(difference: Difference, folders: tuple[str, str]) -> str:
    """One object of ASCII; docs/diff.md has its shape. ``folders``: the reports, as the user named them."""
    document = {
        "schema": SCHEMA,
        "a": folders[0],
        "b": folders[1],
        "headline": difference.headline,
        "differs": bool(difference),
        "counts": difference.counts(),
    }
    document |= {name: _lines(name, getattr(difference, name)) for name in COLUMNS}
    return json.dumps(document, ensure_ascii=True, indent=1) + "\n"


def _lines(name: str, table: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of a table; lines without a change only for findings and the basis."""
    if name not in ("findings", "basis"):
        table = table[table["change"] != SAME]
    columns = [_values(table[column]) for column in table.columns]
    return [dict(zip(table.columns, line, strict=True)) for line in zip(*columns, strict=True)]


def _values(column: "pd.Series[Any]") -> list[Any]:
    """Texts, whole numbers, and times as text; null for none."""
    there = column.notna()
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        stamps = np.datetime_as_string(column.dt.tz_convert(None).to_numpy("datetime64[ns]"), unit="ns")
        return [f"{stamp}Z" if known else None for stamp, known in zip(stamps.tolist(), there.tolist(), strict=True)]
    return column.astype(object).where(there, None).tolist()
