"""A comparison of two tables as text and as plain data."""

import json
from collections.abc import Iterator
from typing import Any

from analyzer.rules.comparison import PartDifference, RowPair, TableComparison
from analyzer.rules.model import Rule, RuleTable
from analyzer.text import visible

FORMAT_VERSION = 1

_PAIRED = {"id": "", "content": "paired by content", "item": "paired by item, protocol and direction"}
_PARTS = {"footnotes": "Footnotes", "not_covered": "Not covered", "hints": "Hints"}


def text(comparison: TableComparison) -> str:
    """What is compared, the sums, then every difference."""
    return "".join(f"{visible(line)}\n" for line in _lines(comparison))


def as_json(comparison: TableComparison) -> str:
    """The same as a document of JSON, two spaces deep."""
    return _printable(json.dumps(document(comparison), indent=2, ensure_ascii=False)) + "\n"


def _printable(text: str) -> str:
    """JSON with an escape in the place of every character that cannot be seen, such as a control character."""
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text)


def document(comparison: TableComparison) -> dict[str, Any]:
    return {
        "version": FORMAT_VERSION,
        "equal": comparison.equal,
        "first": _packs(comparison.first),
        "second": _packs(comparison.second),
        "common": [{"first": pair.first.id, "second": pair.second.id} for pair in comparison.common],
        "changed": [_changed(pair) for pair in comparison.changed],
        "first_only": [rule.model_dump(mode="json") for rule in comparison.first_only],
        "second_only": [rule.model_dump(mode="json") for rule in comparison.second_only],
        "parts": [
            {"part": one.part, "key": one.key, "first": one.first, "second": one.second} for one in comparison.parts
        ],
    }


def _packs(table: RuleTable) -> list[dict[str, Any]]:
    return [
        {"id": pack.id, "kind": pack.kind, "file": source.name, "sha256": source.sha256}
        | pack.provenance.model_dump(mode="json")
        for pack, source in zip(table.packs, table.sources, strict=True)
    ]


def _changed(pair: RowPair) -> dict[str, Any]:
    fields = [{"field": one.field, "first": one.first, "second": one.second} for one in pair.differences]
    return {"first": pair.first.id, "second": pair.second.id, "paired_by": pair.paired_by, "fields": fields}


def _lines(comparison: TableComparison) -> Iterator[str]:
    for name, table in (("first", comparison.first), ("second", comparison.second)):
        for pack, source in zip(table.packs, table.sources, strict=True):
            origin = pack.provenance
            edition = origin.edition or "not printed"
            yield f"{name}: {pack.id} ({pack.kind}, {source.name}): {origin.source}; edition {edition}"
    yield ""
    yield (
        f"{len(comparison.common)} rows in common, {len(comparison.changed)} changed, "
        f"{len(comparison.first_only)} only in the first, {len(comparison.second_only)} only in the second"
    )
    for pair in comparison.changed:
        yield from ("", *_of_pair(pair))
    yield from _only_in("Only in the first", comparison.first, comparison.first_only)
    yield from _only_in("Only in the second", comparison.second, comparison.second_only)
    yield from _of_parts(comparison.parts)
    if comparison.equal:
        yield from ("", "The tables are equal.")


def _of_pair(pair: RowPair) -> Iterator[str]:
    names = pair.first.id if pair.first.id == pair.second.id else f"{pair.first.id} / {pair.second.id}"
    how = _PAIRED[pair.paired_by]
    yield f"Changed: {names}{f' ({how})' if how else ''}"
    for one in pair.differences:
        yield f"  {one.field}: {_shown(one.first)} -> {_shown(one.second)}"


def _only_in(title: str, table: RuleTable, rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        ends = [
            f"{' or '.join(side.roles)}:{'any' if side.port is None else side.port}"
            for side in (rule.originator, rule.responder)
        ]
        yield from (
            "",
            f"{title}: {rule.id}",
            f"  {rule.protocol}  {ends[0]} -> {ends[1]}",
            f"  {table.citation(rule)}",
        )


def _of_parts(parts: tuple[PartDifference, ...]) -> Iterator[str]:
    for part, title in _PARTS.items():
        differing = [one for one in parts if one.part == part]
        if differing:
            yield from ("", title)
        for one in differing:
            yield f"  {one.key}: {_shown(one.first)} -> {_shown(one.second)}"


def _shown(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)
