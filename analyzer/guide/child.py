"""The process that reads a foreign file: a task and the file's octets come on standard input, one JSON document goes to
standard output.

``analyzer.guide.process`` runs it as ``python -m analyzer.guide.child``. The task is one line of JSON: ``do`` is read
(with ``kind`` and ``pages``) or pictures (with ``crops``). It opens no file and no connection; memory is limited where
the system can do that.
"""

import json
import sys

from analyzer.guide import limits
from analyzer.guide.readers.refusal import UnreadableError
from analyzer.guide.tables import Material, plain
from analyzer.operating_system.processes import limit_own_memory
from analyzer.operating_system.reading import read_at_most


def material(octets: bytes, kind: str, pages: list[int] | None) -> Material:
    """What the reader of that kind makes of ``octets``."""
    if kind == "pdf":
        from analyzer.guide.readers import pdf  # noqa: PLC0415 - only what the format needs

        return pdf.material(octets, pages)
    if kind == "html":
        from analyzer.guide.readers import html  # noqa: PLC0415 - only what the format needs

        return html.material(octets)
    if kind == "csv":
        from analyzer.guide.readers import csv  # noqa: PLC0415 - only what the format needs

        return csv.material(octets)
    if kind == "sheet":
        from analyzer.guide.readers import sheet  # noqa: PLC0415 - only what the format needs

        return sheet.material(octets)
    from analyzer.guide.readers import text  # noqa: PLC0415 - only what the format needs

    return text.material(octets, pages)


def answer(octets: bytes, task: dict[str, object]) -> dict[str, object]:
    """The answer to one task, as plain data."""
    try:
        if task["do"] == "pictures":
            from analyzer.guide.readers import pictures  # noqa: PLC0415 - only what the format needs

            return {"pictures": pictures.crops(octets, task["crops"])}
        pages = task["pages"]
        return {"material": plain(material(octets, str(task["kind"]), pages if isinstance(pages, list) else None))}
    except UnreadableError as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"refused": f"reading it takes more than {limits.MAX_MEMORY >> 20} MiB of memory: give fewer pages"}
    except RecursionError:
        return {"refused": "it is nested too deep: give only the pages with the table"}


def main() -> None:
    """Read the task (one line of JSON) and the file behind it, and write the answer."""
    limit_own_memory(limits.MAX_MEMORY)
    stream = sys.stdin.buffer
    task = json.loads(stream.readline(1 << 20))
    found = answer(read_at_most(stream, limits.MAX_OCTETS + 1), task)
    sys.stdout.buffer.write(json.dumps(found, ensure_ascii=True).encode("ascii"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
