"""One flow table of the parts of all vantages."""

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.flows.assembler import Assembler
from analyzer.flows.marked import MarkedFrame, MarkedFrames
from analyzer.flows.merging.match_records import merge
from analyzer.flows.merging.single import table_of_one_part
from analyzer.flows.merging.translated import find_translated
from analyzer.flows.packed import PackedLines, pack
from analyzer.flows.senders import Senders, find_senders
from analyzer.flows.table import FlowTable


class VantageFlows(NamedTuple):
    """What one vantage captured. ``records``: its flows; ``marks``: the frames that were kept; ``marks_dropped``: those
    beyond the limit."""

    records: PackedLines
    marks: MarkedFrames
    marks_dropped: int


def flows_of(assembler: Assembler) -> VantageFlows:
    """What an assembler read, as columns. Its arrays are given back to the system."""
    marks = assembler.marked_frames()
    records = pack(assembler.take_records(), assembler.flows)
    assembler.release()
    return VantageFlows(records, marks, assembler.marks_dropped)


class JoinedParts(NamedTuple):
    """``table``: the flows of all vantages. ``errors``: the ICMP errors that quote a flow of another vantage.
    ``senders``: the hosts that sent unicast at each vantage."""

    table: FlowTable
    errors: list[MarkedFrame]
    senders: list[Senders]


def join_parts(vantages: Sequence[VantageFlows]) -> JoinedParts:
    """The table of what was read at each vantage."""
    parts = [one.records for one in vantages]
    senders = [find_senders(part) for part in parts]
    translated = [find_translated(part) for part in parts]
    if len(vantages) == 1 and not translated[0]:
        return JoinedParts(table_of_one_part(parts[0], vantages[0].marks), [], senders)
    return JoinedParts(*merge(parts, [one.marks for one in vantages], translated), senders)
