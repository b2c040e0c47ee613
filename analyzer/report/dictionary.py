"""The texts of a table as Arrow holds them: each distinct text once, so that a writer escapes it once."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import compute

Codes = Mapping[str, Any]
"""Columns by name as Arrow's dictionary arrays: distinct texts, and the number of its text a line."""
TEXT = pa.large_string()


def coded(frame: pd.DataFrame) -> Codes:
    """The columns of texts, but for those that hold what is no UTF-8, as names of files may."""
    codes = {}
    for name, column in frame.items():
        if column.dtype == object:
            try:
                codes[str(name)] = pa.array(column.to_numpy(), TEXT).dictionary_encode()
            except UnicodeEncodeError:
                continue
    return codes


def joined(texts: Any, separator: str) -> memoryview:
    """Arrow's texts with a separator behind each, as octets."""
    if not len(texts):
        return memoryview(b"")
    ended = compute.binary_join_element_wise(texts, pa.scalar("", TEXT), pa.scalar(separator, TEXT))
    _, _, octets = ended.buffers()
    return memoryview(octets)
