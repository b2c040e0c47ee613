"""Windows cannot copy a process."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

assert sys.platform == "win32"


def possible() -> bool:
    """Whether this process can be copied."""
    return False


class NoCopy:
    """Always raises OSError."""

    def __init__(self, work: Callable[[], Iterator[Any]]) -> None:
        raise OSError(f"no copy of this process can do {work!r}")

    def answer(self, seconds: float) -> Any:
        raise NotImplementedError(seconds)

    def end(self) -> None:
        raise NotImplementedError
