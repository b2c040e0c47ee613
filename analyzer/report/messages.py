"""The messages of the document: facts as codes with values, which its text columns are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer.messages import Message, as_data, english, from_data
from analyzer.messages.grouping import FlowMessages


@dataclass(frozen=True)
class Messages:
    """``flows``: the messages of the flow table's lines."""

    flows: FlowMessages

    def as_data(self) -> dict[str, Any]:
        """As JSON has it: ``{"flows": {"groups": [[message, ...], ...], "codes": [group of each flow]}}``."""
        groups = [[as_data(one) for one in group] for group in self.flows.groups]
        return {"flows": {"groups": groups, "codes": self.flows.codes.tolist()}}


def messages_from_data(data: Any, flows: int, columns: Iterable[str]) -> Messages:
    """What ``as_data`` wrote, for a table of so many flows with these columns.

    Raises:
        ValueError, KeyError, TypeError: it is no such value, or a code has no group.
    """
    if set(data) != {"flows"} or set(data["flows"]) != {"groups", "codes"}:
        raise ValueError("messages: not what this version writes")
    groups = tuple(tuple(map(_message, group)) for group in data["flows"]["groups"])
    _require_sentences(groups, columns)
    codes = data["flows"]["codes"]
    if len(codes) != flows or any(type(code) is not int or not 0 <= code < len(groups) for code in codes):
        raise ValueError("messages: not a group for each flow")
    return Messages(FlowMessages(groups, np.array(codes, dtype=np.int64)))


def _require_sentences(groups: tuple[tuple[Message, ...], ...], columns: Iterable[str]) -> None:
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
