"""Where a value was read, as a draft says it, and ids out of names."""

import re

from analyzer.guide.joining import Sure
from analyzer.guide.printed import Spot
from analyzer.guide.rowfacts import Value
from analyzer.rules.draft import ReadFrom


def read_from(value: Value) -> ReadFrom:
    """Where a value was read, as the draft has it."""
    return read_at(
        value.field.text,
        value.field.spot,
        value.sure,
        value.field.how,
        inherited=value.field.inherited,
    )


def read_at(text: str, spot: Spot, sure: Sure, how: str, *, inherited: bool = False) -> ReadFrom:
    """A text and where it was read."""
    box = None if spot.box is None else (spot.box[0], spot.box[1], spot.box[2], spot.box[3])
    return ReadFrom(
        text=text,
        page=spot.page,
        sure=sure,
        how=how,
        inherited=inherited,
        lines=spot.lines if spot.lines[0] else None,
        box=box,
        table=spot.name or None,
    )


def slug(text: str) -> str:
    """``text`` as the beginning of an id; empty where it is mostly of other letters."""
    if sum(letter.isascii() for letter in text) * 4 < len(text) * 3:
        return ""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:40].lstrip("0123456789-").strip("-")
