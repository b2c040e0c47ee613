"""The catalogue of English sentences: the only place that has the words of a message.

An entry is a format string over the values of its message (``"Row {rule} covers it."``), or a function of them where
the words depend on a number or on what is there. A value that is a message itself is a finished sentence here.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analyzer.messages.english import fields
from analyzer.messages.model import FlowColumn, Message, Value

Template = str | Callable[[Mapping[str, Any]], str]
Catalogue = Mapping[str, Template]

SENTENCES: dict[str, Template] = {**fields.SENTENCES}
"""Code -> sentence."""


def sentence(one: Message, row: Mapping[str, Any] | None = None) -> str:
    """The English sentence of a message.

    ``row``: the flow's line of the flow table, for messages with a FlowColumn.

    Raises:
        KeyError: the catalogue has no such code, the message no such value, or the row no such column.
    """
    values = {name: _plain(value, row or {}) for name, value in one.values}
    template = SENTENCES[one.code]
    return template(values) if callable(template) else template.format_map(values)


def text(messages: Iterable[Message], row: Mapping[str, Any] | None = None) -> str:
    """The sentences of several messages, with a blank between them."""
    return " ".join(filter(None, (sentence(one, row) for one in messages)))


def _plain(value: Value, row: Mapping[str, Any]) -> Any:
    if isinstance(value, Message):
        return sentence(value, row)
    if isinstance(value, FlowColumn):
        return row[value.name]
    if isinstance(value, tuple):
        return tuple(_plain(one, row) for one in value)
    return value
