"""What several parts of a report's charts need is made once while they are drawn: a chart's data, for example, for its
figure, for its text alternative, and to see whether it is empty."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

from analyzer.report import Report

Made = TypeVar("Made")

_MADE: ContextVar[dict[tuple[Callable[..., Any], int], tuple[Report, Any]] | None] = ContextVar("made", default=None)
"""The values, by function and report. The report is kept with them: a later one cannot have its number."""


@contextmanager
def all_made_once() -> Iterator[None]:
    """Within it, functions with ``made_once`` return the same value for the same report. The code within it changes no
    value that it gets; elsewhere each call makes a value of its own, which a notebook may change."""
    if _MADE.get() is not None:
        yield
        return
    token = _MADE.set({})
    try:
        yield
    finally:
        _MADE.reset(token)


def made_once(make: Callable[[Report], Made]) -> Callable[[Report], Made]:
    """A decorator for a function of a report. See ``all_made_once``."""

    @wraps(make)
    def once(report: Report) -> Made:
        made = _MADE.get()
        if made is None:
            return make(report)
        key = make, id(report)
        if key not in made:
            made[key] = report, make(report)
        value: Made = made[key][1]
        return value

    return once
