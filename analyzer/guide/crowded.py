"""Cells with more text than one cell has: another row may be in them."""

from analyzer.guide.rowfacts import RowFacts, Value
from analyzer.guide.words import Words, sign

_ANOTHER_ROW = "its text has a sign or a port: another row may be in it, which has to be added by hand"


def doubt_crowded(facts: RowFacts, words: Words) -> None:
    """Make open what holds a sign, or a protocol and a port: it may be another row that was not taken apart."""
    for values in (facts.read, facts.left.read, facts.right.read):
        for name, value in values.items():
            kind = name.partition(".")[0]
            if kind not in ("item", "name", "executables") or value.field.inherited:
                continue
            if _holds_row(value.field.text, words):
                values[name] = Value(value.field, "open", _ANOTHER_ROW)
            elif kind == "executables" and any(
                part.isdecimal() and 1 < len(part) < 6 for part in value.field.text.split()
            ):
                values[name] = Value(value.field, "open", "its text has a number that may be a port")


def _holds_row(text: str, words: Words) -> bool:
    parts = text.split()
    signs = any(sign(part) in words.directions and not part[0].isalpha() for part in parts if sign(part) != "/")
    transports = any(part.casefold() in ("tcp", "udp") for part in parts)
    return signs or (transports and any(part.isdecimal() and len(part) > 1 for part in parts))
