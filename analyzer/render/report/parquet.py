"""The flow table as Parquet, with types."""

import io
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from analyzer.render.shared.render_input import RenderInput
from analyzer.report import INTEGERS
from analyzer.report.dictionary import coded


def files(given: RenderInput) -> dict[str, bytes]:
    """``flows.parquet``: ts as timestamp[ns, UTC], duration in seconds, whole numbers nullable, the rest as text."""
    table = pa.table({str(name): _column(str(name), values) for name, values in given.report.flows.items()})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
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
