"""Reads the document of a saved report. Its author is not known: every part is checked before it is used."""

import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

import pandas as pd

from analyzer.errors import DocumentError
from analyzer.report.column_forms import TIMES
from analyzer.report.form import FormError, require_form
from analyzer.report.messages import messages_from_data
from analyzer.report.meta import SCHEMA, Meta
from analyzer.report.model import ADDED_COLUMNS, FLOW_COLUMNS, TABLES, Report, table
from analyzer.text import clip


def from_json(text: str, name: str = "report.json") -> Report:
    """The document that ``to_json`` wrote.

    Raises:
        DocumentError: it is no such document, or one of another version.
    """
    try:
        document = json.loads(text, object_pairs_hook=_distinct)
        if not isinstance(document, dict) or "schema" not in document:
            raise FormError("schema: missing")
        if document["schema"] != SCHEMA:
            shown = clip(str(document["schema"]), 60)
            raise DocumentError(f"{name}: schema {shown!r}; this version reads {SCHEMA!r}: analyse again")
        _add_columns(document)
        require_form(document, _form())
        return _report(document)
    except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as error:
        raise DocumentError(f"{name}: not a saved report of this tool ({_reason(error)}): analyse again") from error


@cache
def _form() -> dict[str, Any]:
    from analyzer.report.schema import schema  # noqa: PLC0415 - python -m analyzer.report.schema runs that module

    return schema(mode="validation")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: readers do not agree which of two values is the right one."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FormError("a name occurs twice in an object")
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep"
    return clip(str(error), 200) if isinstance(error, FormError) else type(error).__name__


def _report(document: dict[str, Any]) -> Report:
    for key in TABLES:
        _require_table(document[key], key)
    frames: dict[str, pd.DataFrame] = {key: table(columns, document[key]) for key, columns in TABLES.items()}
    saved = document.get("messages")
    sizes = {key: len(frame) for key, frame in frames.items()}
    messages = None if saved is None else messages_from_data(saved, sizes, FLOW_COLUMNS)
    return Report(meta=Meta.model_validate(document["meta"]), **frames, messages=messages)


def _add_columns(document: dict[str, Any]) -> None:
    """Give a document of an earlier version the columns that it does not have."""
    for key, added in ADDED_COLUMNS.items():
        columns = document.get(key)
        first = columns.get(TABLES[key][0]) if isinstance(columns, dict) else None
        if isinstance(columns, dict) and isinstance(first, list):
            document[key] = {name: [""] * len(first) for name in added} | columns


def _require_table(columns: dict[str, list[Any]], name: str) -> None:
    """All columns have one length, and the days of all times exist."""
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise FormError(f"{name}: its columns have different lengths")
    for column in TIMES & set(columns):
        _require_days({value[:10] for value in columns[column]}, f"{name}.{column}")


def _require_days(days: Iterable[str], place: str) -> None:
    for day in filter(None, days):
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise FormError(f"{place}: there is no day {day}") from error
