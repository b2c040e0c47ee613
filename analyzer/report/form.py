"""Checks a document against the JSON Schema of report.json: it admits exactly what the published schema admits.

Columns of a table may have millions of values. So the values of a list are checked as a whole where they are plain.
"""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

Json = dict[str, Any]

DEEPEST = 64
"""Levels of nested lists and objects; documents of this tool have far fewer."""
_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "null": type(None), "number": float}


class FormError(ValueError):
    """A part of a document has not the form of the schema: its place, and what is wrong."""


def require_form(document: Any, schema: Json) -> None:
    """Raise FormError for the first part of the document that the schema does not admit."""
    _require_plain(document)
    _Form(schema).require(document, schema, "")


def _require_plain(document: Any) -> None:
    """Nothing is nested too deep, and every number is finite and has 64 bits at most."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for part in level:
            values = list(part.values()) if isinstance(part, dict) else part if isinstance(part, list) else [part]
            kinds = set(map(type, values))
            if not kinds.isdisjoint((dict, list)):
                inner += [one for one in values if isinstance(one, dict | list)]
            numbers = values if kinds == {int} else [one for one in values if type(one) is int] if int in kinds else ()
            if numbers and not (min(numbers) >= -(1 << 63) and max(numbers) < 1 << 63):
                raise FormError("a number is larger than 64 bits")
            if float in kinds and not all(math.isfinite(one) for one in values if type(one) is float):
                raise FormError("a number is not finite")
        if not inner:
            return
        level = inner
    raise FormError(f"nested more than {DEEPEST} deep")


class _Form:
    """The keywords of JSON Schema that the schema of report.json uses."""

    def __init__(self, schema: Json) -> None:
        self.definitions: Json = schema["$defs"]
        self.patterns: dict[str, Callable[[str], object]] = {}

    def require(self, value: Any, form: Json, place: str) -> None:
        if "$ref" in form:
            form = self.definitions[form["$ref"].removeprefix("#/$defs/")] | {
                name: part for name, part in form.items() if name != "$ref"
            }
        if "anyOf" in form:
            self._require_any(value, form["anyOf"], place)
        elif isinstance(value, dict) and form.get("type") == "object":
            self._require_object(value, form, place)
        elif isinstance(value, list) and form.get("type") == "array":
            self._require_items(value, form.get("items", {}), place)
        elif problem := self._problem_of_scalar(value, form):
            raise FormError(f"{place or 'the document'}: {problem}")

    def _require_any(self, value: Any, forms: list[Json], place: str) -> None:
        problem: FormError | None = None
        for form in forms:
            try:
                self.require(value, form, place)
            except FormError as error:
                problem = error
            else:
                return
        raise problem or FormError(place)

    def _require_object(self, value: Json, form: Json, place: str) -> None:
        known, others = form.get("properties", {}), form.get("additionalProperties", True)
        inside = f"{place}." if place else ""
        for name in form.get("required", ()):
            if name not in value:
                raise FormError(f"{inside}{name}: missing")
        names = form.get("propertyNames")
        for name, one in value.items():
            if names is not None:
                self.require(name, names, f"{inside}{name}")
            if name in known:
                self.require(one, known[name], f"{inside}{name}")
            elif others is False:
                raise FormError(f"{inside}{name}: unknown")
            elif isinstance(others, dict):
                self.require(one, others, f"{inside}{name}")

    def _require_items(self, values: list[Any], form: Json, place: str) -> None:
        if form.get("type") in _TYPES or "enum" in form:
            self._require_scalars(values, form, place)
            return
        for number, one in enumerate(values):
            self.require(one, form, f"{place}[{number}]")

    def _require_scalars(self, values: list[Any], form: Json, place: str) -> None:
        """The same for values that are no lists and no objects: as few of them as show that all are right."""
        kinds = set(map(type, values))
        if not kinds <= {str, int, bool, float, type(None)}:
            raise FormError(f"{place}: a list or an object is in it")
        if kinds == {int} == {_TYPES.get(form.get("type", ""))}:
            some: Iterable[Any] = (min(values), max(values))
        elif kinds == {str} and form == {"type": "string"}:
            some = ()
        else:
            # A number and a truth value may be equal, so a set of both would have one of them.
            some = set(values) if len(kinds) == 1 else values
        for one in some:
            if problem := self._problem_of_scalar(one, form):
                raise FormError(f"{place}: {problem}")

    def _problem_of_scalar(self, value: Any, form: Json) -> str:
        shown = repr(value)[:60] if isinstance(value, str | int | float) else type(value).__name__
        if "const" in form and value != form["const"]:
            return f"{shown} is not {form['const']!r}"
        if "type" in form and type(value) is not _TYPES.get(form["type"]):
            return f"{shown} is not of type {form['type']}"
        if "enum" in form and (type(value) is not str or value not in form["enum"]):
            return f"{shown} is not one of {', '.join(map(repr, form['enum']))}"
        if "pattern" in form and not self._fits(form["pattern"], value):
            return f"{shown} has not the form of this part"
        if not form.get("minimum", -math.inf) <= _number(value) <= form.get("maximum", math.inf):
            return f"{shown} is not between {form.get('minimum')} and {form.get('maximum')}"
        return ""

    def _fits(self, pattern: str, value: str) -> bool:
        if pattern not in self.patterns:
            self.patterns[pattern] = re.compile(pattern, re.ASCII).fullmatch
        return self.patterns[pattern](value) is not None


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0
