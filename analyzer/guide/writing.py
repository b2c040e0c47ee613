"""A draft or an overlay as YAML: keys in a fixed order, text from the guide in quotes that hold anything."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analyzer.rules.draft import Draft
from analyzer.rules.model import Pack

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ._/()-]*[A-Za-z0-9)]|[A-Za-z]")
_WORDS = frozenset(["null", "true", "false", "yes", "no", "on", "off", "none", "~"])
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_TRUTHS = frozenset(["null", "true", "false"])
WIDTH = 110


def draft_text(draft: Draft) -> str:
    """The file of a draft, with what to do next at its top."""
    asked = len(draft.open)
    head = (
        "# Read from a guide, and not confirmed: no capture is judged by it. Next: rules confirm THIS_FILE",
        f"# {len(draft.rules)} rows, {asked} questions open. Under read: where each value was read, and how sure.",
    )
    data = draft.model_dump(mode="json", exclude_defaults=True)
    # A word without a meaning is an empty mapping, and still a word.
    bare = _bare(data) | ({"words": data["words"]} if draft.words else {})
    return "".join(f"{line}\n" for line in (*head, *_mapping(bare, "")))


def pack_text(pack: Pack) -> str:
    """The file of a pack."""
    return "".join(f"{line}\n" for line in _mapping(_bare(pack.model_dump(mode="json", exclude_defaults=True)), ""))


def _bare(value: Any) -> Any:
    """``value`` without what is left at its default: nothing, an empty list, an empty mapping."""
    if isinstance(value, Mapping):
        return {key: _bare(one) for key, one in value.items() if one not in (None, [], {}) and _bare(one) != {}}
    return [_bare(one) for one in value] if isinstance(value, list) else value


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(f"{indent}{_key(key)}:", value, indent)


def _entry(start: str, value: Any, indent: str) -> Iterator[str]:
    flow = _flow(value)
    if len(start) + len(flow) < WIDTH or not isinstance(value, dict | list):
        yield f"{start} {flow}"
    elif isinstance(value, dict):
        yield start
        yield from _mapping(value, indent + "  ")
    else:
        yield start
        for one in value:
            yield from _item(one, indent + "  ")


def _item(value: Any, indent: str) -> Iterator[str]:
    flow = _flow(value)
    if not isinstance(value, dict) or len(indent) + len(flow) + 2 < WIDTH:
        yield f"{indent}- {flow}"
        return
    lines = list(_mapping(value, indent + "  "))
    yield f"{indent}- {lines[0].strip()}"
    yield from lines[1:]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value)


def _key(key: Any) -> str:
    """A key, in double quotes unless it is a number or a name."""
    name = isinstance(key, str) and _NAME.fullmatch(key) and key.casefold() not in _TRUTHS
    return key if name else scalar(key)


def scalar(value: Any) -> str:
    """One value, in double quotes unless it is a number, a truth or a harmless word."""
    if isinstance(value, float):
        return f"{value:.1f}"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS and ": " not in text and " #" not in text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else _escaped(one) for one in quoted)


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
