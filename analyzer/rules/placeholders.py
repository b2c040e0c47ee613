"""Values that a draft of a pack left open."""

from collections.abc import Iterator
from typing import Literal

from analyzer.rules.model import Pack

Loc = tuple[str | int, ...]

PLACEHOLDER = "FILL IN"
"""What a drafted pack has where only the guide knows the value."""


def placeholders(pack: Pack) -> Iterator[tuple[Literal["error"], Loc, str]]:
    """Values that a draft left open. A pack with one would cite it as though it was printed in the guide."""
    for loc, text in _texts(pack.model_dump(mode="json"), ()):
        if PLACEHOLDER in text.upper():
            yield "error", loc, f"{PLACEHOLDER!r} is still here: replace it with what your copy of the guide prints"


def _texts(value: object, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Every text in plain data, with its place."""
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, (*loc, int(key) if str(key).isdigit() else key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts(part, (*loc, index))
