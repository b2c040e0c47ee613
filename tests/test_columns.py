"""Equal lines have one number, as in ``numpy.unique``."""

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzer.columns import group_rows

VALUES = st.one_of(st.integers(-2, 3), st.integers(-(1 << 63), (1 << 63) - 1))


LINES = st.integers(1, 5).flatmap(lambda width: st.lists(st.tuples(*[VALUES] * width), min_size=1, max_size=30))


@given(lines=LINES, few=st.booleans())
def test_kinds_are_those_of_unique(lines: list[tuple[int, ...]], *, few: bool) -> None:
    columns = np.array(lines, dtype=np.int64)
    unique, first, kind = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    with patch("analyzer.columns._FEW", 30 if few else 0):
        found = group_rows(list(columns.T))
    assert found.first.tolist() == first.tolist()
    assert found.codes.tolist() == kind.reshape(-1).tolist()
    assert (columns[found.first] == unique).all()


def test_no_line_has_no_kind() -> None:
    first, kind = group_rows([np.zeros(0, dtype=np.int64)] * 2)
    assert (len(first), len(kind)) == (0, 0)
