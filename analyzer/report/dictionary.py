"""The texts of a table as Arrow holds them: each distinct text once, so that a writer escapes it once."""

from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import compute

TEXT = pa.large_string()


def coded(column: "pd.Series[Any]") -> Any:
    """A column of texts as Arrow's dictionary array: distinct texts, and the number of its text a line. None for
    numbers, and for what is no UTF-8, as names of files may be."""
    if column.dtype != object:
        return None
    try:
        return pa.array(column.to_numpy(), TEXT).dictionary_encode()
    except UnicodeEncodeError:
        return None


def joined(texts: Any, separator: str) -> memoryview:
    """Arrow's texts with a separator behind each, as octets."""
    if not len(texts):
        return memoryview(b"")
    ended = compute.binary_join_element_wise(texts, pa.scalar("", TEXT), pa.scalar(separator, TEXT))
    _, _, octets = ended.buffers()
    return memoryview(octets)
