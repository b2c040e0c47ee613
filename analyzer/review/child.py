"""The process that reads a workbook: its octets come on standard input, its sheets go to standard output as JSON.

``analyzer.review.process`` runs it as ``python -m analyzer.review.child``. It opens no file and no connection; memory
is limited where the system can do that.
"""

import io
import json
import sys
from datetime import date, datetime
from typing import Any

from analyzer.operating_system.processes import limit_own_memory
from analyzer.review.words import BASIS, FINDINGS, ROWS

MOST_MEMORY = 4 << 30
SHEETS = (FINDINGS, ROWS, BASIS)


def sheets_in(octets: bytes) -> dict[str, list[list[str]]]:
    """The cells of the sheets that are read, as texts; a sheet that is not there is left out."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - belongs to the extra

    with CalamineWorkbook.from_filelike(io.BytesIO(octets)) as book:
        return {
            name: [[*map(text_of, row)] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
            for name in SHEETS
            if name in book.sheet_names
        }


def text_of(value: object) -> str:
    """A cell as text: a whole number without a point, a day as YYYY-MM-DD."""
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()


def answer(octets: bytes) -> dict[str, Any]:
    try:
        return {"sheets": sheets_in(octets)}
    except Exception as error:
        return {"refused": type(error).__name__}


def main() -> None:
    limit_own_memory(MOST_MEMORY)
    found = answer(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(found).encode("ascii"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
