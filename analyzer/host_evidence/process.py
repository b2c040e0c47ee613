"""Reading in a process of its own, with limits: what a hostile file can do there, it does to no one else.

The child reads one file after the other and writes what it found to its standard output: for each file a line of JSON,
and behind it a table as an Arrow stream, which holds numbers and text and no objects. A child that is ended - too much
memory, too much time, a crash inside a library - costs the file that it read, and another child reads the rest.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import pandas as pd
import pyarrow as pa

from analyzer.host_evidence.clock_change import ClockChange
from analyzer.host_evidence.model import COLUMNS, PROCESS_COLUMNS, TEXTS, Gap, Log, Nature, frame, no_processes
from analyzer.operating_system import processes

MOST_RECORDS = 3_000_000
"""Records of one file; more are not kept, and the report says so."""
SECONDS = 600.0
"""For one file."""
MEMORY = 6 << 30
"""Octets of address space of the child."""
LARGEST_ANSWER = 2 << 30
_BATCH = 100_000


@dataclass(frozen=True)
class Limits:
    """What reading one file may take. ``memory``: octets of the child's address space, where a system limits it."""

    records: int = MOST_RECORDS
    seconds: float = SECONDS
    memory: int = MEMORY


class FileReading(NamedTuple):
    """What one file gave. ``form``: what it is, nothing where that was not found. ``failed``: a code of why it gave
    nothing more, mostly nothing; ``missing``: a sentence of a package that is not installed."""

    form: str

    attributions: pd.DataFrame
    logs: tuple[Log, ...]
    unread: int
    failed: str
    missing: str
    processes: pd.DataFrame


def read_apart(files: Sequence[tuple[Path, str]], limits: Limits) -> Iterator[FileReading]:
    """What each file gives, in order. ``files``: each with the name by which it is cited."""
    left = list(files)
    while left:
        taken = 0
        for reading in _child(left, limits):
            taken += 1
            yield reading
        left = left[taken:]


def _child(files: list[tuple[Path, str]], limits: Limits) -> Iterator[FileReading]:
    """The readings of one child: all files, or those up to the one that ended it."""
    # -P: nothing is imported from the current folder, which may be the one that holds the evidence.
    words = [sys.executable, "-P", "-m", "analyzer.host_evidence.child"]
    root = str(Path(__file__).resolve().parents[2])
    places = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": places}
    process = processes.start(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.stdin is not None
    assert process.stdout is not None
    orders = json.dumps({"files": [(str(path), name) for path, name in files], **asdict(limits)})
    with suppress(OSError):
        process.stdin.write(orders.encode())
        process.stdin.close()
    try:
        for _ in files:
            reading = _answer(process.stdout, process, limits.seconds)
            yield reading
            if process.returncode is not None:
                return
    finally:
        processes.end(process)
        process.stdout.close()


def _answer(output: IO[bytes], process: "subprocess.Popen[bytes]", seconds: float) -> FileReading:
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        processes.end(process)

    timer = threading.Timer(seconds, expire)
    timer.start()
    try:
        head = json.loads(output.readline(1 << 28))
        records, process_events = (
            _table(_exactly(output, size), columns)
            for size, columns in zip(head["sizes"], (COLUMNS, PROCESS_COLUMNS), strict=True)
        )
        logs = tuple(map(_log, head["logs"]))
        return FileReading(head["form"], records, logs, head["unread"], head["failed"], head["missing"], process_events)
    except (ValueError, EOFError, KeyError, pa.ArrowException):
        processes.end(process)
        return nothing("too-slow" if expired.is_set() else "ended")
    finally:
        timer.cancel()


def nothing(failed: str, missing: str = "", form: str = "") -> FileReading:
    """The reading of a file that gave nothing."""
    return FileReading(form, frame([]), (), 0, failed, missing, no_processes())


def _exactly(output: IO[bytes], size: int) -> bytes:
    if not 0 <= size <= LARGEST_ANSWER:
        raise ValueError("an answer that is too large")
    octets = output.read(size)
    if len(octets) < size:
        raise EOFError
    return octets


def _table(octets: bytes, columns: tuple[str, ...]) -> pd.DataFrame:
    table = pa.ipc.open_stream(octets).read_all()
    found: pd.DataFrame = table.to_pandas()[list(columns)]
    return found.astype({name: "category" for name in columns if name in TEXTS})


def written(table: pd.DataFrame) -> bytes:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    data = pa.Table.from_pandas(table, preserve_index=False)
    with pa.ipc.new_stream(sink, data.schema) as stream:
        stream.write_table(data, max_chunksize=_BATCH)
    return bytes(sink.getvalue())


def log_as_data(log: Log) -> dict[str, Any]:
    """A log as JSON has it."""
    return {**asdict(log), "natures": sorted(log.natures)}


def _log(data: dict[str, Any]) -> Log:
    return Log(
        **{
            **data,
            "natures": frozenset(map(Nature, data["natures"])),
            "tables": tuple(data["tables"]),
            "gaps": tuple(Gap(**gap) for gap in data["gaps"]),
            "cleared": tuple(data["cleared"]),
            "numbers": tuple(data["numbers"]) if data["numbers"] else None,
            "changes": tuple(ClockChange(*change) for change in data["changes"]),
        }
    )
