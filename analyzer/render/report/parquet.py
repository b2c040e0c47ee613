"""The flow table as Parquet, with types."""

import io
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from analyzer.render.shared.render_input import RenderInput
from analyzer.report import INTEGERS
from analyzer.report.dictionary import coded

LINES = 1 << 20
"""Lines of a row group: as many as Arrow writes into one by itself."""


def files(given: RenderInput) -> dict[str, bytes]:
    """``flows.parquet``: ts as timestamp[ns, UTC], duration in seconds, whole numbers nullable, the rest as text."""
    flows, buffer, writer = given.report.flows, io.BytesIO(), None
    for start in range(0, len(flows) or 1, LINES):
        part = flows.iloc[start : start + LINES]
        table = pa.table({str(name): _column(str(name), values) for name, values in part.items()})
        writer = writer or parquet.ParquetWriter(buffer, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=LINES)
        del table  # before the next one is made
    assert writer is not None  # there is at least one part
    writer.close()
    return {"flows.parquet": buffer.getvalue()}


def _column(name: str, values: "pd.Series[Any]") -> Any:
    if name == "ts":
        moments = pd.to_datetime(values, utc=True, format="ISO8601", errors="coerce").dt.as_unit("ns")
        return pa.array(moments, pa.timestamp("ns", "UTC"))
    if name == "duration":
        return pa.array(pd.to_numeric(values, errors="coerce").to_numpy("float64"), pa.float64(), from_pandas=True)
    if name in INTEGERS:
        return pa.array(values.to_numpy("int64"), pa.int64(), mask=(values == -1).to_numpy())
    if (code := coded(values)) is not None:
        return code.dictionary.cast(pa.string()).take(code.indices)
    try:
        return pa.array(values.to_numpy("object"), pa.string())
    except UnicodeEncodeError:
        # A file name may hold bytes that are no UTF-8; Parquet's text may not.
        return pa.array([text.encode("utf-8", "backslashreplace").decode() for text in values], pa.string())
