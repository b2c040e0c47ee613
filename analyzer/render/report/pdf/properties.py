"""What Chromium writes into a PDF that depends on the run: the times of printing, and the numbers of its nodes."""

import re
from datetime import UTC, datetime, timedelta

from analyzer.errors import OutputError

_FRONT = 8192
"""Octets at the beginning of a file of Chromium that have its properties."""
_TIMES = re.compile(rb"/CreationDate \(D:(?P<created>\d{14})\+00'00'\)\s*/ModDate \(D:(?P<changed>\d{14})\+00'00'\)")
_NODE = re.compile(rb"\(node(\d{8})\)")
"""A node of the tagged text. Its number is the browser's, which counts other nodes, too. Texts in a PDF have a
backslash before a parenthesis, so none looks like it."""
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


def with_fixed_properties(paper: bytes, nanoseconds: int) -> bytes:
    """The PDF with this time, since the epoch, instead of the time of printing, and with nodes that are numbered
    from 1 in their order; nothing in it moves.

    Raises:
        OutputError: the properties are not where Chromium writes them.
    """
    front = paper[:_FRONT]
    found = _TIMES.search(front)
    if found is None:
        raise OutputError("The PDF that Chromium made has no times where they are expected: try another version of it")
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(max(nanoseconds // 10**9, 0), _LATEST))
    text = moment.strftime("%Y%m%d%H%M%S").rjust(14, "0").encode()
    made = bytearray(paper)
    for name in ("created", "changed"):
        made[slice(*found.span(name))] = text
    number = {old: b"(node%08d)" % new for new, old in enumerate(sorted(set(_NODE.findall(paper))), 1)}
    return _NODE.sub(lambda node: number[node[1]], bytes(made))
