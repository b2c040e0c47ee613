"""One flow table of the parts of all vantages."""

from analyzer.columns import Integers
from analyzer.flows.merging.match_records import merge
from analyzer.flows.merging.single import table_of_one_part
from analyzer.flows.merging.translated import find_translated
from analyzer.flows.table import FlowTable, MarkedFrame


def join_parts(parts: list[Integers], marks: list[list[MarkedFrame]]) -> tuple[FlowTable, list[MarkedFrame]]:
    """The table, and the ICMP errors that quote a flow of another part. ``parts``: records of shape (flows,
    record.WIDTH), one array a vantage; ``marks``: of each part."""
    translated = [find_translated(part) for part in parts]
    if len(parts) == 1 and not translated[0]:
        return table_of_one_part(parts[0], marks[0]), []
    return merge(parts, marks, translated)
