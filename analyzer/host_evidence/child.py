"""The process that reads evidence: orders on standard input, what was found on standard output (``process.py``)."""

import gc
import json
import sys
from pathlib import Path
from typing import IO

from analyzer.host_evidence.process import FileReading, Limits, log_as_data, nothing, written
from analyzer.host_evidence.readers.collect import Collector, HostEvidenceError, TooMuch
from analyzer.host_evidence.recognise import form_of
from analyzer.operating_system.processes import limit_own_memory


def read_here(path: Path, name: str, limits: Limits) -> FileReading:
    """What one file gives, read in this process; ``name``: by which it is cited. Never raises for what a file holds."""
    into = Collector(name, limits.records)
    title = failed = ""
    try:
        form = form_of(path)
        if form is None:
            return nothing("unknown-form")
        title = form.title
        form.read(path, into)
    except HostEvidenceError as error:
        return nothing("missing-package", str(error), title)
    except TooMuch as error:
        failed = error.code
    except MemoryError:
        return nothing("too-much-memory", form=title)
    except OSError:
        failed = "unreadable"
    except Exception:
        # What a reader does not expect: the records before it are kept.
        failed = "ended"
    return FileReading(
        title,
        into.attributions(),
        tuple(into.logs(failed)),
        into.unread,
        failed,
        "",
        into.processes(),
    )


def _answer(reading: FileReading, output: IO[bytes]) -> None:
    tables = written(reading.attributions), written(reading.processes)
    head = {
        "form": reading.form,
        "sizes": [len(table) for table in tables],
        "logs": [log_as_data(log) for log in reading.logs],
        "unread": reading.unread,
        "failed": reading.failed,
        "missing": reading.missing,
    }
    output.write(json.dumps(head).encode() + b"\n")
    for table in tables:
        output.write(table)
    output.flush()


def main() -> None:
    """Read the files of the orders, one after the other."""
    orders = json.load(sys.stdin)
    # Records are tuples of text and numbers: nothing that could hold itself, so looking for such things is for nothing.
    gc.disable()
    limits = Limits(orders["records"], orders["seconds"], orders["memory"])
    limit_own_memory(limits.memory)
    for path, name in orders["files"]:
        _answer(read_here(Path(path), name, limits), sys.stdout.buffer)


if __name__ == "__main__":
    main()
