"""Lines of integers as columns, each as narrow as its values allow.

A table of flows has a hundred columns. Most have small numbers, and many have the same number in every line: as columns
they need a fifth of the memory of lines of 64-bit integers, or less.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from analyzer.columns import Integers

BLOCK = 1024
"""Lines that are packed at a time: they fit in the processor's caches."""
WIDTHS = (np.int8, np.int16, np.int32, np.int64)


class NarrowColumn(NDArrayOperatorsMixin):
    """A column that is used as an array of 64-bit integers, and kept as a narrower one."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(np.asarray(self))

    def __getitem__(self, key: Any) -> Any:
        found = self.values[key]
        # Of one number this needs a tenth of the time of astype().
        return found.astype(np.int64) if isinstance(found, np.ndarray) else np.int64(found)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self.values.astype(np.int64 if dtype is None else dtype, copy=bool(copy))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        wide = (np.asarray(one) if isinstance(one, NarrowColumn) else one for one in inputs)
        return getattr(ufunc, method)(*wide, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "values":
            raise AttributeError(name)
        return getattr(np.asarray(self), name)


def integers_of(column: Integers) -> Integers:
    """A column as an array of 64-bit integers that is not changed. A column with one value takes no memory."""
    kept = cast("Any", column)
    if isinstance(kept, NarrowColumn) and is_constant(kept.values):
        return np.broadcast_to(kept.values[:1].astype(np.int64), (len(kept),))
    return np.array(column)


class PackedLines:
    """Lines of integers of shape (lines, slots), which cannot be changed."""

    def __init__(self, columns: Sequence[NDArray[Any]]) -> None:
        self.columns = tuple(columns)

    def __len__(self) -> int:
        return len(self.columns[0])

    def column(self, slot: int) -> Integers:
        """A column, of shape (lines,). It is widened where it is used."""
        return cast("Integers", NarrowColumn(self.columns[slot]))

    def lines(self, numbers: Any) -> Integers:
        """The lines with these numbers, a slice or an array, of shape (numbers, slots)."""
        columns = [column[numbers] for column in self.columns]
        result = np.empty((len(columns[0]), len(columns)), dtype=np.int64)
        for slot, column in enumerate(columns):
            result[:, slot] = column
        return result

    def line(self, number: int) -> list[int]:
        """One line."""
        return [int(column[number]) for column in self.columns]

    def take(self, numbers: Any) -> "PackedLines":
        """The lines with these numbers, packed."""
        count = len(self.columns[0][numbers])
        return PackedLines(
            [np.broadcast_to(one[:1], (count,)) if is_constant(one) else one[numbers] for one in self.columns]
        )

    def with_columns(self, changed: dict[int, NDArray[Any]]) -> "PackedLines":
        """The same lines with other columns in these slots."""
        return PackedLines([narrow(changed[slot]) if slot in changed else one for slot, one in enumerate(self.columns)])

    def with_lines(self, numbers: Integers, change: Callable[[Integers], Integers]) -> "PackedLines":
        """The same lines with ``change`` applied to those with these numbers, some at a time."""
        columns: dict[int, NDArray[Any]] = {}
        for start in range(0, len(numbers), BLOCK):
            here = numbers[start : start + BLOCK]
            for slot, values in enumerate(change(self.lines(here)).T):
                column = columns.get(slot, self.columns[slot])
                if (column[here] != values).any():
                    columns[slot] = written(column, here, values, is_own=slot in columns)
        return self.with_columns(columns)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self.lines(slice(None)).astype(np.int64 if dtype is None else dtype, copy=False)


def pack(parts: Iterable[Integers], count: int | None = None) -> PackedLines:
    """Lines as columns. ``parts``: arrays of shape (lines, slots), one below the other. ``count``: how many lines they
    have together, if the parts are made one at a time. There is at least one part."""
    if count is None:
        parts = list(parts)
        count = sum(map(len, parts))
    growing: GrowingColumns | None = None
    for part in parts:
        growing = growing or GrowingColumns(count, part.shape[1])
        for start in range(0, len(part), BLOCK):
            growing.add(part[start : start + BLOCK])
    return PackedLines(growing.columns if growing else [])


class GrowingColumns:
    """Columns for ``count`` lines that become wider when a line needs it, so that each line is read once."""

    def __init__(self, count: int, slots: int) -> None:
        self.columns = [np.broadcast_to(np.array(0, dtype=np.int64), (count,)) for _ in range(slots)]
        self._count, self._at = count, 0
        self._lowest, self._highest = np.zeros((2, slots), dtype=np.int64)
        self._varied: list[int] = []

    def add(self, block: Integers) -> None:
        """Add lines below those that are there."""
        lowest, highest = block.min(axis=0), block.max(axis=0)
        if not self._at:
            self._lowest, self._highest = lowest.copy(), highest.copy()
            self._columns_with(range(len(lowest)))
        elif (lowest < self._lowest).any() or (highest > self._highest).any():
            beyond = np.flatnonzero((lowest < self._lowest) | (highest > self._highest)).tolist()
            np.minimum(lowest, self._lowest, out=self._lowest)
            np.maximum(highest, self._highest, out=self._highest)
            self._columns_with(beyond)
        stop = self._at + len(block)
        for slot in self._varied:
            self.columns[slot][self._at : stop] = block[:, slot]
        self._at = stop

    def _columns_with(self, slots: Iterable[int]) -> None:
        """Make these columns as wide as their numbers need."""
        for slot in slots:
            low, high = int(self._lowest[slot]), int(self._highest[slot])
            before = self.columns[slot]
            if low == high:
                self.columns[slot] = np.broadcast_to(np.array(low, dtype=np.int64), (self._count,))
                continue
            width = width_for(low, high)
            if not is_constant(before) and before.dtype == width:
                continue
            column = np.empty(self._count, dtype=width)
            column[: self._at] = before[: self._at]
            self.columns[slot] = column
            if is_constant(before):
                self._varied.append(slot)


def narrow(column: NDArray[Any]) -> NDArray[Any]:
    """A column as narrow as its values allow."""
    if is_constant(column):
        return column
    low, high = (int(column.min()), int(column.max())) if len(column) else (0, 0)
    if low == high:
        return np.broadcast_to(np.array(low, dtype=np.int64), (len(column),))
    return column.astype(width_for(low, high), copy=False)


def narrow_column(column: Integers) -> Integers:
    """A column of 64-bit integers that is kept narrow."""
    return cast("Integers", NarrowColumn(narrow(column)))


def written(column: NDArray[Any], numbers: Integers, values: Integers, *, is_own: bool) -> NDArray[Any]:
    """The column with these values at these lines. ``is_own``: it may be written to, where they fit into it."""
    width = np.promote_types(width_for(int(values.min()), int(values.max())), column.dtype)
    result = column if is_own and width == column.dtype else column.astype(width)
    result[numbers] = values
    return result


def width_for(low: int, high: int) -> type[np.signedinteger[Any]]:
    """The narrowest type for whole numbers from ``low`` to ``high``."""
    return next(width for width in WIDTHS if np.iinfo(width).min <= low and high <= np.iinfo(width).max)


def is_constant(column: NDArray[Any]) -> bool:
    """Whether a column is one number that stands for all lines."""
    return bool(len(column)) and column.strides == (0,)
