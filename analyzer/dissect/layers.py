"""Reads a packet of tshark's EK output into plain layers: names and texts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Layer:
    """The fields of one protocol in one frame: name without the protocol's prefix, dots as underscores -> values."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """The first value, ``""`` where the frame has none."""
        values = self.fields.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())

    def number(self, name: str) -> int:
        """The first value as a number, decimal or hexadecimal; -1 if there is none."""
        try:
            return int(self.first(name), 0)
        except ValueError:
            return -1

    def has(self, name: str) -> bool:
        return name in self.fields


@dataclass(frozen=True)
class Layers:
    """A frame: its place in the cut capture (from 1), its protocols from the outside in, the layers asked for."""

    place: int
    protocols: tuple[str, ...]
    layers: Mapping[str, Layer]
    malformed: bool = False


def layers_of(line: bytes) -> Layers | None:
    """The layers in a line of EK output; None if it is no packet."""
    try:
        # Strings from a packet may be no UTF-8, and may hold raw control characters: neither is a reason to fail.
        found = json.loads(line.decode("utf-8", "replace"), strict=False)["layers"]
        frame = _layer(found.pop("frame"))
        place = frame.number("number")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if place < 1:
        return None
    protocols = tuple(frame.first("protocols").split(":"))
    return Layers(
        place,
        protocols,
        {name: _layer(value) for name, value in found.items() if not _left_out(value)},
        malformed="_ws_malformed" in found,
    )


def _left_out(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"filtered"}


def _layer(value: Any) -> Layer:
    fields: dict[str, list[str]] = {}
    _collect(value, fields)
    return Layer({name: tuple(values) for name, values in fields.items()})


def _collect(value: Any, fields: dict[str, list[str]]) -> None:
    """Makes nested groups and repeated layers flat: nothing depends on the group of a field."""
    if isinstance(value, list):
        for each in value:
            _collect(each, fields)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict) or (isinstance(inner, list) and inner and isinstance(inner[0], dict)):
                _collect(inner, fields)
            else:
                values = inner if isinstance(inner, list) else [inner]
                fields.setdefault(_short(name), []).extend(_text(each) for each in values)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


@lru_cache(maxsize=4096)
def _short(name: str) -> str:
    """``dhcp_dhcp_option_dhcp`` is ``option_dhcp``: EK writes the protocol twice."""
    return re.sub(r"^([^_]+)_\1_", "", name)
