"""Questions on the rows of a table: on a value that is open, on a column, on a name that no list knows."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from analyzer.guide.printed import PrintedTable
from analyzer.guide.programs import PrintedProgram
from analyzer.guide.rowfacts import End, RowFacts, Value
from analyzer.guide.words import Words, squeezed
from analyzer.rules.answer_forms import ANY, ROLES, choices_of
from analyzer.rules.draft import DraftRule, Question


class RowQuestions:
    """Collects the questions in their order."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.found: list[Question] = []
        self.unknown: dict[str, tuple[str, list[str]]] = {}
        self.connected: list[str] = []
        self.programs: list[str] = []

    def row(self, facts: RowFacts, ids: tuple[str, ...]) -> None:
        """Questions on the flows ``ids`` of one printed row."""
        sides = ("source", "destination") if facts.pairs else ("server", "target")
        self._ask_item(facts, ids)
        self._ask_protocol(facts, ids)
        if not facts.pairs and (not facts.signs or facts.read["direction"].sure == "open"):
            proposed = facts.signs[0] if len(facts.signs) == 1 else None
            ask = "Which end opens the flow? '<': the target. '>': the server. 'both': either end."
            self._add(ids, "direction", ask, facts.read.get("direction"), (("<", ">", "both"), proposed))
        for side, end in zip(sides, (facts.left, facts.right), strict=True):
            self._ask_end(side, end, ids)
        port = facts.read.get("port")
        if port is not None and port.sure == "open":
            self._add(ids, "connected.port", f"Which port? {port.ask}. {_PORT_FORM}", port)
        if not facts.right.name:
            self._add(
                ids,
                f"{sides[1]}.roles",
                "Which role does the other end have? The table does not name this end.",
                None,
                (ROLES, None),
            )
        self._count_for_columns(facts, ids)

    def _count_for_columns(self, facts: RowFacts, ids: tuple[str, ...]) -> None:
        """Keep the flows for the questions on columns and names, which come when all rows are there."""
        for end in (facts.left, facts.right):
            if end.name and squeezed(end.name) not in self.words.roles:
                self.unknown.setdefault(squeezed(end.name), (end.name, []))[1].extend(ids)
        if facts.connected is not None:
            self.connected += ids
        if facts.left.programs is not None or facts.right.programs is not None:
            self.programs += ids

    def _ask_item(self, facts: RowFacts, ids: tuple[str, ...]) -> None:
        if not facts.item:
            self._add(ids, "item", "What is the item of this row?", None)
        elif facts.read["item"].sure == "open":
            ask = f"What is the item of this row? {facts.read['item'].ask or _JOINT}."
            self._add(ids, "item", ask, facts.read["item"], ((), facts.item))

    def _ask_protocol(self, facts: RowFacts, ids: tuple[str, ...]) -> None:
        value = facts.read.get("protocol")
        if facts.protocol is None or value is None:
            self._add(
                ids,
                "protocol",
                "Which transport protocol does the flow use? The row does not print it.",
                value,
                (_TRANSPORTS, None),
            )
        elif value.sure == "open" or not facts.protocol.protocols:
            proposed = facts.protocol.protocols[0] if len(facts.protocol.protocols) == 1 else None
            self._add(
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
            self._add(
                ids,
                f"{side}.port",
                f"Which port does the {side} have? {value.ask or _JOINT}. {_PORT_FORM}",
                value,
                ((), proposed),
            )
        self._ask_programs(side, end, ids)
        name = end.read.get("name")
        if name is not None and name.sure == "open":
            self._add(
                ids,
                f"{side}.name",
                f"What is the name of the other end of this row? {name.ask or _JOINT}.",
                name,
                ((), end.name),
            )

    def _ask_programs(self, side: str, end: End, ids: tuple[str, ...]) -> None:
        read = [value for name, value in end.read.items() if name.partition(".")[0] == "executables"]
        doubts = [value for value in read if value.sure == "open"]
        if not doubts:
            return
        why = "; ".join(dict.fromkeys(value.ask or _JOINT for value in doubts))
        ask = f"Which programs does the {side} have? {why}. Write paths with ' | ' between them, or none."
        text = " | ".join(value.field.text for value in read)
        value = replace(read[0], field=replace(read[0].field, text=text))
        self._add(ids, f"{side}.executables", ask, value, ((), _shown(end.programs)))

    def _add(
        self,
        ids: Iterable[str],
        about: str,
        ask: str,
        value: Value | None,
        answers: tuple[tuple[str, ...], str | None] = ((), None),
    ) -> None:
        """Ask; ``answers``: the choices, and the one that is proposed."""
        choices, proposed = answers
        number = len(self.found) + 1
        read = " ".join(value.field.text.split()) if value is not None and value.field.text else None
        self.found.append(
            Question(
                id=f"q{number}", rows=tuple(ids), field=about, ask=ask, read=read, choices=choices, proposed=proposed
            )
        )

    def tables(self, tables: Sequence[PrintedTable], rows: Sequence[DraftRule]) -> None:
        """Questions on whole columns."""
        if self.connected and any(one.asked and one.side == "connected" for table in tables for one in table.columns):
            ask = (
                "The table has one column of ports. Which end has these ports: connected (the end that receives the "
                "connection), server, or target?"
            )
            self._add(self.connected, "port-side", ask, None, (choices_of("port-side"), "connected"))
        doubtful = {one.heading for table in tables for one in table.columns if one.asked and one.side != "connected"}
        for heading in sorted(doubtful):
            kind = next(one for table in tables for one in table.columns if one.heading == heading)
            ask = (
                f"Which end does the column {heading!r} describe? It was read as the {kind.side} end. The answer "
                "'other' exchanges the two ends."
            )
            about = "programs-side" if kind.kind == "executable" else "ports-side"
            ids = self.programs if kind.kind == "executable" else [rule.id for rule in rows]
            self._add(ids, about, ask, None, ((kind.side, "other"), kind.side))

    def names(self) -> None:
        """One question for each name that no list knows."""
        for name, ids in self.unknown.values():
            ask = f"Which DPM role does {name!r} have? If several roles are possible, write them with commas."
            self._add(dict.fromkeys(ids), f"roles:{squeezed(name)}", ask, None, (ROLES, None))
            self.found[-1] = self.found[-1].model_copy(update={"read": name})


_TRANSPORTS = choices_of("protocol")
_PORT_FORM = f"A number, several with commas, or {ANY}"
_JOINT = "its text may belong to another cell, or a word may be broken in two"


def _shown(programs: Sequence[PrintedProgram] | None) -> str | None:
    if not programs:
        return None
    return " | ".join((one.path or one.name) + (f" ({one.system})" if one.system else "") for one in programs)
