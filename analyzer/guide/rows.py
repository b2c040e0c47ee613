"""Printed rows as facts: two ends with ports and programs, a protocol, and the side that opens the flow."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from analyzer.guide.columns import Column
from analyzer.guide.crowded import doubt_crowded
from analyzer.guide.directions import signs_of
from analyzer.guide.facts import ProtocolFact, direction_fact, port_fact, protocol_fact
from analyzer.guide.joining import CellLine, is_incomplete, join, least
from analyzer.guide.marks import split_marks
from analyzer.guide.printed import PrintedField, PrintedRow, PrintedTable, appended
from analyzer.guide.programs import PrintedProgram, program_fact
from analyzer.guide.rowfacts import End, RowFacts, Value
from analyzer.guide.tables import CellBasis
from analyzer.guide.words import Words, sign, squeezed
from analyzer.rules.word_file import System


def rows_of(tables: Sequence[PrintedTable], words: Words) -> list[RowFacts]:
    """The rows of all tables in order, numbered from 1."""
    found: list[RowFacts] = []
    earlier: PrintedField | None = None
    for table in tables:
        reader = _TableReader(table, words, len(found), earlier)
        found += reader.rows()
        earlier = reader.item
    return found


class _TableReader:
    def __init__(self, table: PrintedTable, words: Words, before: int, item: PrintedField | None) -> None:
        self.table, self.words, self.before = table, words, before
        self.pairs = any(one.kind in ("source", "destination") for one in table.columns)
        self.item = item
        self.doubt = False
        self.last: PrintedRow | None = None

    def rows(self) -> list[RowFacts]:
        found: list[RowFacts] = []
        self._share_broken()
        for row in self.table.rows:
            if -1 in row.fields:
                self.item = row.fields[-1]
                self.last = None
                continue
            if found and not self._is_row(row):
                self._add_to_last(row, found[-1])
                continue
            found.append(self._row(row, self.before + len(found) + 1))
            self.last = row
        return found

    def _share_broken(self) -> None:
        """A cell of programs that is not complete and goes on in the row below is one cell of both rows."""
        if self.table.merges or self.table.how == CellBasis.ORDER:
            return
        item = next(iter(self._columns("item")), None)
        for column in self._columns("executable"):
            for above, below in pairwise(self.table.rows):
                first, second = self._field(above, column), self._field(below, column)
                grouped = item is not None and self._field(below, item) is None
                if (
                    first is not None
                    and second is not None
                    and grouped
                    and is_incomplete(first.text, self.words.connectives)
                ):
                    text, sure = join([CellLine(first.text), CellLine(second.text)], self.words.lexicon)
                    whole = appended(first, second, text, least(sure, first.sure, "open"))
                    above.fields[column], below.fields[column] = whole, replace(whole, spans=True)

    def _columns(self, kind: str, side: str = "") -> list[int]:
        return [i for i, one in enumerate(self.table.columns) if one.kind == kind and (not side or one.side == side)]

    def _is_row(self, row: PrintedRow) -> bool:
        deciding = [index for kind in ("protocol", "direction", "port") for index in self._columns(kind)]
        return any(row.fields[index].text.strip() for index in deciding if index in row.fields)

    def _add_to_last(self, row: PrintedRow, facts: RowFacts) -> None:
        texts = [f"{one.text}" for _, one in sorted(row.fields.items()) if one.text.strip()]
        facts.remarks.append("below the row: " + " | ".join(texts))

    def _field(self, row: PrintedRow, index: int | None) -> PrintedField | None:
        one = row.fields.get(index) if index is not None else None
        return one if one is not None and one.text.strip() else None

    def _row(self, row: PrintedRow, number: int) -> RowFacts:
        page = next((one.spot.page for one in row.fields.values() if one.words), 0)
        facts = RowFacts(number, page, self.pairs, remarks=list(row.notes))
        self._item(row, facts)
        sides = ("source", "destination") if self.pairs else ("server", "target")
        for end, side in zip((facts.left, facts.right), sides, strict=True):
            self._end(row, facts, end, side)
        connected = self._columns("port", "connected")
        self._connected(row, facts, connected)
        self._protocol(row, facts)
        self._direction(row, facts)
        self._notes(row, facts)
        facts.marks = tuple(sorted(set(facts.marks)))
        doubt_crowded(facts, self.words)
        return facts

    def _take(self, facts: RowFacts, text: str) -> str:
        bare, marks = split_marks(text)
        facts.marks += marks
        return " ".join(bare.split())

    def _item(self, row: PrintedRow, facts: RowFacts) -> None:
        column = next(iter(self._columns("item")), None)
        one = self._field(row, column)
        if one is None and self.item is not None:
            # An empty cell of items goes on with the item above.
            self.doubt = self.doubt or column in row.doubtful
            one = replace(self.item, inherited=True, sure="open" if self.doubt else least(self.item.sure, "likely"))
        if one is None:
            return
        if not one.inherited:
            self.item, self.doubt = one, False
        facts.item = self._take(facts, one.text)
        facts.read["item"] = Value(one, one.sure)

    def _end(self, row: PrintedRow, facts: RowFacts, end: End, side: str) -> None:
        column = next(iter(self._columns(side)), None)
        named = self._inherited(row, column, side)
        if named is not None:
            end.name = self._take(facts, named[0].text)
            end.read["name"] = Value(named[0], least(named[0].sure, "open" if named[1] else "certain"), named[1])
        else:
            group = next((one.group for one in self.table.columns if one.side == side and one.group), "")
            end.name = " ".join(group.split())
        self._ports(row, facts, end, side)
        self._programs(row, facts, end, side)

    def _ports(self, row: PrintedRow, facts: RowFacts, end: End, side: str) -> None:
        column = next(iter(self._columns("port", side)), None)
        found = self._inherited(row, column, "port")
        if found is None:
            if column is not None and column in row.fields:
                end.read["port"] = Value(row.fields[column], "open", "the cell is empty")
            return
        one, why = found
        end.ports = port_fact(one.text, self.words)
        facts.marks += end.ports.marks
        sure = least(one.sure, end.ports.sure, "open" if why else "certain")
        end.read["port"] = Value(
            one, sure, why or ("" if end.ports.sure != "open" else "its ports are no list of a few numbers")
        )

    def _programs(self, row: PrintedRow, facts: RowFacts, end: End, side: str) -> None:
        """The programs of all columns of one end; where each column was read is kept."""
        system = self._system(row)
        read: list[Value] = []
        for column in self._columns("executable", side):
            one = self._field(row, column)
            if one is None:
                read += self._missing_program(row, column)
                continue
            fact = program_fact(one.text, self.words)
            facts.marks += fact.marks
            facts.remarks += [f"Printed beside a program: {fact.rest}"] if fact.rest else []
            end.programs = (*(end.programs or ()), *(_for(program, system) for program in fact.programs))
            read.append(Value(one, least(one.sure, fact.sure)))
        for number, value in enumerate(read, 1):
            end.read["executables" if number == 1 else f"executables.{number}"] = value

    def _missing_program(self, row: PrintedRow, column: int) -> list[Value]:
        """What is not known of an empty cell: whether its text is in another cell, or, below a filled one where merged
        cells cannot be seen, whether it is the same."""
        if column in row.doubtful:
            return [Value(row.fields[column], "open", "its text may be in another cell")]
        above = self._field(self.last, column) if self.last is not None else None
        item = next(iter(self._columns("item")), None)
        grouped = item is not None and self._field(row, item) is None
        if above is None or not grouped or self.table.merges:
            return []
        return [Value(replace(above, inherited=True), "open", "the cell is empty, the one above is not")]

    def _system(self, row: PrintedRow) -> System | None:
        column = next(iter(self._columns("os")), None)
        one = self._field(row, column)
        if one is None:
            return None
        text = squeezed(one.text)
        found = {system for word, system in self.words.systems.items() if word in text}
        return found.pop() if len(found) == 1 else None

    def _inherited(self, row: PrintedRow, column: int | None, kind: str) -> tuple[PrintedField, str] | None:
        """The field of a column; an empty one takes the field above, with a note."""
        one = self._field(row, column)
        if one is not None:
            return one, ""
        above = self._field(self.last, column) if self.last is not None else None
        if column is None or above is None or (self.table.merges and kind == "port"):
            return None
        row.fields[column] = replace(above, inherited=True)
        return row.fields[column], "the cell is empty; it may continue the one above"

    def _connected(self, row: PrintedRow, facts: RowFacts, columns: Sequence[int]) -> None:
        """Ports of the responder; several columns, one for each transport, are several lists."""
        found: list[tuple[Column, PrintedField]] = []
        for index in columns:
            one = self._field(row, index)
            if one is not None and sign(split_marks(one.text)[0]) not in self.words.nothing:
                found.append((self.table.columns[index], one))
        if not found:
            return
        column, one = found[0]
        fact = port_fact(one.text, self.words)
        if column.protocol and len(found) == 1:
            facts.protocol = ProtocolFact((column.protocol,), None, "certain")
            facts.read["protocol"] = Value(one, "certain")
        elif len(found) > 1:
            others = [port_fact(more.text, self.words) for _, more in found[1:]]
            same = all(other.ports == fact.ports for other in others)
            protocols = tuple(column.protocol for column, _ in found if column.protocol)
            why = "" if same else "its columns have different ports"
            if len(protocols) < len(found):
                why = why or "a heading of its ports names no protocol"
            facts.protocol = ProtocolFact(protocols, None, "open" if why else "certain")
            facts.read["protocol"] = Value(one, facts.protocol.sure, why)
        facts.marks += fact.marks
        facts.connected = fact
        facts.read["port"] = Value(
            one, least(one.sure, fact.sure), "" if fact.sure != "open" else "its ports are no list of a few numbers"
        )

    def _protocol(self, row: PrintedRow, facts: RowFacts) -> None:
        column = next(iter(self._columns("protocol")), None)
        found = self._inherited(row, column, "protocol")
        if found is not None:
            one, why = found
            facts.protocol = protocol_fact(one.text, self.words)
            facts.marks += facts.protocol.marks
            unknown = ""
            if facts.protocol.sure == "open":
                whole = "a word of the cell is not known" if facts.protocol.protocols else ""
                unknown = whole or "the transport protocol is not known"
            facts.read["protocol"] = Value(
                one, least(one.sure, facts.protocol.sure, "open" if why else "certain"), why or unknown
            )
        with_ports = [
            fact for fact in (facts.connected, facts.left.ports, facts.right.ports) if fact and fact.protocols
        ]
        if facts.protocol is None and with_ports:
            facts.protocol = ProtocolFact(with_ports[0].protocols, None, "certain")
            source = facts.read.get("port") or facts.left.read.get("port") or facts.right.read.get("port")
            if source:
                facts.read["protocol"] = Value(source.field, "certain")

    def _direction(self, row: PrintedRow, facts: RowFacts) -> None:
        column = next(iter(self._columns("direction")), None)
        found = self._inherited(row, column, "direction")
        if found is None:
            facts.signs = (">",) if self.pairs else ()
            return
        one, why = found
        fact = direction_fact(one.text, self.words)
        facts.marks += fact.marks
        signs, sure = signs_of(fact, facts, self.table.columns, column or 0)
        facts.signs = signs
        unknown = "" if signs else "its sign is not known"
        facts.read["direction"] = Value(one, least(one.sure, sure, "open" if why else "certain"), why or unknown)

    def _notes(self, row: PrintedRow, facts: RowFacts) -> None:
        texts = []
        for column in self._columns("note"):
            one = self._field(row, column)
            if one is not None:
                texts.append(self._take(facts, one.text))
                facts.read.setdefault("note", Value(one, one.sure))
        facts.note = "; ".join(text for text in texts if text and sign(text) not in self.words.nothing)


def _for(program: PrintedProgram, system: System | None) -> PrintedProgram:
    return replace(program, system=system) if system and program.system is None else program
