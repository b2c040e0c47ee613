"""The table in use as text, with its citations."""

import textwrap
from collections.abc import Iterator

from analyzer.rules import Rule, RuleTable

WIDTH = 110


def lines(rules: RuleTable) -> Iterator[str]:
    """Packs with their sources, rows, footnotes, items that are not covered, hints; texts as the packs have them."""
    yield from packs(rules)
    for rule in rules.rules:
        yield from ("", *row(rules, rule))
    footnotes = [f"*{number} (p. {note.page}) {note.text}" for number, note in sorted(rules.footnotes.items())]
    yield from section("Footnotes", footnotes)
    yield from section("Not covered by the table in use", [f"{part.item}: {part.why}" for part in rules.not_covered])
    hints = [f"{hint.protocol}/{hint.port}: {hint.use} ({hint.manual})" for hint in rules.hints]
    yield from section("Hints (another product's ports; never a reason for a verdict)", hints)


def section(title: str, texts: list[str]) -> Iterator[str]:
    if texts:
        yield from ("", title)
        for text in texts:
            yield from wrapped(text, "  ")


def packs(rules: RuleTable) -> Iterator[str]:
    for pack, source in zip(rules.packs, rules.sources, strict=True):
        origin = pack.provenance
        yield f"{pack.id} ({pack.kind}, {source.name}): {origin.title}"
        pages = ", ".join(map(str, origin.pages_seen))
        yield f"  {origin.source}; edition {origin.edition or 'not printed'}; pages seen: {pages or 'not given'}"
        yield from wrapped(origin.note or "", "  ")
        yield f"  sha256 {source.sha256}"


def row(rules: RuleTable, rule: Rule) -> Iterator[str]:
    yield f"{rule.id}"
    yield f"  {rules.citation(rule)}; printed {rule.printed}"
    ends = []
    for side in (rule.originator, rule.responder):
        roles = " or ".join(role.value for role in side.roles)
        ends.append(f"{roles}:{'any' if side.port is None else side.port}{' *10' if side.port_setting else ''}")
    kind = f" type {rule.icmp_type}" if rule.icmp_type is not None else ""
    casts = ", ".join(cast.value for cast in rule.casts)
    yield f"  {rule.protocol}{kind}  {ends[0]} -> {ends[1]}  ({casts})"
    programs = [
        " or ".join(executable.path or executable.name for executable in side.executables) or "none printed"
        for side in (rule.originator, rule.responder)
    ]
    yield from wrapped(f"{programs[0]} -> {programs[1]}", "  ")
    yield from wrapped(rule.note or "", "  ")


def wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
