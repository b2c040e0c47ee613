"""Validates a document with a pydantic model: all mistakes, each with how to fix it.

The correct parts of a wrong document are kept, so that checks of several values report in the same run.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from analyzer.errors import Issue
from analyzer.text import suggestion
from analyzer.yaml_source.reading import MOST_ISSUES, Document, Loc

M = TypeVar("M", bound=BaseModel)

_MEANINGS = {
    "string_type": "must be text: put it in quotes",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "too_short": "must not be empty: write at least one",
    "string_too_short": "must not be empty: write it",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list: [one, two]",
    "model_type": "must be a mapping: {key: value}",
    "dict_type": "must be a mapping: {key: value}",
    "date_type": "must be a date: YYYY-MM-DD",
    "date_from_datetime_parsing": "must be a date: YYYY-MM-DD",
    "date_parsing": "must be a date: YYYY-MM-DD",
}


@dataclass(frozen=True)
class Checked(Generic[M]):
    """The result of a validation.

    ``value``: the model; of a wrong document, the model without the wrong parts, or None if nothing
    is left. ``issues``: every mistake so far; empty means that ``value`` is the whole document.
    ``dropped``: the parts that were taken out; ``kept``: the indexes that remain of each list of a wrong document.
    """

    value: M | None
    document: Document
    issues: tuple[Issue, ...] = ()
    dropped: frozenset[Loc] = frozenset()
    kept: dict[Loc, list[int]] = field(default_factory=dict)

    def issue(self, loc: tuple[str | int, ...], message: str, *, at_key: bool = False) -> Issue:
        """``message`` at the position in the file of ``value``'s ``loc``."""
        found: tuple[str | int, ...] = ()
        for step in loc:
            indexes = self.kept.get(tuple(map(str, found)))
            found = (*found, indexes[step] if indexes and isinstance(step, int) else step)
        return self.document.issue(found, message, at_key=at_key)

    def whole(self, name: str) -> bool:
        """Whether nothing was taken out of this top-level list."""
        return not any(loc[:1] == (name,) and len(loc) <= 2 for loc in self.dropped)


def validate(model: type[M], document: Document, defaults: Mapping[str, Any]) -> Checked[M]:
    """``document`` as ``model``, read strictly: text never becomes a number, nor a number text.

    ``defaults``: values for required top-level keys, used only to continue checking without them.
    """
    try:
        return Checked(_strict(model, document.data), document, document.issues)
    except ValidationError as error:
        found = error.errors(include_url=False)
    details, more = found[:MOST_ISSUES], len(found) - MOST_ISSUES
    issues = dict.fromkeys(_issue(model, document, detail) for detail in details)
    if more > 0:
        issues[Issue(document.path, 0, 0, f"{more} more mistakes are not listed: correct these first")] = None
    dropped = frozenset(_wrong_part(document, detail) for detail in details)
    kept: dict[Loc, list[int]] = {}
    sound = _without(document.data, (), dropped, kept)
    return Checked(_what_is_left(model, sound, defaults), document, (*document.issues, *issues), dropped, kept)


def _what_is_left(model: type[M], sound: object, defaults: Mapping[str, Any]) -> M | None:
    if not isinstance(sound, dict):
        return None
    try:
        return _strict(model, {**defaults, **sound})
    except ValidationError:
        return None


def _strict(model: type[M], data: object) -> M:
    # As JSON, because only there does pydantic's strict mode take a list for a tuple and a word for an enumeration.
    return model.model_validate_json(json.dumps(data), strict=True)


def _wrong_part(document: Document, detail: ErrorDetails) -> Loc:
    """The part to take out for a mistake: an unknown key, or the whole item of its top-level list, or the field."""
    loc = document.resolve(detail["loc"])
    if detail["type"] == "extra_forbidden":
        return loc
    inside_list = len(loc) > 1 and isinstance(document.data, dict) and isinstance(document.data[loc[0]], list)
    return loc[: 2 if inside_list else 1]


def _without(value: object, loc: Loc, drop: frozenset[Loc], kept: dict[Loc, list[int]]) -> object:
    """``value`` without the parts in ``drop``; ``kept`` gets, for each list, the indexes that remain."""
    if isinstance(value, dict):
        return {k: _without(v, (*loc, k), drop, kept) for k, v in value.items() if (*loc, k) not in drop}
    if isinstance(value, list):
        kept[loc] = [index for index in range(len(value)) if (*loc, str(index)) not in drop]
        return [_without(value[index], (*loc, str(index)), drop, kept) for index in kept[loc]]
    return value


def _issue(model: type[BaseModel], document: Document, detail: ErrorDetails) -> Issue:
    loc, kind = detail["loc"], detail["type"]
    if kind == "extra_forbidden":
        loc = document.resolve(loc)
        return document.issue(loc, _unknown_key(model, loc), at_key=True)
    if kind == "missing":
        return document.issue((*document.resolve(loc[:-1]), loc[-1]), "this key is missing: add it")
    if not loc:
        return document.issue(loc, "must be a mapping of keys: see the documentation of this file")
    return document.issue(document.resolve(loc), _wrong_value(detail))


def _unknown_key(model: type[BaseModel], loc: Loc) -> str:
    allowed = sorted(_allowed_keys(model, loc[:-1]))
    return f"unknown key: {suggestion(str(loc[-1]), allowed)}known here: {', '.join(allowed)}"


def _allowed_keys(model: type[BaseModel], loc: Loc) -> set[str]:
    here = {model}
    for step in loc:
        fields = {(info.alias or name): info for one in here for name, info in one.model_fields.items()}
        if step in fields:
            here = set(_models_in(fields[step].annotation))
    return {info.alias or name for one in here for name, info in one.model_fields.items()}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _wrong_value(detail: ErrorDetails) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    shown = f"{value!r} " if isinstance(value, str | int | float) and len(repr(value)) <= 60 else ""
    if value is None:
        shown = "an empty value "
    if kind in ("literal_error", "enum"):
        return f"{shown}is not allowed here: use {context['expected']}"
    if kind == "value_error":
        return str(context["error"])
    return shown + _MEANINGS.get(kind, re.sub("^(Input|String) should", "must", detail["msg"]))
