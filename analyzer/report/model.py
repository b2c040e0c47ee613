"""The document from which every output is made.

Frozen, versioned and complete in itself: ``render`` and ``explain`` need nothing else. Tables are pandas frames whose
columns are the contract's, present when empty too; everything else is plain values. No path, no host name and no
time of making is in it, so the same captures give the same bytes wherever and whenever they are analysed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analyzer.report.dictionary import TEXT, joined
from analyzer.report.messages import Messages
from analyzer.report.meta import SCHEMA, Meta

FLOW_COLUMNS = (
    "flow", "ts", "duration", "proto", "orig_h", "orig_p", "resp_h", "resp_p", "orig_role", "resp_role", "cast",
    "service", "orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "orig_ip_bytes", "resp_ip_bytes", "conn_state",
    "history", "direction_basis", "outcome", "verdict", "reason", "rule", "item", "executable", "citation", "detail",
    "application", "orig_mac", "resp_mac", "vlan", "capture", "first_frame", "community_id", "program",
    "program_evidence", "program_source", "orig_name", "resp_name",
)  # fmt: skip
ADDED_COLUMNS = {
    "flows": ("program", "program_evidence", "program_source", "orig_name", "resp_name"),
    "findings": ("orig_name", "resp_name"),
    "boots": ("proxy_offer",),
}
"""Columns of tables that documents of earlier versions do not have."""
FINDING_COLUMNS = (
    "finding", "verdict", "reason", "rule", "item", "orig_h", "orig_role", "resp_h", "resp_role", "proto", "service",
    "flows", "pkts", "bytes", "first_seen", "last_seen", "outcome", "why", "citation", "example_flow", "capture",
    "first_frame", "orig_name", "resp_name",
)  # fmt: skip
ROW_COLUMNS = ("rule", "item", "machine", "status", "flows", "first_seen", "last_seen", "why", "citation")
BOOT_COLUMNS = (
    "client_mac", "client_ip", "machine", "started", "ended", "discover", "offer", "request", "ack", "proxy", "tftp",
    "agent", "furthest", "status", "stalled_at", "why", "servers", "files", "proxy_offer",
)  # fmt: skip

INTEGERS = frozenset(
    {
        "orig_p", "resp_p", "orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "orig_ip_bytes", "resp_ip_bytes",
        "first_frame", "flows", "pkts", "bytes",
    }
)  # fmt: skip
"""Columns that hold whole numbers; -1 means "has none" (ports of protocols without ports) and is written empty."""


@dataclass(frozen=True)
class Report:
    """The whole document: ``meta``, and four tables as the CSV files have them (text columns never hold NaN).

    The tables are not changed: several outputs are made from them. Change a copy.

    ``messages``: what the texts of the document are made of; None in a document of a version that had none.
    """

    meta: Meta
    flows: pd.DataFrame
    findings: pd.DataFrame
    rows: pd.DataFrame
    boots: pd.DataFrame
    messages: Messages | None = None


TABLES = {"flows": FLOW_COLUMNS, "findings": FINDING_COLUMNS, "rows": ROW_COLUMNS, "boots": BOOT_COLUMNS}


VALUES = 1 << 16
"""Values of a column that are written at a time."""


def table(columns: tuple[str, ...], data: dict[str, Any] | None = None) -> pd.DataFrame:
    """A frame with exactly ``columns``, in order, typed: whole numbers as int64, everything else as objects."""
    data = data or {}
    # One index for all: else pandas compares one with the other, and aligns each column.
    index = pd.RangeIndex(len(next(iter(data.values()), ())))

    def typed(name: str) -> "pd.Series[Any] | NDArray[np.int64]":
        values = data.get(name, [])
        if name in INTEGERS and isinstance(values, np.ndarray) and values.dtype == np.int64:
            return values
        return pd.Series(values, dtype="int64" if name in INTEGERS else "object", name=name, index=index, copy=False)

    # The columns stay as they are: one array of all of them would need their memory twice.
    return pd.DataFrame({name: typed(name) for name in columns}, columns=list(columns), index=index, copy=False)


def to_json(report: Report) -> str:
    """The document as JSON: ``meta`` and the tables column by column. Raises nothing; ends with a newline."""
    return b"".join(json_pieces(report)).decode("ascii")


def json_pieces(report: Report) -> Iterator[bytes | memoryview]:
    """The same in pieces, a part of a column each: a million flows are more than is wanted in memory twice."""
    # Of half a million findings most have the same outcomes, which are one object.
    meta = report.meta.model_dump(mode="json", exclude={"outcomes"}) | {"outcomes": list(report.meta.outcomes)}
    rest: dict[str, Any] = {"schema": SCHEMA, "meta": meta}
    if report.meta.host_evidence is None:
        del rest["meta"]["host_evidence"]
    if report.messages is not None:
        rest["messages"] = report.messages.as_data()
    for place, name in enumerate(sorted([*TABLES, *rest])):
        yield f"{',' if place else '{'}{json.dumps(name)}:".encode()
        if name in rest:
            yield json.dumps(rest[name], ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")
            continue
        frame: pd.DataFrame = getattr(report, name)
        for number, column in enumerate(sorted(frame.columns)):
            yield f"{',' if number else '{'}{json.dumps(column)}:[".encode()
            for start in range(0, len(frame), VALUES):
                yield b"," if start else b""
                yield json_values(frame[column].iloc[start : start + VALUES])
            yield b"]"
        yield b"}"
    yield b"}\n"


def json_values(column: "pd.Series[Any]") -> bytes | memoryview:
    """The values of a column with commas between them, each distinct text written once."""
    if column.name in INTEGERS:
        return joined(pa.array(column.to_numpy("int64")).cast(TEXT), ",")[:-1]
    places, distinct = pd.factorize(column.to_numpy("object"))
    if 2 * len(distinct) > len(places):
        return json.dumps(column.tolist(), separators=(",", ":"))[1:-1].encode("ascii")
    written = np.array(list(map(encode_basestring_ascii, distinct.tolist())), dtype="object")
    return ",".join(written[places].tolist()).encode("ascii")
