"""Two tables compared row by row: what they have in common and where they differ.

Rows are paired by their id; of those left, by what they match; of those left, by item, protocol and direction, where
that leaves one row on each side. So two editions of a guide are compared although their rows have other ids.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from analyzer.rules.model import Rule, RuleTable

PairedBy = Literal["id", "content", "item"]


@dataclass(frozen=True)
class FieldDifference:
    """A field of two rows, dotted where it is inside another, with the value of each as plain data."""

    field: str
    first: Any
    second: Any


@dataclass(frozen=True)
class RowPair:
    """A row of the first table and the same row of the second. ``differences`` is empty where they are equal."""

    first: Rule
    second: Rule
    paired_by: PairedBy
    differences: tuple[FieldDifference, ...]


@dataclass(frozen=True)
class PartDifference:
    """What differs beside the rows: a field of a footnote (``3.text``), an item that is not covered, hints of a port.

    None where a table has none.
    """

    part: Literal["footnotes", "not_covered", "hints"]
    key: str
    first: Any
    second: Any


@dataclass(frozen=True)
class TableComparison:
    """Two tables. ``pairs`` and ``first_only`` in the order of the first table, ``second_only`` of the second."""

    first: RuleTable
    second: RuleTable
    pairs: tuple[RowPair, ...]
    first_only: tuple[Rule, ...]
    second_only: tuple[Rule, ...]
    parts: tuple[PartDifference, ...]

    @property
    def common(self) -> tuple[RowPair, ...]:
        return tuple(pair for pair in self.pairs if not pair.differences)

    @property
    def changed(self) -> tuple[RowPair, ...]:
        return tuple(pair for pair in self.pairs if pair.differences)

    @property
    def equal(self) -> bool:
        """Whether the tables have the same content; where they come from (provenance, files) does not count."""
        return not (self.changed or self.first_only or self.second_only or self.parts)


def compare_tables(first: RuleTable, second: RuleTable) -> TableComparison:
    """Where ``first`` and ``second`` agree and where they differ."""
    paired = _pairs(first.rules, second.rules)
    with_pair = {number for number, _, _ in paired}, {number for _, number, _ in paired}
    return TableComparison(
        first,
        second,
        tuple(_row_pair(first.rules[one], second.rules[other], how) for one, other, how in sorted(paired)),
        tuple(rule for number, rule in enumerate(first.rules) if number not in with_pair[0]),
        tuple(rule for number, rule in enumerate(second.rules) if number not in with_pair[1]),
        _parts(first, second),
    )


def _pairs(first: Sequence[Rule], second: Sequence[Rule]) -> list[tuple[int, int, PairedBy]]:
    keys: tuple[tuple[PairedBy, Callable[[Rule], Hashable]], ...] = (
        ("id", lambda rule: rule.id),
        ("content", _content),
        ("item", lambda rule: (rule.item.casefold(), rule.protocol, rule.printed)),
    )
    found: list[tuple[int, int, PairedBy]] = []
    for how, key in keys:
        mine = _single(first, key, {one for one, _, _ in found})
        other = _single(second, key, {two for _, two, _ in found})
        found += [(number, other[value], how) for value, number in mine.items() if value in other]
    return found


def _single(rules: Sequence[Rule], key: Callable[[Rule], Hashable], taken: set[int]) -> dict[Hashable, int]:
    """Key -> the number of the one free row that has it."""
    numbers: dict[Hashable, list[int]] = {}
    for number, rule in enumerate(rules):
        if number not in taken:
            numbers.setdefault(key(rule), []).append(number)
    return {value: found[0] for value, found in numbers.items() if len(found) == 1}


def _content(rule: Rule) -> Hashable:
    """What the row matches, without names and citation."""
    sides = tuple((frozenset(side.roles), side.port, side.port_setting) for side in (rule.originator, rule.responder))
    return rule.protocol, rule.printed, sides, frozenset(rule.casts), rule.icmp_type, rule.wire


def _row_pair(first: Rule, second: Rule, how: PairedBy) -> RowPair:
    one, other = (flat(rule.model_dump(mode="json")) for rule in (first, second))
    differences = tuple(
        FieldDifference(name, one.get(name), other.get(name))
        for name in dict.fromkeys((*one, *other))
        if one.get(name) != other.get(name)
    )
    return RowPair(first, second, how, differences)


def flat(data: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Dotted name -> value, mappings opened."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{name}.")
        else:
            found[before + name] = value
    return found


def _parts(first: RuleTable, second: RuleTable) -> tuple[PartDifference, ...]:
    notes = [flat({str(number): note.model_dump(mode="json") for number, note in table.footnotes.items()})
             for table in (first, second)]  # fmt: skip
    uncovered = [{one.item: one.why for one in table.not_covered} for table in (first, second)]
    hints = [_hints(table) for table in (first, second)]
    return (
        *_differing("footnotes", notes[0], notes[1]),
        *_differing("not_covered", uncovered[0], uncovered[1]),
        *_differing("hints", hints[0], hints[1]),
    )


def _hints(table: RuleTable) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for hint in table.hints:
        found.setdefault(f"{hint.protocol}/{hint.port}", []).append(f"{hint.use} ({hint.manual})")
    return found


def _differing(
    part: Literal["footnotes", "not_covered", "hints"], first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterable[PartDifference]:
    keys = dict.fromkeys((*first, *second))
    return [
        PartDifference(part, key, first.get(key), second.get(key)) for key in keys if first.get(key) != second.get(key)
    ]
