"""Facts of printed rows as rows of a draft, with a question for everything that the page does not settle."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal

from analyzer.guide.facts import PortFact
from analyzer.guide.printed import PrintedTable
from analyzer.guide.row_questions import RowQuestions
from analyzer.guide.rowfacts import End, RowFacts
from analyzer.guide.where import read_from, slug
from analyzer.guide.words import Words, squeezed
from analyzer.rules.draft import DraftRule, DraftSide, Question, ReadFrom
from analyzer.rules.model import Executable, Protocol
from analyzer.values import Role

MAX_FLOWS = 64
"""Of one printed row."""
EndName = Literal["server", "target", "source", "destination"]


@dataclass
class Rows:
    """Rows of a draft and the questions on them."""

    rules: list[DraftRule] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


@dataclass(frozen=True)
class _Variant:
    """One flow of a printed row: a protocol, a sign, and a port at each end."""

    protocol: Protocol | None
    sign: str | None
    left: int | None
    right: int | None
    connected: int | None


def drafted(facts: Sequence[RowFacts], tables: Sequence[PrintedTable], words: Words) -> Rows:
    """The rows of a draft for ``facts``."""
    maker = _Maker(words)
    for one in facts:
        maker.row(one)
    maker.questions.tables(tables, maker.found.rules)
    maker.questions.names()
    return replace(maker.found, questions=maker.questions.found)


class _Maker:
    def __init__(self, words: Words) -> None:
        self.words = words
        self.found = Rows()
        self.ids: set[str] = set()
        self.questions = RowQuestions(words)

    def row(self, facts: RowFacts) -> None:
        """Add the flows of one printed row, and its questions."""
        _limit(facts)
        read = self._read(facts)
        ids = []
        for variant in _variants(facts):
            rule = self._rule(facts, variant, read)
            self.found.rules.append(rule)
            ids.append(rule.id)
        self.questions.row(facts, tuple(ids))

    def _read(self, facts: RowFacts) -> dict[str, ReadFrom]:
        sides = ("source", "destination") if facts.pairs else ("server", "target")
        found = {name: read_from(value) for name, value in facts.read.items()}
        for side, end in zip(sides, (facts.left, facts.right), strict=True):
            found |= {f"{side}.{name}": read_from(value) for name, value in end.read.items()}
        return found

    def _id(self, facts: RowFacts) -> str:
        base = slug(facts.item) or f"row-{facts.number}"
        number, found = 2, base
        while found in self.ids:
            found, number = f"{base}-{number}", number + 1
        self.ids.add(found)
        return found

    def _rule(self, facts: RowFacts, variant: _Variant, read: dict[str, ReadFrom]) -> DraftRule:
        left = self._side("source" if facts.pairs else "server", facts.left, variant.left)
        right = self._side("destination" if facts.pairs else "target", facts.right, variant.right)
        opens_right = variant.sign == "<" or (variant.sign is None and not facts.pairs)
        originator, responder = (right, left) if opens_right else (left, right)
        if variant.connected is not None:
            responder = responder.model_copy(update={"port": variant.connected})
        application = facts.protocol.application if facts.protocol else None
        return DraftRule(
            id=self._id(facts),
            row=facts.number,
            item=facts.item or None,
            page=facts.page,
            footnotes=facts.marks,
            protocol=variant.protocol,
            application=application,
            printed=self._printed(facts, variant.sign, originator, responder),
            originator=originator,
            responder=responder,
            icmp_type=8 if variant.protocol == "icmp" and _is_echo(facts) else None,
            note=_note(facts),
            read=read,
        )

    def _printed(self, facts: RowFacts, sign: str | None, originator: DraftSide, responder: DraftSide) -> str | None:
        """The sign of the rules: ``<`` to the server, ``>`` from it. A table of pairs prints none: the roles say it."""
        if not facts.pairs:
            return sign
        servers = {Role.DPM_SERVER, Role.DHCP_SERVER}
        if servers & set(responder.roles):
            return "<"
        return ">" if servers & set(originator.roles) else None

    def _side(self, place: EndName, end: End, port: int | None) -> DraftSide:
        programs = tuple(Executable(name=one.name, path=one.path, os=one.system) for one in end.programs or ())
        roles = self._roles(end)
        if place == "server" and not end.name:
            roles = (Role.DPM_SERVER,)
            held = [self.words.roles.get(squeezed(one.name)) for one in programs]
            if Role.DHCP_SERVER in held:
                roles = (Role.DHCP_SERVER, Role.DPM_SERVER)
        return DraftSide(end=place, name=end.name or None, roles=roles, port=port, executables=programs)

    def _roles(self, end: End) -> tuple[Role, ...]:
        role = self.words.roles.get(squeezed(end.name))
        return (role,) if role is not None else ()


def _variants(facts: RowFacts) -> list[_Variant]:
    """The flows of one printed row: for each protocol, sign and port."""
    protocols: Sequence[Protocol | None] = facts.protocol.protocols if facts.protocol else ()
    lefts, rights, connected = (_ports(one) for one in (facts.left.ports, facts.right.ports, facts.connected))
    if len(lefts) == len(rights) > 1:
        pairs = list(zip(lefts, rights, strict=True)) if lefts == rights else list(product(lefts, rights))
    else:
        pairs = list(product(lefts, rights))
    return [
        _Variant(protocol, sign, left, right, one)
        for protocol in protocols or (None,)
        for sign in facts.signs or (None,)
        for left, right in pairs
        for one in connected
    ]


def _limit(facts: RowFacts) -> None:
    """Make the ports of a row open where they would make more than ``MAX_FLOWS`` flows."""
    if len(_variants(facts)) <= MAX_FLOWS:
        return
    why = f"its ports make more than {MAX_FLOWS} flows"
    for end in (facts.left, facts.right):
        if end.ports is not None and len(end.ports.ports) > 1:
            end.ports = replace(end.ports, ports=(), sure="open")
            end.read["port"] = replace(end.read["port"], sure="open", ask=why)
    if facts.connected is not None and len(facts.connected.ports) > 1:
        facts.connected = replace(facts.connected, ports=(), sure="open")
        facts.read["port"] = replace(facts.read["port"], sure="open", ask=why)


def _ports(fact: PortFact | None) -> tuple[int | None, ...]:
    return fact.ports if fact is not None and fact.ports else (None,)


def _note(facts: RowFacts) -> str | None:
    texts = [*([f"Printed beside the row: {facts.note}"] if facts.note else []), *facts.remarks]
    return "; ".join(texts) or None


def _is_echo(facts: RowFacts) -> bool:
    text = squeezed(facts.read["protocol"].field.text) if "protocol" in facts.read else ""
    return "echo" in text or "ping" in text
