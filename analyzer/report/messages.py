"""The messages of the document: facts as codes with values, which its text columns are made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer.messages import Message, as_data, english, from_data
from analyzer.messages.grouping import FlowMessages

Lines = tuple[tuple[Message, ...], ...]
"""The messages of each line of a part."""
PARTS = {
    "headline": "Of meta.headline: one line.",
    "scope": "Of meta.scope: one line.",
    "rows": "Of the column why of rows: a line for each line of the table.",
    "boots": "Of the column why of boots: a line for each line of the table.",
    "damage": "Of the damage of captures: a line for each capture.",
    "left_out": "Of meta.left_out: a line for each text.",
    "hosts": "Of the evidence of hosts: a line for each host.",
}
"""The parts of the document beside flows that have messages: the texts that are made of them."""


@dataclass(frozen=True)
class Messages:
    """``flows``: the messages of the flow table's lines. ``parts``: those of other texts, by a name of PARTS."""

    flows: FlowMessages
    parts: Mapping[str, Lines]

    def as_data(self) -> dict[str, Any]:
        """As JSON has it: ``{"flows": {"groups": [[message, ...], ...], "codes": [group of each flow]}}``, and a list
        of messages for each line of the other parts."""
        groups = [[as_data(one) for one in group] for group in self.flows.groups]
        parts = {name: [[as_data(one) for one in line] for line in lines] for name, lines in self.parts.items()}
        return {"flows": {"groups": groups, "codes": self.flows.codes.tolist()}, **parts}


def messages_from_data(data: Any, sizes: Mapping[str, int], columns: Iterable[str]) -> Messages:
    """What ``as_data`` wrote. ``sizes``: the number of lines of each table; ``columns``: of the flow table.

    Raises:
        ValueError, KeyError, TypeError: it is no such value, or a code has no group.
    """
    if not {"flows"} <= set(data) <= {"flows", *PARTS} or set(data["flows"]) != {"groups", "codes"}:
        raise ValueError("messages: not what this version writes")
    groups = _lines(data["flows"]["groups"], columns)
    codes = data["flows"]["codes"]
    if len(codes) != sizes["flows"] or any(type(code) is not int or not 0 <= code < len(groups) for code in codes):
        raise ValueError("messages: not a group for each flow")
    parts = {name: _lines(data[name], ()) for name in PARTS if name in data}
    if any(len(lines) != sizes[name] for name, lines in parts.items() if name in sizes):
        raise ValueError("messages: not a line for each line of a table")
    return Messages(FlowMessages(groups, np.array(codes, dtype=np.int64)), parts)


def _lines(data: Any, columns: Iterable[str]) -> Lines:
    """The messages of each line, all of which have a sentence."""
    lines = tuple(tuple(map(_message, line)) for line in data)
    _require_sentences(lines, columns)
    return lines


def _require_sentences(groups: Lines, columns: Iterable[str]) -> None:
    """Raise ValueError for a message that the catalogue has no words for, or not with these values."""
    row = dict.fromkeys(columns, "")
    try:
        for group in groups:
            english.text(group, row)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"messages: no sentence for {group}") from error


def _message(data: Any) -> Message:
    one = from_data(data)
    if not isinstance(one, Message):
        raise ValueError("messages: not a message")
    return one
