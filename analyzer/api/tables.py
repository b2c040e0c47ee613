"""The tables of a run: the columns of the document, each with the pandas type of its values.

| in the document | here | if there is none |
|---|---|---|
| a time | ``datetime64[ns, UTC]`` | ``NaT`` |
| a duration | ``timedelta64[ns]`` | ``NaT`` |
| a whole number that may be absent | ``Int64`` | ``<NA>`` |
| a whole number that is always there | ``int64`` | |
| one of a few words | ``category``, all the words in their order | ``NaN`` |
| any other text | ``string``, control characters in it written as escapes (``\\x1b``) | an empty text |
| yes or no | ``bool`` | |
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analyzer.report import INTEGERS, TABLES, Capture, Report
from analyzer.report.column_forms import TIMES, WORDS
from analyzer.report.meta import CAPTURE_MEANINGS
from analyzer.report.schema import MEANINGS
from analyzer.text import visible_texts
from analyzer.times import SECOND, duration_text, time_text

Kind = Literal["time", "span", "number", "count", "word", "text", "truth"]

ABSENT = frozenset({"orig_p", "resp_p", "first_frame"})
"""Whole numbers that can be absent from a line."""
DTYPES: dict[Kind, str] = {
    "time": "datetime64[ns, UTC]",
    "span": "timedelta64[ns]",
    "number": "Int64",
    "count": "int64",
    "word": "category",
    "text": "string",
    "truth": "bool",
}
TEXT = pd.StringDtype("python")
"""Text as Python strings: the document's texts are not copied, and a file name may contain invalid Unicode."""


@dataclass(frozen=True)
class RunColumn:
    """A column of a run's table. ``kind``: the type of its values; ``words``: the values that it can have, if few."""

    name: str
    kind: Kind
    meaning: str
    words: tuple[str, ...] = ()

    @property
    def dtype(self) -> str:
        """The type as pandas calls it."""
        return DTYPES[self.kind]

    @property
    def description(self) -> str:
        """The meaning of its values, and the words that it can have."""
        return f"{self.meaning} {', '.join(self.words)}." if self.words else self.meaning


def column(table: str, name: str) -> RunColumn:
    """A column of one of the document's tables."""
    words = tuple(str(word) for word in WORDS.get((table, name), ()) if word)
    return RunColumn(name, kind_of(name, words), MEANINGS[name], words)


def kind_of(name: str, words: tuple[str, ...]) -> Kind:
    if name in INTEGERS:
        return "number" if name in ABSENT else "count"
    if name in TIMES:
        return "time"
    return "word" if words else "span" if name == "duration" else "text"


def listed(fact: str) -> str:
    """What a column with several values of a capture means."""
    return f"{CAPTURE_MEANINGS[fact].removesuffix('.')}, separated by semicolons."


CAPTURES: tuple[tuple[RunColumn, Callable[[Capture], Any]], ...] = (
    (RunColumn("capture", "text", CAPTURE_MEANINGS["name"]), lambda one: one.name),
    (RunColumn("sha256", "text", CAPTURE_MEANINGS["sha256"]), lambda one: one.sha256),
    (RunColumn("size", "count", CAPTURE_MEANINGS["size"]), lambda one: one.size),
    (RunColumn("format", "text", CAPTURE_MEANINGS["format"]), lambda one: one.format),
    (RunColumn("link_types", "text", listed("link_types")), lambda one: "; ".join(one.link_types)),
    (RunColumn("vantage", "count", CAPTURE_MEANINGS["vantage"]), lambda one: one.vantage),
    (RunColumn("first_ts", "time", CAPTURE_MEANINGS["first_ts"]), lambda one: moment(one.first_ts)),
    (RunColumn("last_ts", "time", CAPTURE_MEANINGS["last_ts"]), lambda one: moment(one.last_ts)),
    (RunColumn("frames", "count", CAPTURE_MEANINGS["frames"]), lambda one: one.frames),
    (RunColumn("in_flows", "count", CAPTURE_MEANINGS["in_flows"]), lambda one: one.in_flows),
    (
        RunColumn("set_aside", "count", "Frames that are in no flow, each with a reason."),
        lambda one: sum(one.accounted.values()),
    ),
    (
        RunColumn("accounted", "text", "The reasons with their frames, separated by semicolons: arp 3; igmp 1."),
        lambda one: "; ".join(f"{word} {count}" for word, count in one.accounted.items()),
    ),
    (RunColumn("snapped", "count", CAPTURE_MEANINGS["snapped"]), lambda one: one.snapped),
    (RunColumn("duplicates", "count", CAPTURE_MEANINGS["duplicates"]), lambda one: one.duplicates),
    (RunColumn("dropped", "count", CAPTURE_MEANINGS["dropped"]), lambda one: one.dropped),
    (RunColumn("backwards", "count", CAPTURE_MEANINGS["backwards"]), lambda one: one.backwards),
    (RunColumn("step_back", "span", CAPTURE_MEANINGS["step_back"]), lambda one: duration_text(one.step_back)),
    (RunColumn("undated", "count", CAPTURE_MEANINGS["undated"]), lambda one: one.undated),
    (
        RunColumn("overlong", "count", CAPTURE_MEANINGS["overlong"]),
        lambda one: one.overlong,
    ),
    (
        RunColumn("gap", "span", CAPTURE_MEANINGS["gap"]),
        lambda one: "" if one.gap is None else duration_text(one.gap),
    ),
    (
        RunColumn("one_sided", "truth", CAPTURE_MEANINGS["one_sided"]),
        lambda one: one.one_sided,
    ),
    (
        RunColumn("damage", "text", CAPTURE_MEANINGS["damage"]),
        lambda one: "; ".join(one.damage),
    ),
    (RunColumn("comments", "text", listed("comments")), lambda one: "; ".join(one.comments)),
    (RunColumn("filters", "text", listed("filters")), lambda one: "; ".join(one.filters)),
)  # fmt: skip
"""The columns of the captures, each with the function that reads it."""

COLUMNS: dict[str, tuple[RunColumn, ...]] = {
    **{table: tuple(column(table, name) for name in names) for table, names in TABLES.items()},
    "captures": tuple(column for column, _ in CAPTURES),
}
"""Every table of a run with its columns, in order."""


class Tables(dict[str, pd.DataFrame]):
    """The tables of a report by their names, each made when it is first used."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report

    def __missing__(self, name: str) -> pd.DataFrame:
        self[name] = made = frame(self._report, name)
        return made


def frame(report: Report, table: str) -> pd.DataFrame:
    """A table of a report with the types above; ``table``: one of COLUMNS."""
    written = captures(report) if table == "captures" else getattr(report, table)
    return pd.DataFrame({column.name: series(written[column.name], column) for column in COLUMNS[table]})


def captures(report: Report) -> pd.DataFrame:
    """The captures of a report as a table, in the form of the document's tables."""
    values = {column.name: [value(one) for one in report.meta.captures] for column, value in CAPTURES}
    return pd.DataFrame(values, dtype="object")


def moment(nanoseconds: int | None) -> str:
    return "" if nanoseconds is None else time_text(nanoseconds)


def series(values: "pd.Series[Any]", column: RunColumn) -> "pd.Series[Any]":
    """The values of a column, as the document writes them, with the column's type. Texts can be printed."""
    if column.kind in {"word", "text"}:
        values = printable(values)
    if column.kind == "word":
        return words(values, column.words)
    return TYPED[column.kind](values)


def printable(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Foreign texts with their control characters written as escapes, because programs print tables."""
    texts = values.tolist()
    shown = visible_texts(texts)
    return values if shown is texts else pd.Series(shown, index=values.index, dtype="object")


def times(values: "pd.Series[Any]") -> "pd.Series[Any]":
    return pd.to_datetime(values.where(values != ""), utc=True, format="ISO8601").dt.as_unit("ns")


def spans(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Decimal seconds as durations, exact: no floating point is used."""
    parts = values.where(values != "", "0.0").str.split(".")
    whole, rest = parts.str[0].astype("int64"), parts.str[1].str.ljust(9, "0").astype("int64")
    exact = pd.to_timedelta(whole * SECOND + rest, unit="ns").dt.as_unit("ns")
    return exact.where(values != "")


def words(values: "pd.Series[Any]", known: tuple[str, ...]) -> "pd.Series[Any]":
    """The words as categories: first the known ones, then others that the document contains."""
    others = sorted(set(values.unique()) - {"", *known})
    return pd.Series(pd.Categorical(values.where(values != ""), categories=[*known, *others]), index=values.index)


TYPED: dict[Kind, Callable[["pd.Series[Any]"], "pd.Series[Any]"]] = {
    "time": times,
    "span": spans,
    "number": lambda values: values.astype("Int64").mask(values == -1),
    "count": lambda values: values.astype("int64"),
    "text": lambda values: values.astype(TEXT),
    "truth": lambda values: values.astype("bool"),
}


def described(table: str) -> str:
    """The columns of a table for its documentation, one line each."""
    lines = [f"            {column.name} ({column.dtype}): {column.description}" for column in COLUMNS[table]]
    return "\n".join(["Columns:", *lines])
