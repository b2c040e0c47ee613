"""The tables of a difference: their columns, and what these hold."""

from typing import Any

import numpy as np
import pandas as pd

from analyzer.palette import BOOTS, STATUSES, VERDICTS
from analyzer.text import visible_texts
from analyzer.values import Status

NEW, CHANGED, GONE, SAME = CHANGES = ("new", "changed", "gone", "same")
TEXT = pd.StringDtype("python")
"""Arrow's own texts hold no lone surrogate; those of a report do."""
CHANGE = pd.CategoricalDtype(list(CHANGES))
VERDICT = pd.CategoricalDtype([Status.MISSING.value, *(look.word for look in VERDICTS)])
STATUS = pd.CategoricalDtype([look.word for look in STATUSES])
BOOT = pd.CategoricalDtype([look.word for look in BOOTS])

NUMBERS = frozenset({"flows", "pkts", "bytes", "attempts", "complete"})
TIMES = frozenset({"first", "last"})


def _columns(shared: str, apart: str = "", beside: str = "", **words: pd.CategoricalDtype) -> dict[str, Any]:
    """Column -> dtype. ``apart``: one of each report, ``NAME_a`` and ``NAME_b``; ``words``: dtypes of their own."""
    twice = {f"{name}_{letter}": name for name in apart.split() for letter in "ab"}
    names = {**dict.fromkeys(shared.split()), **twice, **dict.fromkeys(beside.split())}
    return {column: words.get(name or column) or _dtype(name or column) for column, name in names.items()}


def _dtype(name: str) -> Any:
    return "Int64" if name in NUMBERS else "datetime64[ns, UTC]" if name in TIMES else TEXT


COLUMNS: dict[str, dict[str, Any]] = {
    "findings": _columns(
        "change verdict reason rule item orig resp proto service",
        "flows pkts bytes outcomes first last why finding flow orig_h orig_name resp_h resp_name",
        "instead doubt stopped",
        change=CHANGE,
        verdict=VERDICT,
    )
    | {"stopped": "bool"},
    "flows": _columns(
        "change orig resp proto service",
        "verdict judged flows pkts bytes first last flow orig_h orig_name resp_h resp_name",
        "doubt",
        change=CHANGE,
        verdict=VERDICT,
    ),
    "rows": _columns("change rule item machine", "status flows why machine_name", change=CHANGE, status=STATUS),
    "boots": _columns(
        "change client", "status stalled_at attempts complete why client_mac machine", change=CHANGE, status=BOOT
    ),
    "hosts": _columns("change host", "roles addresses basis name", change=CHANGE),
    "basis": _columns("what a b", beside="differs detail") | {"differs": "bool"},
}
"""The tables and their columns; ``_a`` and ``_b`` are of the first and of the second report. docs/diff.md says what
each column means."""


def frame(data: dict[str, Any]) -> pd.DataFrame:
    """A table whose texts stay objects: pandas would make Arrow's of them."""
    return pd.DataFrame(
        {
            name: pd.Series(values, dtype=values.dtype) if isinstance(values, np.ndarray) else values
            for name, values in data.items()
        }
    )


def index(*levels: Any) -> pd.MultiIndex:
    """An index of several levels, its texts objects likewise."""
    return pd.MultiIndex.from_arrays([pd.Index(level, dtype=object) for level in levels])


def typed(name: str, data: dict[str, Any]) -> pd.DataFrame:
    """A table with its columns and dtypes, also where it is empty."""
    columns = COLUMNS[name]
    return pd.DataFrame(
        {column: _typed(data[column], dtype) for column, dtype in columns.items()}, columns=list(columns)
    )


def _typed(values: Any, dtype: Any) -> "pd.Series[Any]":
    """A column; in one of a few words, any other is none."""
    if isinstance(dtype, pd.CategoricalDtype):
        codes = dtype.categories.get_indexer(pd.Index(values, dtype=object))
        return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype))
    texts = visible_texts(list(values)) if dtype is TEXT else values
    column: pd.Series[Any] = pd.Series(texts, dtype=dtype)
    return column
