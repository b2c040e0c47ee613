"""The catalogue of English sentences: the only place that has the words of a message.

An entry is a format string over the values of its message (``"Row {rule} covers it."``), or a function of them where
the words depend on a number or on what is there. A value that is a message itself is a finished sentence here. Each
part of the catalogue is a module of this package.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from analyzer.messages.english import (
    advice,
    blind_spots,
    block_causes,
    boots,
    breaks,
    capture,
    difference,
    document,
    fields,
    payload,
    programs,
    reasons,
    rows,
    vantages,
    verdicts,
)
from analyzer.messages.english.words import Template
from analyzer.messages.model import FlowColumn, Message, Value

Catalogue = Mapping[str, Template]

SENTENCES: dict[str, Template] = {
    **advice.SENTENCES,
    **verdicts.SENTENCES,
    **reasons.SENTENCES,
    **block_causes.SENTENCES,
    **blind_spots.SENTENCES,
    **payload.SENTENCES,
    **vantages.SENTENCES,
    **boots.SENTENCES,
    **breaks.SENTENCES,
    **capture.SENTENCES,
    **document.SENTENCES,
    **difference.SENTENCES,
    **fields.SENTENCES,
    **rows.SENTENCES,
    **programs.SENTENCES,
}
"""Code -> sentence."""


def sentence(one: Message, row: Mapping[str, Any] | None = None) -> str:
    """The English sentence of a message.

    ``row``: the flow's line of the flow table, for messages with a FlowColumn.

    Raises:
        KeyError: the catalogue has no such code, the message no such value, or the row no such column.
    """
    values = plain_values(one, row or {})
    template = SENTENCES[one.code]
    return template(values) if callable(template) else template.format_map(values)


def plain_values(one: Message, row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a message by name, as its sentence shows them: messages as sentences, columns as values of the row.

    Raises:
        KeyError: as ``sentence`` has it.
    """
    return {name: _plain(value, row) for name, value in one.values}


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
