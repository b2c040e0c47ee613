"""Reading files that may be large. Python takes memory for all octets that it is asked to read, and Windows gives that
memory at once, also where the file is small: so nothing is read in one piece up to a limit."""

import io
from typing import IO

_PIECE = 1 << 20


def read_at_most(stream: IO[bytes], most: int) -> bytes:
    """The octets up to the end of a stream, and never more than ``most``. Raises OSError."""
    content = io.BytesIO()
    while (left := most - content.tell()) > 0 and (piece := stream.read(min(left, _PIECE))):
        content.write(piece)
    return content.getvalue()
