"""A file of words of tables of ports, as a user may add one to an import; a draft keeps those it was read with."""

import re
from typing import Literal

from pydantic import Field, field_validator

from analyzer.rules.model import PackModel
from analyzer.values import Role

System = Literal["windows", "linux"]
Transport = Literal["tcp", "udp", "icmp"]


class ProtocolWord(PackModel):
    """What carries a protocol, and what the rules call the application; an empty transport is not known."""

    transport: tuple[Transport, ...] = ()
    application: str | None = None


class WordFile(PackModel):
    """A file of words; every list may be absent."""

    version: Literal[1]
    headings: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    sides: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    automatic: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    protocols: dict[str, ProtocolWord] = Field(default_factory=dict)
    directions: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    connectives: tuple[str, ...] = ()
    systems: dict[System, tuple[str, ...]] = Field(default_factory=dict)
    roles: dict[Role, tuple[str, ...]] = Field(default_factory=dict)
    beyond: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    broadcast: tuple[str, ...] = ()
    multicast: tuple[str, ...] = ()

    @field_validator("sentences")
    @classmethod
    def _patterns(cls, sentences: tuple[str, ...]) -> tuple[str, ...]:
        for text in sentences:
            try:
                groups = re.compile(text).groupindex
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(f"{text!r} is no regular expression ({error}): correct it") from error
            if not {"source", "destination"} <= set(groups):
                raise ValueError(f"{text!r} needs the groups (?P<source>...) and (?P<destination>...): add them")
        return sentences
