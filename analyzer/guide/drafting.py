"""Facts of printed rows as rows of a draft, with a question for everything that the page does not settle."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from analyzer.guide.facts import PortFact
from analyzer.guide.printed import PrintedTable
from analyzer.guide.programs import ProgramFact
from analyzer.guide.rowfacts import End, RowFacts, Value
from analyzer.guide.where import read_from, slug
from analyzer.guide.words import Words, squeezed
from analyzer.rules.draft import DraftRule, DraftSide, Question, ReadFrom
from analyzer.rules.model import Executable, Protocol
from analyzer.values import Role

EndName = Literal["server", "target", "source", "destination"]
ROLES = tuple(role.value for role in Role)
ANY = "any"


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
    maker.tables(tables)
    maker.names()
    return maker.found


class _Maker:
    def __init__(self, words: Words) -> None:
        self.words = words
        self.found = Rows()
        self.ids: set[str] = set()
        self.unknown: dict[str, tuple[str, list[str]]] = {}
        self.connected: list[str] = []
        self.programs: list[str] = []

    def row(self, facts: RowFacts) -> None:
        """Add the flows of one printed row, and its questions."""
        read = self._read(facts)
        ids = []
        for variant in _variants(facts):
            rule = self._rule(facts, variant, read)
            self.found.rules.append(rule)
            ids.append(rule.id)
        self._ask(facts, tuple(ids))
        for end in (facts.left, facts.right):
            if end.name and not self._roles(end):
                self.unknown.setdefault(squeezed(end.name), (end.name, []))[1].extend(ids)
        if facts.connected is not None:
            self.connected += ids
        if facts.left.programs or facts.right.programs:
            self.programs += ids

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
        programs = tuple(
            Executable(name=one.name, path=one.path, os=one.system)
            for one in (end.programs.programs if end.programs else ())
        )
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

    def _ask(self, facts: RowFacts, ids: tuple[str, ...]) -> None:
        sides = ("source", "destination") if facts.pairs else ("server", "target")
        if not facts.item:
            self._question(ids, "item", "What is the item of this row?", None)
        elif facts.read["item"].sure == "open":
            ask = f"What is the item of this row? {facts.read['item'].ask or _JOINT}."
            self._question(ids, "item", ask, facts.read["item"], ((), facts.item))
        self._ask_protocol(facts, ids)
        if not facts.pairs and (not facts.signs or facts.read["direction"].sure == "open"):
            proposed = facts.signs[0] if len(facts.signs) == 1 else None
            ask = "Which end opens the flow? '<': the target. '>': the server. 'both': either end."
            self._question(ids, "direction", ask, facts.read.get("direction"), (("<", ">", "both"), proposed))
        for side, end in zip(sides, (facts.left, facts.right), strict=True):
            self._ask_end(side, end, ids)
        port = facts.read.get("port")
        if port is not None and port.sure == "open":
            self._question(ids, "connected.port", f"Which port? {port.ask}. {_PORT_FORM}", port)
        if not any(end.name for end in (facts.right,)):
            self._question(
                ids,
                f"{sides[1]}.roles",
                "Which role does the other end have? The table does not name this end.",
                None,
                (ROLES, None),
            )

    def _ask_protocol(self, facts: RowFacts, ids: tuple[str, ...]) -> None:
        value = facts.read.get("protocol")
        if facts.protocol is None or value is None:
            self._question(
                ids,
                "protocol",
                "Which transport protocol does the flow use? The row does not print it.",
                value,
                (_TRANSPORTS, None),
            )
        elif value.sure == "open" or not facts.protocol.protocols:
            proposed = facts.protocol.protocols[0] if len(facts.protocol.protocols) == 1 else None
            self._question(
                ids,
                "protocol",
                f"Which transport protocol does the flow use? {value.ask}.",
                value,
                (_TRANSPORTS, proposed),
            )

    def _ask_end(self, side: str, end: End, ids: tuple[str, ...]) -> None:
        value = end.read.get("port")
        if value is not None and value.sure == "open":
            proposed = str(end.ports.ports[0] or ANY) if end.ports and len(end.ports.ports) == 1 else None
            proposed = ANY if end.ports is None else proposed
            self._question(
                ids,
                f"{side}.port",
                f"Which port does the {side} have? {value.ask or _JOINT}. {_PORT_FORM}",
                value,
                ((), proposed),
            )
        programs = end.read.get("executables")
        if programs is not None and programs.sure == "open":
            shown = _shown(end.programs)
            ask = (
                f"Which programs does the {side} have? {programs.ask or _JOINT}. Write paths with ' | ' between them, "
                "or none."
            )
            self._question(ids, f"{side}.executables", ask, programs, ((), shown))
        name = end.read.get("name")
        if name is not None and name.sure == "open":
            self._question(
                ids,
                f"{side}.name",
                f"What is the name of the other end of this row? {name.ask or _JOINT}.",
                name,
                ((), end.name),
            )

    def _question(
        self,
        ids: Iterable[str],
        about: str,
        ask: str,
        value: Value | None,
        answers: tuple[tuple[str, ...], str | None] = ((), None),
    ) -> None:
        """Ask; ``answers``: the choices, and the one that is proposed."""
        choices, proposed = answers
        number = len(self.found.questions) + 1
        read = " ".join(value.field.text.split()) if value is not None and value.field.text else None
        self.found.questions.append(
            Question(
                id=f"q{number}", rows=tuple(ids), field=about, ask=ask, read=read, choices=choices, proposed=proposed
            )
        )

    def tables(self, tables: Sequence[PrintedTable]) -> None:
        """Questions on whole columns."""
        if self.connected and any(one.asked and one.side == "connected" for table in tables for one in table.columns):
            ask = (
                "The table has one column of ports. Which end has these ports: connected (the end that receives the "
                "connection), server, or target?"
            )
            self._question(self.connected, "port-side", ask, None, (("connected", "server", "target"), "connected"))
        doubtful = {one.heading for table in tables for one in table.columns if one.asked and one.side != "connected"}
        for heading in sorted(doubtful):
            kind = next(one for table in tables for one in table.columns if one.heading == heading)
            ask = (
                f"Which end does the column {heading!r} describe? It was read as the {kind.side} end. The answer "
                "'other' exchanges the two ends."
            )
            about = "programs-side" if kind.kind == "executable" else "ports-side"
            ids = self.programs if kind.kind == "executable" else [rule.id for rule in self.found.rules]
            self._question(ids, about, ask, None, ((kind.side, "other"), kind.side))

    def names(self) -> None:
        """One question for each name that no list knows."""
        for name, ids in self.unknown.values():
            ask = f"Which DPM role does {name!r} have? If several roles are possible, write them with commas."
            self._question(dict.fromkeys(ids), f"roles:{squeezed(name)}", ask, None, (ROLES, None))
            self.found.questions[-1] = self.found.questions[-1].model_copy(update={"read": name})


_TRANSPORTS = ("tcp", "udp", "tcp and udp", "icmp")
_PORT_FORM = f"A number, several with commas, or {ANY}"
_JOINT = "its text may belong to another cell, or a word may be broken in two"


def _shown(fact: ProgramFact | None) -> str | None:
    if fact is None or not fact.programs:
        return None
    return " | ".join((one.path or one.name) + (f" ({one.system})" if one.system else "") for one in fact.programs)


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
    ][:64]


def _ports(fact: PortFact | None) -> tuple[int | None, ...]:
    return fact.ports if fact is not None and fact.ports else (None,)


def _note(facts: RowFacts) -> str | None:
    texts = [*([f"Printed beside the row: {facts.note}"] if facts.note else []), *facts.remarks]
    return "; ".join(texts) or None


def _is_echo(facts: RowFacts) -> bool:
    text = squeezed(facts.read["protocol"].field.text) if "protocol" in facts.read else ""
    return "echo" in text or "ping" in text
