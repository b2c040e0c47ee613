"""Messages of many flows at once: columns of values become groups of flows with equal messages.

A stage describes a message by its code and one column for each value. Flows with equal values share one message, and
flows with the same messages in the same order are one group. So a sentence is made once for each group, and a message
can show only what its columns contain.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from analyzer.columns import Integers, Truths, group_rows
from analyzer.messages.model import Message, Value


class CodedValues(NamedTuple):
    """A column of values that are no numbers: ``values[code]`` for each flow; ``codes``: (flows of the column,)."""

    values: Sequence[Value]
    codes: Integers


class MessageColumn(NamedTuple):
    """The message ``code`` for some flows.

    ``flows``: a mask over all flows, or the numbers of the flows, each once. ``values``: name -> a column over these
    flows in the same order (integers or coded values), or one value for all of them.
    """

    code: str
    flows: Integers | Truths
    values: Mapping[str, "Value | Integers | CodedValues"] = {}


class SingleFlows(NamedTuple):
    """Messages that are made for single flows: flow -> its messages, for what is read in frames one by one."""

    messages: Mapping[int, tuple[Message, ...]]


class FlowMessages(NamedTuple):
    """Flows with equal messages, as groups.

    ``groups``: the messages of each group, in the order in which they are read. ``codes``: (flows,) the group of each
    flow. Groups are different from each other, and come in the order of their first flows.
    """

    groups: tuple[tuple[Message, ...], ...]
    codes: Integers


def group_messages(count: int, columns: Iterable[MessageColumn | SingleFlows]) -> FlowMessages:
    """The messages of ``count`` flows; a flow's messages have the order of ``columns``."""
    codes = np.zeros(count, dtype=np.int64)
    sequences: list[tuple[Message, ...]] = [()]
    for column in columns:
        flows, texts, kinds = _single(column) if isinstance(column, SingleFlows) else _distinct(column)
        if not len(flows):
            continue
        before = codes[flows]
        first, pairs = group_rows([before, kinds])
        codes[flows] = len(sequences) + pairs
        sequences += [
            sequences[old] + texts[kind]
            for old, kind in zip(before[first].tolist(), kinds[first].tolist(), strict=True)
        ]
    first, kinds = group_rows([codes])
    order = np.argsort(first)
    numbers: dict[tuple[Message, ...], int] = {}
    group = np.empty(len(first), dtype=np.int64)
    for place, code in zip(order.tolist(), codes[first[order]].tolist(), strict=True):
        group[place] = numbers.setdefault(sequences[code], len(numbers))
    return FlowMessages(tuple(numbers), group[kinds])


def _distinct(column: MessageColumn) -> tuple[Integers, list[tuple[Message, ...]], Integers]:
    """The flows of a column, its different messages, and the message of each of these flows."""
    flows = np.flatnonzero(column.flows) if column.flows.dtype == bool else column.flows.astype(np.int64)
    if not len(flows):
        return flows, [], flows
    values = sorted(column.values.items())
    keys = [
        value.codes if isinstance(value, CodedValues) else value
        for _, value in values
        if isinstance(value, CodedValues | np.ndarray)
    ]
    first, kinds = group_rows(keys) if keys else (np.zeros(1, dtype=np.int64), np.zeros(len(flows), dtype=np.int64))
    shown = [[*_values(value, first)] for _, value in values]
    names = [name for name, _ in values]
    lines = zip(*shown, strict=True) if shown else [()] * len(first)
    messages: list[tuple[Message, ...]] = [
        (Message(column.code, tuple(zip(names, line, strict=True))),) for line in lines
    ]
    return flows, messages, kinds


def _values(value: "Value | Integers | CodedValues", first: Integers) -> Iterable[Value]:
    """The values of the first flow of each kind."""
    if isinstance(value, CodedValues):
        return (value.values[code] for code in value.codes[first].tolist())
    if isinstance(value, np.ndarray):
        return list(map(int, value[first].tolist()))
    return [value] * len(first)


def _single(column: SingleFlows) -> tuple[Integers, list[tuple[Message, ...]], Integers]:
    """The same of messages that are made for single flows."""
    flows = sorted(flow for flow, messages in column.messages.items() if messages)
    numbers: dict[tuple[Message, ...], int] = {}
    kinds = [numbers.setdefault(column.messages[flow], len(numbers)) for flow in flows]
    return np.array(flows, dtype=np.int64), list(numbers), np.array(kinds, dtype=np.int64)
