"""Contradictions and mistakes within a rule pack, as values with a severity.

An error keeps a pack from being used; a warning is something that its author should check.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from analyzer.errors import RulesError
from analyzer.rules.files import BUILT_IN, PackFile, find, is_draft, pack_in, read_pack, shipped
from analyzer.rules.issues import Found, LintIssue, Loc, Severity
from analyzer.rules.model import Footnote, Pack, Rule, Side
from analyzer.rules.placeholders import placeholders
from analyzer.values import Cast, Role
from analyzer.yaml_source import Document, read

_SERVERS = {Role.DPM_SERVER, Role.DHCP_SERVER}
_BROADCASTS = {Cast.LIMITED_BROADCAST, Cast.DIRECTED_BROADCAST}


@dataclass(frozen=True)
class CombinedPacks:
    """What the packs in use define combined: an overlay may refer to the table."""

    rules: dict[str, Rule]
    footnotes: dict[int, Footnote]
    items: frozenset[str]


def combine(packs: Iterable[Pack]) -> CombinedPacks:
    """What ``packs`` define, the later replacing the earlier."""
    combined = list(packs)
    rules = {rule.id: rule for pack in combined for rule in pack.rules}
    footnotes = {number: note for pack in combined for number, note in pack.footnotes.items()}
    items = {rule.item for rule in rules.values()} | {one.item for pack in combined for one in pack.not_covered}
    return CombinedPacks(rules, footnotes, frozenset(items))


def check(paths: Sequence[str] = ()) -> list[LintIssue]:
    """All issues of the given packs (paths, or ids of shipped packs), or of all shipped ones; sorted."""
    issues: list[LintIssue] = []
    files: list[PackFile] = []
    for path in [find(path) for path in paths] or shipped().values():
        try:
            document = read(path, RulesError)
            if is_draft(document):
                issues += _lint_draft(document)
            else:
                files.append(pack_in(document, path))
        except RulesError as error:
            issues += [LintIssue(issue, "error") for issue in error.issues]
    packs = [file.pack for file in files if file.pack]
    if packs and all(pack.kind == "overlay" for pack in packs):
        packs = [*(pack for pack in [read_pack(shipped()[BUILT_IN]).pack] if pack), *packs]
    combined = combine(packs)
    return sorted([*issues, *(issue for file in files for issue in lint(file, combined))])


def _lint_draft(document: Document) -> Iterator[LintIssue]:
    from analyzer.rules.draft_files import draft_in  # noqa: PLC0415 - no capture is judged by a draft
    from analyzer.rules.draft_lint import lint_draft  # noqa: PLC0415 - as above

    return lint_draft(draft_in(document))


def lint(file: PackFile, combined: CombinedPacks) -> Iterator[LintIssue]:
    """All issues of one pack among those that are used."""
    yield from (LintIssue(issue, "error") for issue in file.checked.issues)
    pack = file.pack
    if pack is None:
        return
    found = [*placeholders(pack), *_of_pack(pack, combined), *_of_rules(pack, combined)]
    if not file.checked.issues:  # faulty rows are left out of the pack, so that it may only seem empty
        found += _emptiness(pack)
    for severity, loc, message in found:
        yield LintIssue(file.checked.issue(loc, message), severity)


def _emptiness(pack: Pack) -> Iterator[Found]:
    if not pack.rules and (pack.kind == "table" or not pack.hints):
        yield "error", ("kind",), "the pack has no rules: add its rows"


def _of_pack(pack: Pack, combined: CombinedPacks) -> Iterator[Found]:
    covered = {rule.item for rule in pack.rules}
    for index, uncovered in enumerate(pack.not_covered):
        if uncovered.item in covered:
            yield "warning", ("not_covered", index), f"{uncovered.item!r} has rows in this pack: remove it here"
    for number, note in pack.footnotes.items():
        for index, need in enumerate(note.needs):
            if need.item not in combined.items:
                loc = ("footnotes", number, "needs", index, "item")
                yield "error", loc, f"no row and no uncovered item is called {need.item!r}: use a name of theirs"


def _of_rules(pack: Pack, combined: CombinedPacks) -> Iterator[Found]:
    first: dict[str, Rule] = {}
    for index, rule in enumerate(pack.rules):
        here: Loc = ("rules", index)
        if rule.id in first:
            yield "error", (*here, "id"), f"{rule.id!r} occurs twice: give every row its own id"
        yield from _references(here, rule, combined)
        yield from _page(here, rule, pack)
        for severity, field, is_so, message in _CONTRADICTIONS:
            if is_so(rule):
                yield severity, (*here, *field), f"row {rule.id!r}: {message}"
        for other in first.values():
            yield from _shadow(here, rule, other)
        first.setdefault(rule.id, rule)


def _references(here: Loc, rule: Rule, combined: CombinedPacks) -> Iterator[Found]:
    for index, number in enumerate(rule.footnotes):
        if number not in combined.footnotes:
            yield "error", (*here, "footnotes", index), f"footnote *{number} is not defined: add it to footnotes"
    for index, demand in enumerate(rule.demands):
        loc = (*here, "demands", index, "rule")
        if demand.rule not in combined.rules:
            yield "error", loc, f"no row is called {demand.rule!r}: use the id of one"
        elif combined.rules[demand.rule].wire == "never":
            yield "error", loc, f"row {demand.rule!r} is never on the wire: nothing can demand it"


def _page(here: Loc, rule: Rule, pack: Pack) -> Iterator[Found]:
    source = pack.provenance
    if rule.page < 1:
        yield "error", (*here, "page"), f"row {rule.id!r} cites no page: write the page of the row"
    elif rule.page in source.pages_missing:
        yield "error", (*here, "page"), f"page {rule.page} is listed as missing: correct one of the two"
    elif source.pages_seen and rule.page not in source.pages_seen:
        yield "warning", (*here, "page"), f"page {rule.page} is not among pages_seen: add it there"


def _shadow(here: Loc, rule: Rule, earlier: Rule) -> Iterator[Found]:
    if rule.id == earlier.id or not _covers(earlier, rule):
        return
    if _covers(rule, earlier):
        yield "warning", here, f"row {rule.id!r} says what {earlier.id!r} says: keep one"
    else:
        yield "warning", here, f"row {rule.id!r} is never reached: {earlier.id!r} before it covers all of its flows"


def _covers(wide: Rule, narrow: Rule) -> bool:
    """Whether every flow of ``narrow`` is one of ``wide``: a field that is absent is not judged."""
    return (
        (wide.protocol, wide.wire) == (narrow.protocol, narrow.wire)
        and all(getattr(wide, name) in (None, getattr(narrow, name)) for name in Rule.STATED)
        and set(wide.casts) >= set(narrow.casts)
        and _side_covers(wide.originator, narrow.originator)
        and _side_covers(wide.responder, narrow.responder)
    )


def _side_covers(wide: Side, narrow: Side) -> bool:
    same_port = (wide.port, wide.port_setting) == (narrow.port, narrow.port_setting)
    return set(wide.roles) >= set(narrow.roles) and (wide.port is None or same_port)


def _has_port(side: Side) -> bool:
    return side.port is not None or side.port_setting is not None


def _only_other(rule: Rule) -> bool:
    return set(rule.originator.roles) == set(rule.responder.roles) == {Role.OTHER}


def _on_one_machine_only(rule: Rule) -> bool:
    return set(rule.originator.roles) == set(rule.responder.roles) and set(rule.casts) == {Cast.UNICAST}


_CONTRADICTIONS: tuple[tuple[Severity, Loc, Callable[[Rule], bool], str], ...] = (
    (
        "error",
        ("icmp_type",),
        lambda rule: rule.icmp_type is not None and rule.protocol != "icmp",
        "only ICMP has types: remove icmp_type, or write protocol: icmp",
    ),
    (
        "warning",
        ("protocol",),
        lambda rule: rule.protocol == "icmp" and rule.icmp_type is None,
        "every ICMP message would be covered: add icmp_type",
    ),
    (
        "error",
        ("originator", "port"),
        lambda rule: rule.protocol == "icmp" and _has_port(rule.originator),
        "ICMP has no ports: remove it",
    ),
    (
        "error",
        ("responder", "port"),
        lambda rule: rule.protocol == "icmp" and _has_port(rule.responder),
        "ICMP has no ports: remove it",
    ),
    (
        "error",
        ("casts",),
        lambda rule: rule.protocol == "tcp" and set(rule.casts) != {Cast.UNICAST},
        "TCP is unicast only: remove the other casts",
    ),
    (
        "error",
        ("casts",),
        lambda rule: rule.addressing == "by-segment" and not set(rule.casts) >= _BROADCASTS,
        "addressing by-segment needs the casts limited-broadcast and directed-broadcast: add them",
    ),
    (
        "error",
        ("wire",),
        lambda rule: rule.wire == "never" and not _on_one_machine_only(rule),
        "never on the wire means from a machine to itself, unicast: give both sides the same roles",
    ),
    (
        "error",
        ("wire",),
        lambda rule: rule.wire == "never" and bool(rule.stage or rule.demands or rule.relayed_from or rule.transfer),
        "what is never on the wire has no stage, demands, relay or transfer: remove them",
    ),
    (
        "error",
        ("transfer",),
        lambda rule: rule.transfer and rule.protocol != "udp",
        "a transfer from the responder's own port is TFTP's: write protocol: udp, or remove it",
    ),
    (
        "error",
        ("relayed_from",),
        lambda rule: rule.relayed_from is not None and rule.protocol != "udp",
        "only DHCP, over UDP, is relayed: remove it",
    ),
    (
        "error",
        ("originator", "port_setting"),
        lambda rule: any(side.port_setting and side.port is None for side in (rule.originator, rule.responder)),
        "port_setting overrides a default: add the default as port",
    ),
    (
        "error",
        ("printed",),
        lambda rule: rule.printed == "<" and _SERVERS.isdisjoint(rule.responder.roles),
        "printed '<' means that the flow goes to the server: exchange the sides, or write '>'",
    ),
    (
        "error",
        ("printed",),
        lambda rule: rule.printed == ">" and _SERVERS.isdisjoint(rule.originator.roles),
        "printed '>' means that the server opens the flow: exchange the sides, or write '<'",
    ),
    (
        "error",
        ("executables",),
        lambda rule: rule.executables == "required" and not (rule.originator.executables or rule.responder.executables),
        "no side has an executable, so none can be required: add them, or remove executables: required",
    ),
    (
        "warning",
        ("originator", "roles"),
        lambda rule: Role.OTHER in rule.originator.roles and not _only_other(rule),
        "any host without a DPM role may open these flows: name a role, or a waiver for the one host",
    ),
    (
        "warning",
        ("responder", "roles"),
        lambda rule: Role.OTHER in rule.responder.roles and not _only_other(rule),
        "any host without a DPM role may get these flows: name a role, or a waiver for the one host",
    ),
    (
        "warning",
        ("originator", "roles"),
        _only_other,
        "both sides are machines without a DPM role, whose flows are out of scope: it is never reached",
    ),
)
