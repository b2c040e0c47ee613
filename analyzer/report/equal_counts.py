"""Counts that are equal, as one object: of half a million findings of a scan nearly all have the same."""

from collections.abc import Callable, Iterable
from typing import Any


def as_one_object(counts: Iterable[dict[str, int]]) -> tuple[dict[str, int], ...]:
    """The same counts in the same order; equal ones are one object, which nobody may change."""
    known: dict[tuple[tuple[str, int], ...], dict[str, int]] = {}
    return tuple(known.setdefault(tuple(one.items()), one) for one in counts)


def checked_once(given: Any, check: Callable[[Any], tuple[dict[str, int], ...]]) -> tuple[dict[str, int], ...]:
    """The counts after ``check``; equal ones are one object. In a tuple, those that are one object are checked once, so
    that there are never as many objects as lines."""
    if not isinstance(given, tuple):
        return as_one_object(check(given))
    distinct = {id(one): one for one in given}
    checked = dict(zip(distinct, check(tuple(distinct.values())), strict=True))
    return as_one_object(checked[id(one)] for one in given)
