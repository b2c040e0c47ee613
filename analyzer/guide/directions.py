"""The side that opens a flow: the sign of a row, by where its two sides are in the table."""

from collections.abc import Sequence

from analyzer.guide.columns import Column
from analyzer.guide.facts import DirectionFact
from analyzer.guide.joining import Sure, least
from analyzer.guide.rowfacts import RowFacts
from analyzer.guide.words import squeezed


def signs_of(
    fact: DirectionFact, facts: RowFacts, columns: Sequence[Column], column: int
) -> tuple[tuple[str, ...], Sure]:
    """The signs of a row that the cell in ``column`` gives (``<`` to the server or source, ``>`` from it)."""
    if fact.to == "both":
        return ("<", ">"), fact.sure
    if fact.to in ("in", "out"):
        return ("<" if fact.to == "in" else ">",), least(fact.sure, "likely")
    if not fact.to:
        return (), "open"
    if fact.ends is not None:
        return _between(fact, facts)
    sides = ("source", "destination") if facts.pairs else ("server", "target")
    first, second = _reach(columns, sides[0]), _reach(columns, sides[1])
    mirrored = bool(first and second and second[0] < first[0])
    between = bool(first and second) and (first[-1] < column < second[0] or second[-1] < column < first[0])
    to_right = (fact.to == "right") != mirrored
    return (">" if to_right else "<",), fact.sure if between or not second else least(fact.sure, "likely")


def _reach(columns: Sequence[Column], side: str) -> list[int]:
    """The columns of one side, in order."""
    kinds = {"server": "server", "target": "target", "source": "source", "destination": "destination"}
    return [index for index, one in enumerate(columns) if one.side == side or one.kind == kinds[side]]


def _between(fact: DirectionFact, facts: RowFacts) -> tuple[tuple[str, ...], Sure]:
    """A sign between two names: the place of the target's name gives the direction."""
    assert fact.ends is not None  # the caller has looked
    first, second = (squeezed(name) for name in fact.ends)
    target, server = squeezed(facts.right.name), squeezed(facts.left.name)
    opens = ">" if fact.to == "right" else "<"
    reversed_ = "<" if opens == ">" else ">"
    if (target and second == target) or (server and first == server):
        return (opens,), "likely"
    if (target and first == target) or (server and second == server):
        return (reversed_,), "likely"
    ours = ["server" in name or "manager" in name or "サーバ" in name for name in (first, second)]
    if ours[0] != ours[1] and "server" not in target and "サーバ" not in target:
        return (opens if ours[0] else reversed_,), "likely"
    return (), "open"
