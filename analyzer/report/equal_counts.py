"""Counts that are equal, as one object: of half a million findings of a scan nearly all have the same."""

from collections.abc import Iterable


def as_one_object(counts: Iterable[dict[str, int]]) -> tuple[dict[str, int], ...]:
    """The same counts in the same order; equal ones are one object, which nobody may change."""
    known: dict[tuple[tuple[str, int], ...], dict[str, int]] = {}
    return tuple(known.setdefault(tuple(one.items()), one) for one in counts)
