"""Data instead of a file: the same checks and messages, without lines."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.errors import Issue, LocatedError
from analyzer.yaml_source.reading import Document, Loc


def plain(data: Mapping[str, Any], name: str, error: type[LocatedError]) -> Document:
    """A mapping as the document of a file with this content. ``name``: its name in messages.

    Its SHA-256 is that of its JSON, keys in order. Values without a JSON type (dates, addresses) become text.

    Raises:
        ``error``: the data contains itself.
    """
    try:
        text = json.dumps(data, default=str, sort_keys=True)
    except (ValueError, TypeError, RecursionError) as bad:
        raise error([Issue(name, 0, 0, f"this is not plain data ({bad}): give mappings, lists and texts")]) from bad
    found = json.loads(text)
    places = dict.fromkeys(locations(found, ()), (0, 0))
    return Document(name, found, hashlib.sha256(text.encode()).hexdigest(), places, places)


def locations(value: object, loc: Loc) -> Iterator[Loc]:
    """The location of every value."""
    yield loc
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield from locations(each, (*loc, str(step)))
