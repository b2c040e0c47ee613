"""Lines of columns that are equal, numbered: what is told of many lines is told once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_ROOM = 1 << 62


class Alike(NamedTuple):
    """``first``: (kinds,) the first line of each kind; ``kind``: (lines,) the kind of each line. Kinds are numbered in
    the order of their values, the first column's first."""

    first: Integers
    kind: Integers


def alike(columns: Sequence[NDArray[np.integer] | NDArray[np.bool_]]) -> Alike:
    """The kinds of lines of at least one column, each of shape (lines,): by packing values into one number a line,
    which takes a tenth of the time of ``numpy.unique`` of lines."""
    kind, room = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        values, span = _from_zero(column)
        if room * span > _ROOM:
            kind, room = _numbered(kind, room)
            if room * span > _ROOM:
                values, span = _numbered(values, span)
        kind, room = kind * span + values, room * span
    kind, room = _numbered(kind, room)
    first = np.empty(room, dtype=np.int64)
    first[kind[::-1]] = np.arange(len(kind) - 1, -1, -1)
    return Alike(first, kind)


def _from_zero(column: NDArray[np.integer] | NDArray[np.bool_]) -> tuple[Integers, int]:
    """The values less the least one, and how many whole numbers they span."""
    values = column.astype(np.int64)
    least, most = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    if most - least >= _ROOM:
        return _numbered(values, most - least)
    return values - least, most - least + 1


def _numbered(values: Integers, span: int) -> tuple[Integers, int]:
    """The values by rank, and how many there are."""
    if 0 <= span <= 4 * len(values) and (not len(values) or int(values.min()) >= 0):
        there = np.zeros(span, dtype=bool)
        there[values] = True
        ranks = np.cumsum(there) - 1
        return ranks[values], int(ranks[-1]) + 1 if span else 0
    found, ranks = np.unique(values, return_inverse=True)
    return ranks.reshape(-1), len(found)
