"""What a message is, and how the document stores it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Union


class FlowColumn(NamedTuple):
    """A value that each flow has in its own column of the table (``orig_h``), so that many flows share a message."""

    name: str


class Message(NamedTuple):
    """A fact for a reader. ``code``: a key of the catalogue; ``values``: (name, value), sorted by name.

    Messages are hashable, so that rows with equal messages are grouped by them.
    """

    code: str
    values: tuple[tuple[str, "Value"], ...] = ()

    def __getitem__(self, name: str) -> "Value":  # type: ignore[override]  # a message is read by names of values
        return dict(self.values)[name]


Value = Union[str, int, FlowColumn, Message, tuple["Value", ...]]  # noqa: UP007 - it names itself
"""A text, a number, a column of the flow, another message, or several of these."""


def message(code: str, **values: Value) -> Message:
    """The message ``code`` with these values."""
    return Message(code, tuple(sorted(values.items())))


def columns_in(value: Value) -> Iterator[str]:
    """The columns of the flow table that a value or a message contains; a name may come several times."""
    if isinstance(value, FlowColumn):
        yield value.name
    elif isinstance(value, Message):
        for _, one in value.values:
            yield from columns_in(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from columns_in(one)


def as_data(value: Value) -> Any:
    """A value or a message as JSON: ``{"code": ..., "values": {...}}``, ``{"column": ...}``, text, number, list."""
    if isinstance(value, str | int):  # most of them
        return value
    if isinstance(value, Message):
        return {"code": value.code, "values": {name: as_data(one) for name, one in value.values}}
    if isinstance(value, FlowColumn):
        return {"column": value.name}
    return [as_data(one) for one in value]


def from_data(data: Any) -> Value:
    """What ``as_data`` wrote.

    Raises:
        ValueError: it is no such value.
    """
    if isinstance(data, bool) or data is None or isinstance(data, float):
        raise ValueError(f"not a value of a message: {data!r}")
    if isinstance(data, str | int):
        return data
    if isinstance(data, list):
        return tuple(map(from_data, data))
    if isinstance(data, Mapping) and set(data) == {"column"} and isinstance(data["column"], str):
        return FlowColumn(data["column"])
    if isinstance(data, Mapping) and set(data) == {"code", "values"} and isinstance(data["values"], Mapping):
        values = {str(name): from_data(value) for name, value in data["values"].items()}
        if isinstance(data["code"], str):
            return Message(data["code"], tuple(sorted(values.items())))
    raise ValueError("not a value of a message")
