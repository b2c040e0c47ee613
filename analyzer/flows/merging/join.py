"""One flow table of the parts of all vantages."""

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.flows.assembler import Assembler
from analyzer.flows.marked import MarkedFrame
from analyzer.flows.merging.match_records import merge
from analyzer.flows.merging.single import table_of_one_part
from analyzer.flows.merging.translated import find_translated
from analyzer.flows.packed import PackedLines, pack
from analyzer.flows.senders import Senders, find_senders
from analyzer.flows.table import FlowTable


class JoinedParts(NamedTuple):
    """``table``: the flows of all vantages. ``errors``: the ICMP errors that quote a flow of another vantage.
    ``senders``: the hosts that sent unicast at each vantage."""

    table: FlowTable
    errors: list[MarkedFrame]
    senders: list[Senders]


def join_parts(assemblers: Sequence[Assembler]) -> JoinedParts:
    """The table of what was read at each vantage, by an assembler each. Their arrays are given back to the system."""
    marks = [assembler.marked_frames() for assembler in assemblers]
    parts: list[PackedLines] = []
    for assembler in assemblers:
        parts.append(pack([assembler.records()]))
        assembler.release()
    senders = [find_senders(part) for part in parts]
    translated = [find_translated(part) for part in parts]
    if len(parts) == 1 and not translated[0]:
        return JoinedParts(table_of_one_part(parts[0], marks[0]), [], senders)
    return JoinedParts(*merge(parts, marks, translated), senders)
