"""A large file in pieces: of a million flows the whole file would be as large as all other memory."""

import io
from collections.abc import Callable, Iterator

Piece = bytes | memoryview


class Pieces:
    """The octets of a file, made while they are written, each time anew; ``bytes`` puts them together."""

    def __init__(self, make: Callable[[], Iterator[Piece]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Piece]:
        return self._make()

    def __bytes__(self) -> bytes:
        whole = io.BytesIO()  # to join a list of pieces would need the memory twice
        for piece in self:
            whole.write(piece)
        return whole.getvalue()


Content = bytes | Pieces
