"""Two tables side by side: each line of one beside the line of the other that has the same key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.columns import group_rows
from analyzer.difference.columns import CHANGES, NUMBERS, TIMES

Lines = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Two tables, and in ``at`` a line of each for every key of either: -1 where that table has none. Keys are in the
    order of their texts, and in each table there is one line of each at most."""

    tables: tuple[pd.DataFrame, pd.DataFrame]
    at: tuple[Lines, Lines]

    @classmethod
    def of(cls, one: pd.DataFrame, two: pd.DataFrame, key: Sequence[str]) -> "Pairs":
        columns = [np.concatenate([part[name].to_numpy(dtype=object) for part in (one, two)]) for name in key]
        first, kind = group_rows([pd.factorize(column, sort=True)[0] for column in columns])
        a, b = (np.full(len(first), -1, dtype=np.int64) for _ in range(2))
        a[kind[: len(one)]], b[kind[len(one) :]] = np.arange(len(one)), np.arange(len(two))
        return cls((one, two), (a, b))

    def shared(self, name: str) -> NDArray[np.object_]:
        """A column with the same value in both tables: from the first table's line, or from the other's without one."""
        a, b = (texts(table[name], lines) for table, lines in zip(self.tables, self.at, strict=True))
        return np.where(self.at[0] >= 0, a, b)

    def both(self, name: str) -> tuple[Any, Any]:
        """A column of each: no text, number or time where there is no line."""
        a, b = (values(table[name], lines) for table, lines in zip(self.tables, self.at, strict=True))
        return a, b

    def beside(self, shared: Sequence[str], apart: Sequence[str]) -> dict[str, Any]:
        """Columns of both: the shared ones, then each of the others as ``NAME_a`` and ``NAME_b``."""
        data = {name: self.shared(name) for name in shared}
        for name in apart:
            data[f"{name}_a"], data[f"{name}_b"] = self.both(name)
        return data

    def change(self, *counting: str) -> NDArray[np.object_]:
        """The change of each line; ``counting``: the columns of texts that make one changed where they differ."""
        differs = np.zeros(len(self.at[0]), dtype=bool)
        for name in counting:
            a, b = self.both(name)
            differs |= a != b
        codes = np.where(self.at[0] < 0, 0, np.where(self.at[1] < 0, 2, np.where(differs, 1, 3)))
        return np.array(CHANGES, dtype=object)[codes]


def texts(column: "pd.Series[Any]", lines: Lines) -> NDArray[np.object_]:
    """The texts at some lines, none at -1."""
    return np.asarray(np.append(column.to_numpy(dtype=object), "")[lines], dtype=object)


def values(column: "pd.Series[Any]", lines: Lines) -> Any:
    name = str(column.name)
    if name not in NUMBERS | TIMES:
        return texts(column, lines)
    dtype: Any = "Int64" if name in NUMBERS else "datetime64[ns, UTC]"
    return pd.Series(column.to_numpy(), dtype=dtype).reindex(lines).array
