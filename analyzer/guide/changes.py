"""What an answer does to a row of a draft."""

from collections import Counter
from collections.abc import Callable, Sequence

from analyzer.guide.programs import program_fact
from analyzer.guide.words import Words, squeezed
from analyzer.rules.answer_forms import CASTS, NONE, ports_of
from analyzer.rules.draft import COPY, DraftRule, DraftSide, Question
from analyzer.rules.model import Executable
from analyzer.values import Cast, Role


def base_id(name: str) -> str:
    """The id of the row that a row is, or is a copy of."""
    return name.partition(COPY)[0]


def _copies(rule: DraftRule, changes: Sequence[dict[str, object]]) -> list[DraftRule]:
    """A copy of the row for each change, the first under its own id."""
    return [
        rule.model_copy(update={**change, **({"id": f"{rule.id}{COPY}{number}"} if number > 1 else {})})
        for number, change in enumerate(changes, 1)
    ]


def distinct(rules: Sequence[DraftRule]) -> list[DraftRule]:
    """The rows that differ, the copies of each numbered."""
    found: dict[str, DraftRule] = {}
    for rule in rules:
        content = rule.model_dump_json(exclude={"id", "read", "in_table"})
        found.setdefault(content, rule)
    counts: Counter[str] = Counter()
    numbered = []
    for rule in found.values():
        base = base_id(rule.id)
        counts[base] += 1
        name = base if counts[base] == 1 else f"{base}{COPY}{counts[base]}"
        numbered.append(rule.model_copy(update={"id": name}))
    return numbered


Change = Callable[[DraftRule], list[DraftRule]]


def change_of(question: Question, words: Words) -> Change:
    """What the answer does to a row."""
    about, answer = question.field, str(question.answer)
    side, _, what = about.partition(".")
    if about.startswith("roles:"):
        return lambda rule: [_named(rule, about.partition(":")[2], _roles(answer))]
    if what == "port":
        return lambda rule: _with_ports(rule, side, ports_of(answer) or ())
    if what in ("executables", "roles", "name"):
        return lambda rule: [_with_end(rule, side, _end_change(what, answer, words))]
    simple: dict[str, Change] = {
        "item": lambda rule: [rule.model_copy(update={"item": answer})],
        "page": lambda rule: [rule.model_copy(update={"page": int(answer)})],
        "protocol": lambda rule: _copies(rule, [{"protocol": one} for one in answer.split(" and ")]),
        "direction": lambda rule: _directed(rule, answer),
        "casts": lambda rule: [_cast(rule, answer)],
        "port-side": lambda rule: [_port_at(rule, answer)],
        "ports-side": lambda rule: [_swapped(rule, "port") if answer == "other" else rule],
        "programs-side": lambda rule: [_swapped(rule, "executables") if answer == "other" else rule],
    }
    if about.startswith("footnote:") and answer == NONE:
        number = int(about.partition(":")[2])
        return lambda rule: [
            rule.model_copy(update={"footnotes": tuple(one for one in rule.footnotes if one != number)})
        ]
    return simple.get(about, lambda rule: [rule])


def _roles(answer: str) -> tuple[Role, ...]:
    return tuple(Role(part.strip()) for part in answer.split(","))


def _end_change(what: str, answer: str, words: Words) -> dict[str, object]:
    if what == "roles":
        return {"roles": _roles(answer)}
    if what == "name":
        role = words.roles.get(squeezed(answer))
        return {"name": answer, **({"roles": (role,)} if role else {})}
    parts = [] if answer == NONE else [part.strip() for part in answer.split(" | ")]
    programs = [program for part in parts for program in program_fact(part, words).programs]
    return {"executables": tuple(Executable(name=one.name, path=one.path, os=one.system) for one in programs)}


def _place(rule: DraftRule, side: str) -> str:
    """Which end of the flow a side of the table is."""
    if side in ("originator", "responder"):
        return side
    if side == "connected":
        return "responder"
    return "originator" if rule.originator.end == side else "responder"


def _with_end(rule: DraftRule, side: str, change: dict[str, object]) -> DraftRule:
    place = _place(rule, side)
    end: DraftSide = getattr(rule, place)
    return rule.model_copy(update={place: end.model_copy(update=change)})


def _with_ports(rule: DraftRule, side: str, ports: Sequence[int | None]) -> list[DraftRule]:
    place = _place(rule, side)
    end: DraftSide = getattr(rule, place)
    return _copies(rule, [{place: end.model_copy(update={"port": port})} for port in ports])


def _named(rule: DraftRule, name: str, roles: tuple[Role, ...]) -> DraftRule:
    for place in ("originator", "responder"):
        end: DraftSide = getattr(rule, place)
        if end.name and squeezed(end.name) == name:
            rule = rule.model_copy(update={place: end.model_copy(update={"roles": roles})})
    return rule


def _directed(rule: DraftRule, answer: str) -> list[DraftRule]:
    signs = ["<", ">"] if answer == "both" else [answer]
    server, target = rule.responder, rule.originator
    if rule.originator.end == "server":
        server, target = target, server
    changes: list[dict[str, object]] = [
        {
            "printed": sign,
            "originator": target if sign == "<" else server,
            "responder": server if sign == "<" else target,
        }
        for sign in signs
    ]
    return _copies(rule, changes)


def _cast(rule: DraftRule, answer: str) -> DraftRule:
    casts = tuple(Cast(one) for one in CASTS[answer])
    addressing = "by-segment" if answer == "broadcast by segment" else None
    return rule.model_copy(
        update={"casts": casts, "addressing": addressing, "reply": rule.reply and Cast.UNICAST in casts}
    )


def _port_at(rule: DraftRule, answer: str) -> DraftRule:
    """The one port of a row, at the end that the answer names."""
    if answer == "connected":
        return rule
    port = rule.responder.port if rule.responder.port is not None else rule.originator.port
    place = "originator" if rule.originator.end == answer else "responder"
    other = "responder" if place == "originator" else "originator"
    ends = {place: port, other: None}
    return rule.model_copy(
        update={name: getattr(rule, name).model_copy(update={"port": value}) for name, value in ends.items()}
    )


def _swapped(rule: DraftRule, what: str) -> DraftRule:
    first, second = getattr(rule.originator, what), getattr(rule.responder, what)
    return rule.model_copy(
        update={
            "originator": rule.originator.model_copy(update={what: second}),
            "responder": rule.responder.model_copy(update={what: first}),
        }
    )
