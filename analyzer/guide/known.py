"""Rows of a draft that the built-in table has already, and footnotes that it gives a meaning for judging."""

from collections.abc import Sequence

from analyzer.guide.drafting import Rows
from analyzer.guide.words import squeezed
from analyzer.rules.draft import DraftRule, Question
from analyzer.rules.model import Executable, Footnote, Rule, RuleTable, Side
from analyzer.values import Cast


def mark_known(rows: Rows, table: RuleTable) -> None:
    """Name, beside each row, the row of ``table`` with the same content: questions about such rows alone are left out.

    A row that covers the same flow with another content is a question."""
    same = _equal_rows(rows.rules, table)
    free = [one for one in table.rules if one.id not in same.values()]
    found: list[DraftRule] = []
    renamed: dict[str, str] = {}
    ids = {rule.id for rule in rows.rules}
    for rule in rows.rules:
        if known := same.get(rule.id):
            name = known if known == rule.id or known not in ids else rule.id
            renamed[rule.id] = name
            found.append(rule.model_copy(update={"in_table": known, "id": name}))
            continue
        found.append(rule)
        candidates = [one for one in free if _same_flow(rule, one)]
        if candidates:
            nearest = min(candidates, key=lambda one: len(_differences(rule, one)))
            rows.questions.append(_whether_same(rule, nearest))
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


def _equal_rows(rules: Sequence[DraftRule], table: RuleTable) -> dict[str, str]:
    """The id of each row that the table has, with the id of that row there; each row of the table is taken once."""
    found: dict[str, str] = {}
    for rule in rules:
        taken = set(found.values())
        known = (one.id for one in table.rules if _same_flow(rule, one) and not _differences(rule, one))
        same = next((one for one in known if one not in taken), None)
        if same is not None:
            found[rule.id] = same
    return found


def _whether_same(rule: DraftRule, same: Rule) -> Question:
    ask = (
        f"Row {same.id} of the built-in table covers the same flow, with a difference: "
        f"{'; '.join(_differences(rule, same))}. Is this the same row of the guide? yes: the built-in row "
        "stays as it is, and this one is left out. no: this row is added."
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


def _same_flow(rule: DraftRule, known: Rule) -> bool:
    """Whether the draft's row covers the flow of that row: protocol, sign, ends, ports and names of programs."""
    if rule.read.get("text") is not None:
        return _same_text(rule, known)
    return (
        rule.protocol == known.protocol
        and rule.printed == known.printed
        and rule.application in (None, known.application)
        and _same_end(rule.originator.roles, rule.originator.port, known.originator)
        and _same_end(rule.responder.roles, rule.responder.port, known.responder)
        and _names(rule.originator.executables) == _names(known.originator.executables)
        and _names(rule.responder.executables) == _names(known.responder.executables)
    )


def _differences(rule: DraftRule, known: Rule) -> list[str]:
    """What the guide prints of a row otherwise than the built-in table has it, each as a part of a sentence."""
    pairs = [("its ICMP type", _or_none(rule.icmp_type), _or_none(known.icmp_type))]
    if rule.item and squeezed(rule.item) != squeezed(known.item):
        pairs.append(("its item", repr(rule.item), repr(known.item)))
    if set(rule.footnotes) != set(known.footnotes):
        pairs.append(("its footnotes", _marks(rule.footnotes), _marks(known.footnotes)))
    if rule.read.get("text") is None:
        for name in ("originator", "responder"):
            mine, other = (_programs(getattr(one, name).executables) for one in (rule, known))
            if set(map(_compared, mine)) != set(map(_compared, other)):
                pairs.append((f"the programs of the {name}", _list(mine), _list(other)))
    return [f"{what} is {mine} here, and {other} there" for what, mine, other in pairs if mine != other]


def _or_none(value: int | None) -> str:
    return "not printed" if value is None else str(value)


def _marks(numbers: Sequence[int]) -> str:
    return " ".join(f"*{number}" for number in numbers) or "none"


def _list(programs: Sequence[str]) -> str:
    return " or ".join(programs) or "none"


def _programs(executables: Sequence[Executable]) -> list[str]:
    return [(one.path or one.name) + (f" ({one.os})" if one.os else "") for one in executables]


def _compared(program: str) -> str:
    """A program as it is compared: only in a path of Unix capitals count."""
    return program if "/" in program else program.casefold()


def _names(executables: Sequence[Executable]) -> set[str]:
    return {one.name.casefold() for one in executables}


def _same_end(roles: Sequence[object], port: int | None, known: Side) -> bool:
    return bool(roles) and set(roles) <= set(known.roles) and port == known.port


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
