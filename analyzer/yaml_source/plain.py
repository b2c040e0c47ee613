"""Data that stands in for a file: the same checks, the same messages, without lines."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.errors import Issue, LocatedError
from analyzer.yaml_source.reading import Document, Loc


def plain(data: Mapping[str, Any], name: str, error: type[LocatedError]) -> Document:
    """A mapping as the document that a file with this content would be. ``name``: what its mistakes call it.

    Its SHA-256 is that of its JSON, keys in order. What JSON has no words for (dates, addresses) is written as text.

    Raises:
        ``error``: the data holds itself.
    """
    try:
        text = json.dumps(data, default=str, sort_keys=True)
    except (ValueError, TypeError, RecursionError) as bad:
        raise error([Issue(name, 0, 0, f"this is no plain data ({bad}): give mappings, lists and words")]) from bad
    found = json.loads(text)
    places = dict.fromkeys(ways(found, ()), (0, 0))
    return Document(name, found, hashlib.sha256(text.encode()).hexdigest(), places, places)


def ways(value: object, loc: Loc) -> Iterator[Loc]:
    """The way to every value."""
    yield loc
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield from ways(each, (*loc, str(step)))
