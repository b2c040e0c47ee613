"""The history of a flow in Zeek's letters, and its letters as bits."""

from typing import Any

from analyzer.columns import group_rows
from analyzer.flows.kernel import record as r
from analyzer.flows.table import FlowTable


def letter_bits(letters: str) -> int:
    """The bits of ``SideColumns.seen_letters`` that stand for these letters of the history: ``S``, ``H``, ``A``, ``D``,
    ``F``, ``R``, ``Q`` (several flags), ``I`` (FIN and RST), ``T`` (sent again), ``W`` (window closed), ``G`` (gap)."""
    return sum(1 << r.HISTORY_LETTERS.index(letter) for letter in letters)


def history_text(record: Any) -> str:
    """Zeek's history of one record: the originator's letters upper case, the responder's lower, ``^`` a flip."""
    letters = []
    for place in range(record[r.F_LETTERS]):
        code = (int(record[r.F_HISTORY + place // 12]) >> (5 * (place % 12))) & 31
        if code == r.FLIP:
            letters.append("^")
        elif code >= r.RESPONDER_LETTER:
            letters.append(r.HISTORY_LETTERS[code - r.RESPONDER_LETTER].lower())
        else:
            letters.append(r.HISTORY_LETTERS[code])
    return "".join(letters)


def histories(table: FlowTable) -> list[str]:
    """The history of every flow."""
    columns = [table.records.column(slot) for slot in (r.F_LETTERS, r.F_HISTORY, r.F_HISTORY1, r.F_HISTORY2)]
    first, codes = group_rows(columns)
    texts = [history_text(table.records.line(flow)) for flow in first.tolist()]
    return [texts[code] for code in codes.tolist()]
