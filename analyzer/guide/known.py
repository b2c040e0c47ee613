"""Rows of a draft that the built-in table has already, and footnotes that it gives a meaning for judging."""

from collections.abc import Sequence

from analyzer.guide.drafting import Rows
from analyzer.guide.words import squeezed
from analyzer.rules.draft import DraftRule, Question
from analyzer.rules.model import Footnote, Rule, RuleTable, Side
from analyzer.values import Cast


def mark_known(rows: Rows, table: RuleTable) -> None:
    """Name, beside each row, the row of ``table`` that covers it; what is asked about such a row alone is not asked."""
    taken: set[str] = set()
    found: list[DraftRule] = []
    renamed: dict[str, str] = {}
    ids = {rule.id for rule in rows.rules}
    for rule in rows.rules:
        same = next((one for one in table.rules if one.id not in taken and _same(rule, one)), None)
        if same is None:
            found.append(rule)
            continue
        if rule.item and squeezed(rule.item) != squeezed(same.item):
            found.append(rule)
            rows.questions.append(_whether_same(rule, same))
            continue
        taken.add(same.id)
        name = same.id if same.id == rule.id or same.id not in ids else rule.id
        renamed[rule.id] = name
        found.append(rule.model_copy(update={"in_table": same.id, "id": name}))
    covered = {rule.id for rule in found if rule.in_table}
    # An id of the table that a new row would take by chance is its replacement: give that row another one.
    own = {one.id for one in table.rules}
    for index, rule in enumerate(found):
        if not rule.in_table and rule.id in own:
            name = _free(f"{rule.id}-own", {one.id for one in found} | own)
            renamed[rule.id] = name
            found[index] = rule.model_copy(update={"id": name})
    rows.rules[:] = found
    rows.questions[:] = [one for one in (_renamed(question, renamed, covered) for question in rows.questions) if one]


def _whether_same(rule: DraftRule, same: Rule) -> Question:
    ask = (
        f"Row {same.id} of the built-in table covers the same flow, but its item is {same.item!r}. Is this the "
        "same row "
        "of the guide?"
    )
    return Question(id="same", rows=(rule.id,), field=f"same:{same.id}", ask=ask, read=rule.item, choices=("yes", "no"))


def _free(base: str, ids: set[str]) -> str:
    number, found = 2, base
    while found in ids:
        found, number = f"{base}-{number}", number + 1
    return found


def _renamed(question: Question, renamed: dict[str, str], covered: set[str]) -> Question | None:
    rows = tuple(renamed.get(one, one) for one in question.rows)
    rows = tuple(one for one in rows if one not in covered)
    return question.model_copy(update={"rows": rows}) if rows else None


def _same(rule: DraftRule, known: Rule) -> bool:
    """Whether the draft's row is that row: nothing that it has differs, and its ends, ports and sign are there."""
    if rule.read.get("text") is not None:
        return _same_text(rule, known)
    return (
        rule.protocol == known.protocol
        and rule.printed == known.printed
        and rule.application in (None, known.application)
        and _same_end(rule.originator.roles, rule.originator.port, known.originator)
        and _same_end(rule.responder.roles, rule.responder.port, known.responder)
        and _programs(rule.originator.executables) == _programs(known.originator.executables)
        and _programs(rule.responder.executables) == _programs(known.responder.executables)
    )


def _same_end(roles: Sequence[object], port: int | None, known: Side) -> bool:
    return bool(roles) and set(roles) <= set(known.roles) and port == known.port


def _programs(executables: Sequence[object]) -> set[str]:
    return {str(getattr(one, "name", "")).casefold() for one in executables}


def _same_text(rule: DraftRule, known: Rule) -> bool:
    """A sentence or a footnote: the built-in rows that are printed outside the table are known by less."""
    if known.printed != "none" or rule.protocol not in (None, known.protocol):
        return False
    if rule.footnotes:
        return known.footnotes == rule.footnotes and known.responder.port == rule.responder.port
    multicast = (Cast.MULTICAST in rule.casts) == (Cast.MULTICAST in known.casts)
    ends = set(rule.originator.roles) == set(known.originator.roles) and set(rule.responder.roles) == set(
        known.responder.roles
    )
    return multicast and ends and known.responder.port == rule.responder.port


def needs_of(text: str, known: Footnote | None) -> Footnote | None:
    """``known`` where it makes items necessary and the text of the guide's own footnote names each of them."""
    if known is None or not known.needs:
        return None
    shown = " ".join(text.casefold().split())
    return known if all(need.item.casefold() in shown for need in known.needs) else None
