"""A draft whose questions are answered becomes an overlay, with where each row is printed and who confirmed it."""

import re
from collections.abc import Sequence

from analyzer.errors import AnalyzerError
from analyzer.guide.answers import resolved, still_open
from analyzer.guide.changes import base_id
from analyzer.guide.known import needs_of
from analyzer.rules import load_table
from analyzer.rules.answer_forms import NONE
from analyzer.rules.draft import Draft, DraftRule, DraftSide
from analyzer.rules.model import Confirmation, Footnote, Pack, PrintedAt, Provenance, Rule, RuleTable, Side
from analyzer.units import plural
from analyzer.values import Role

_SERVERS = {Role.DPM_SERVER, Role.DHCP_SERVER}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class OverlayError(AnalyzerError):
    """A draft that cannot become an overlay yet; the sentences say why."""


def overlay(draft: Draft, by: str | None = None, on: str | None = None) -> Pack:
    """The overlay of a draft. ``by`` and ``on`` (YYYY-MM-DD): who confirmed it and when.

    Rows that the built-in table has are left out: it cites them already. A row of it that was corrected replaces it.

    Raises:
        OverlayError: questions are open, a row lacks something, or no row is left.
    """
    waiting = still_open(draft)
    if waiting:
        ids = ", ".join(one.id for one in waiting[:20])
        raise OverlayError(
            f"{plural(len(waiting), 'question is', 'questions are')} open ({ids}): answer them with "
            "dpm-analyzer rules confirm"
        )
    if on is not None and not _DATE.fullmatch(on):
        raise OverlayError(f"--on {on}: write the day as YYYY-MM-DD")
    kept = [rule for rule in resolved(draft) if rule.in_table is None]
    if not kept:
        raise OverlayError("every row is in the built-in table already: no overlay is needed")
    rules = _renamed(_rules(draft, kept))
    places = {rule.id: _printed_at(one) for rule, one in zip(rules, kept, strict=True)}
    confirmation = Confirmation(file=draft.guide.file, sha256=draft.guide.sha256, by=by or None, on=on, rows=places)
    source = draft.provenance
    notes = _notes(draft, rules)
    pages = sorted({rule.page for rule in rules} | {note.page for note in notes.values()})
    return Pack(
        version=1,
        id=draft.id,
        kind="overlay",
        provenance=Provenance(
            title=source.title, source=source.source, edition=source.edition, pages_seen=tuple(pages), note=source.note,
            confirmation=confirmation,
        ),
        footnotes=notes,
        rules=rules,
    )  # fmt: skip


def _rules(draft: Draft, kept: Sequence[DraftRule]) -> list[Rule]:
    table = load_table()
    read = {rule.id: rule for rule in draft.rules}
    found = []
    for rule in kept:
        before = read[base_id(rule.id)]
        found.append(_rule(rule) if before.in_table is None else _replacing(rule, before, table))
    return found


def _replacing(rule: DraftRule, before: DraftRule, table: RuleTable) -> Rule:
    """The row of the built-in table that ``before`` was, with what a person corrected in it. A first copy has its id,
    and so takes its place; what only the table knows of the row stays."""
    known = table.rule(str(before.in_table))
    exchanged = rule.printed != before.printed or rule.protocol != before.protocol
    changes = {name: getattr(rule, name) for name in _CORRECTED if getattr(rule, name) != getattr(before, name)}
    if "casts" in changes:
        changes |= {"addressing": rule.addressing, "reply": rule.reply}
    sides = {
        place: _side_replacing(
            getattr(rule, place), None if exchanged else getattr(before, place), getattr(known, place)
        )
        for place in ("originator", "responder")
    }
    if rule.protocol == "icmp":
        sides = {place: side.model_copy(update={"port": None, "port_setting": None}) for place, side in sides.items()}
    name = known.id if base_id(rule.id) == rule.id else _own_id(rule)
    return known.model_copy(update={**changes, **sides, "id": name, "page": rule.page})


_CORRECTED = ("item", "footnotes", "protocol", "printed", "casts")


def _side_replacing(side: DraftSide, before: DraftSide | None, known: Side) -> Side:
    if before is None:
        return Side(roles=side.roles or known.roles, port=side.port, executables=side.executables)
    names = ("roles", "port", "executables")
    return known.model_copy(
        update={name: getattr(side, name) for name in names if getattr(side, name) != getattr(before, name)}
    )


def _own_id(rule: DraftRule) -> str:
    return rule.id.replace("--", "-")


def _rule(rule: DraftRule) -> Rule:
    lacking = [
        name
        for name, value in (
            ("item", rule.item), ("protocol", rule.protocol), ("originator roles", rule.originator.roles),
            ("responder roles", rule.responder.roles),
        )
        if not value
    ]  # fmt: skip
    if lacking:
        raise OverlayError(
            f"row {rule.row} ({rule.id}) lacks {', '.join(lacking)}: correct it with dpm-analyzer rules confirm"
        )
    assert rule.item is not None  # it is not lacking
    assert rule.protocol is not None
    icmp = rule.protocol == "icmp"
    return Rule(
        id=_own_id(rule),
        item=rule.item,
        page=rule.page,
        footnotes=rule.footnotes,
        protocol=rule.protocol,
        application=rule.application,
        printed=_printed(rule),
        originator=_side(rule.originator, icmp=icmp),
        responder=_side(rule.responder, icmp=icmp),
        casts=rule.casts,
        addressing=rule.addressing,
        icmp_type=rule.icmp_type,
        reply=rule.reply,
        note=rule.note,
    )


def _printed(rule: DraftRule) -> str:
    """The sign of the row; where the table prints pairs, by which of the two is a server."""
    if rule.printed is not None:
        return rule.printed
    if _SERVERS & set(rule.responder.roles):
        return "<"
    return ">" if _SERVERS & set(rule.originator.roles) else "none"


def _side(side: DraftSide, *, icmp: bool) -> Side:
    return Side(roles=side.roles, port=None if icmp else side.port, executables=side.executables)


def _renamed(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules with ids that no two share."""
    found: dict[str, Rule] = {}
    for rule in rules:
        name, number = rule.id, 2
        while name in found:
            name, number = f"{rule.id}-{number}", number + 1
        found[name] = rule.model_copy(update={"id": name})
    return tuple(found.values())


def _printed_at(rule: DraftRule) -> PrintedAt:
    """The page and the box or lines that hold everything that was read of the row."""
    reads = [one for name, one in rule.read.items() if one.page and not one.inherited]
    page = rule.page
    boxes = [one.box for one in reads if one.box is not None and one.page == reads[0].page]
    lines = [one.lines for one in reads if one.lines is not None and one.page == reads[0].page]
    box = (
        (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
        if boxes
        else None
    )
    span = (min(one[0] for one in lines), max(one[1] for one in lines)) if lines else None
    return PrintedAt(page=page, lines=span, box=box)


def _notes(draft: Draft, rules: Sequence[Rule]) -> dict[int, Footnote]:
    """The footnotes that the rows bear, as the guide or the person has them; items that they require if the
    built-in table has this for the same items."""
    built_in = load_table().footnotes
    given = {
        int(one.field.partition(":")[2]): str(one.answer)
        for one in draft.questions
        if one.field.startswith("footnote:") and one.answer not in (None, NONE)
    }
    found: dict[int, Footnote] = {}
    for number in sorted({number for rule in rules for number in rule.footnotes}):
        note = draft.footnotes.get(number)
        if note is None and number not in given:
            continue  # the built-in table has it
        text = note.text if note is not None else given[number]
        page = note.page if note is not None else next(rule.page for rule in rules if number in rule.footnotes)
        known = needs_of(text, built_in.get(number))
        found[number] = Footnote(page=page, text=text, needs=known.needs if known else ())
    return found
