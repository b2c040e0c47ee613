"""The document that stands between the engine and every output.

Frozen, versioned and self-sufficient: ``render`` and ``explain`` need nothing else. Tables are pandas frames whose
columns are the contract's, present when empty too; everything else is plain values. No path, no host name and no
time of making is in it, so the same captures give the same bytes wherever and whenever they are analysed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from analyzer.capture.frame import Aside
from analyzer.errors import DocumentError
from analyzer.flows.options import ReadOptions
from analyzer.report.dictionary import TEXT, Codes, coded, joined
from analyzer.report.messages import Messages, messages_from_data

SCHEMA = "dpm-analyzer-report/1"

FLOW_COLUMNS = (
    "flow", "ts", "duration", "proto", "orig_h", "orig_p", "resp_h", "resp_p", "orig_role", "resp_role", "cast",
    "service", "orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "orig_ip_bytes", "resp_ip_bytes", "conn_state",
    "history", "direction_basis", "outcome", "verdict", "reason", "rule", "item", "executable", "citation", "detail",
    "application", "orig_mac", "resp_mac", "vlan", "capture", "first_frame", "community_id",
)  # fmt: skip
FINDING_COLUMNS = (
    "finding", "verdict", "reason", "rule", "item", "orig_h", "orig_role", "resp_h", "resp_role", "proto", "service",
    "flows", "pkts", "bytes", "first_seen", "last_seen", "outcome", "why", "citation", "example_flow", "capture",
    "first_frame",
)  # fmt: skip
ROW_COLUMNS = ("rule", "item", "machine", "status", "flows", "first_seen", "last_seen", "why", "citation")
BOOT_COLUMNS = (
    "client_mac", "client_ip", "machine", "started", "ended", "discover", "offer", "request", "ack", "proxy", "tftp",
    "agent", "furthest", "status", "stalled_at", "why", "servers", "files",
)  # fmt: skip

INTEGERS = frozenset(
    {
        "orig_p", "resp_p", "orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "orig_ip_bytes", "resp_ip_bytes",
        "first_frame", "flows", "pkts", "bytes",
    }
)  # fmt: skip
"""Columns that hold whole numbers; -1 stands for "has none" (ports of protocols without ports) and is written empty."""


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Capture(Frozen):
    """One capture file: what it is and where each of its frames went.

    ``first_ts`` and ``last_ts``: integer nanoseconds since the epoch, UTC; None for a capture without frames.
    ``accounted``: reason -> frames, for the frames that are in no flow; ``frames == in_flows + sum(accounted)``.
    ``duplicates``: frames that are copies of one captured just before; they count as packets and as nothing else.
    ``damage``: sentences that say what was lost and where in the file. ``vantage`` numbers the vantages from 1.
    ``dropped``: packets lost while it was taken, by its own count. ``backwards``: frames older than the one before,
    ``step_back`` by how many nanoseconds at most. ``undated``: frames without a time of their own. ``overlong``: frames
    longer than by their own account they were sent. ``gap``: nanoseconds since the last frame of the file that it
    follows at its vantage; None where it follows none. ``one_sided``: its vantage saw no conversation from both sides.
    ``blocks``: pcapng's blocks by name. ``comments``, ``filters``: texts in it, and the filters that it was taken with.
    """

    name: str
    sha256: str
    size: int
    format: str
    link_types: tuple[str, ...]
    vantage: int
    first_ts: int | None
    last_ts: int | None
    frames: int
    in_flows: int
    accounted: dict[str, int]
    snapped: int
    duplicates: int = 0
    damage: tuple[str, ...] = ()
    dropped: int = 0
    backwards: int = 0
    step_back: int = 0
    undated: int = 0
    overlong: int = 0
    gap: int | None = None
    one_sided: bool = False
    blocks: dict[str, int] = {}
    comments: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()


class Note(Frozen):
    """Something that the reader has to know before reading on; shown on the first screen, in this order."""

    level: Literal["info", "warning"]
    text: str


class Host(Frozen):
    """An address with a DPM role: given by the profile or inferred, and from what."""

    address: str
    roles: tuple[str, ...]
    machine: str | None
    segment: str | None
    basis: Literal["given", "inferred"]
    evidence: str = ""


class RuleSource(Frozen):
    """A rule pack that was in use. ``name``: its file's, without folders; ``shipped``: it comes with the program, in
    ``rules/``; ``lines``: the line on which each of its rows begins, by the row's id."""

    name: str
    id: str
    kind: str
    sha256: str
    title: str
    source: str
    edition: str | None
    note: str | None
    shipped: bool = False
    lines: dict[str, int] = {}


class Uncovered(Frozen):
    item: str
    why: str


class Waiver(Frozen):
    """A waiver of the profile and what it did: ``state`` is in-force, lapsed or unused."""

    orig: str
    resp: str
    service: str
    reason: str
    owner: str
    expires: str
    state: Literal["in-force", "lapsed", "unused"]
    flows: int


class Site(Frozen):
    """The profile that was used; ``profile`` is its whole content as plain data, enough to load it again."""

    name: str
    given: bool
    source: str
    sha256: str
    profile: dict[str, Any]


class Reading(Frozen):
    """How the captures were read: the fields of ``ReadOptions``. ``extract`` reads them again in the same way."""

    outer: bool = ReadOptions.outer
    resync: bool = ReadOptions.resync
    max_flows: int = ReadOptions.max_flows

    @property
    def options(self) -> ReadOptions:
        """The same as the object that captures are read with."""
        return ReadOptions(**self.model_dump())


class BootAnswer(Frozen):
    """What a server said to a booting machine. ``ts`` as in the tables; ``listed``: a row has it answer; ``server_id``:
    how the server calls itself, which behind a relay is not who sent it."""

    ts: str
    kind: str
    server: str
    server_id: str
    address: str
    boot_server: str
    boot_file: str
    listed: bool


class BootFile(Frozen):
    """A file that a booting machine asked for, and how that ended; ``flow``: its request."""

    file: str
    mode: str
    options: str
    ending: str
    error: str
    flow: str


class BootStory(Frozen):
    """What the line of the same number in the boots table does not say. ``xids``: DHCP transactions, in hexadecimal;
    ``attempt`` of ``attempts`` of this client; ``agent``: the flow of its connection to the agent's port."""

    uuid: str
    architecture: str
    xids: tuple[str, ...]
    attempt: int
    attempts: int
    answers: tuple[BootAnswer, ...]
    files: tuple[BootFile, ...]
    agent: str


class Sighting(Frozen):
    """How many flows of a verdict the same vantages saw in the same way. ``seen``: vantage by vantage ``both``,
    ``originator``, ``responder`` - the sides that it saw - or nothing; empty for all that is beyond the limit."""

    seen: tuple[str, ...]
    verdict: str
    flows: int


class Meta(Frozen):
    """Everything of the document that is not a table."""

    schema_version: str = SCHEMA
    tool: str = "dpm-analyzer"
    version: str
    headline: str
    verdicts: dict[str, int]
    notes: tuple[Note, ...]
    captures: tuple[Capture, ...]
    hosts: tuple[Host, ...]
    site: Site
    rules: tuple[RuleSource, ...]
    packs: tuple[dict[str, Any], ...]
    """The packs in use as plain data, enough to load them again."""
    not_covered: tuple[Uncovered, ...]
    waivers: tuple[Waiver, ...]
    expect: tuple[str, ...]
    observations: dict[str, dict[str, str]] = {}
    """What was read of a flow beyond its headers: flow -> name -> value. ``wakes``: the MAC that a magic packet
    names; ``wakes_in``: its segment; ``request``: the flow that a transfer answers; ``probe``: ``yes`` for a ping by
    which a DHCP server checks that an address is free; ``tunnel``: what it was seen inside; ``http.path`` and the like:
    what tshark read."""
    machines: dict[str, tuple[str, ...]] = {}
    """Machines of the profile that a flow's messages name, whatever its ends are: flow -> names."""
    boots: tuple[BootStory, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    """Where flows were seen, most flows first; empty for a single vantage."""
    left_out: tuple[str, ...] = ()
    """Captures of a folder that could not be read, and why."""
    reading: Reading = Reading()

    @property
    def incomplete(self) -> bool:
        """Whether a capture was left out, is damaged, lost frames while it was taken or holds too many flows."""
        return bool(self.left_out) or any(
            capture.damage or capture.dropped or Aside.OVER.word in capture.accounted for capture in self.captures
        )


@dataclass(frozen=True)
class Report:
    """The whole document: ``meta``, and four tables as the CSV files have them (text columns never hold NaN).

    ``messages``: what the sentences of the tables are made of; None in a document of a version that had none.
    """

    meta: Meta
    flows: pd.DataFrame
    findings: pd.DataFrame
    rows: pd.DataFrame
    boots: pd.DataFrame
    messages: Messages | None = None


TABLES = {"flows": FLOW_COLUMNS, "findings": FINDING_COLUMNS, "rows": ROW_COLUMNS, "boots": BOOT_COLUMNS}


def table(columns: tuple[str, ...], data: dict[str, Any] | None = None) -> pd.DataFrame:
    """A frame with exactly ``columns``, in order, typed: whole numbers as int64, everything else as objects."""
    data = data or {}
    return pd.DataFrame(
        {
            name: pd.Series(data.get(name, []), dtype="int64" if name in INTEGERS else "object", name=name)
            for name in columns
        },
        columns=list(columns),
    )


def coded_tables(report: Report) -> dict[str, Codes]:
    """``coded`` of each table, for those who write several formats."""
    return {name: coded(getattr(report, name)) for name in TABLES}


def to_json(report: Report) -> str:
    """The document as JSON: ``meta`` and the tables column by column. Raises nothing; ends with a newline."""
    return b"".join(json_pieces(report)).decode("ascii")


def json_pieces(report: Report) -> Iterator[bytes | memoryview]:
    """The same in pieces, a column each: a million flows are more than is wanted in memory twice."""
    rest: dict[str, Any] = {"schema": SCHEMA, "meta": report.meta.model_dump(mode="json")}
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
            yield json_values(frame[column])
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


def from_json(text: str, name: str = "report.json") -> Report:
    """The document that ``to_json`` wrote.

    Raises:
        DocumentError: it is no such document, or one of another version.
    """
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise DocumentError(f"{name}: schema {document['schema']!r}; this version reads {SCHEMA!r}: analyse again")
        frames = {key: table(columns, document[key]) for key, columns in TABLES.items()}
        for frame in frames.values():
            for column in set(frame.columns) - INTEGERS:
                if pd.api.types.infer_dtype(frame[column], skipna=False) not in ("string", "empty"):
                    raise TypeError(f"{column}: not a column of texts")
        saved = document.get("messages")
        messages = None if saved is None else messages_from_data(saved, len(frames["flows"]), FLOW_COLUMNS)
        return Report(meta=Meta.model_validate(document["meta"]), **frames, messages=messages)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DocumentError(
            f"{name}: not a saved report of this tool ({type(error).__name__}): analyse again"
        ) from error
