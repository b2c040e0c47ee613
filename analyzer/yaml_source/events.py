"""Parser events of a YAML text, from ruamel.yaml or, for a large text, from libyaml, which is 30 times faster.

ruamel.yaml decides: libyaml reads YAML 1.1, and gives other events for block scalars, names of anchors,
tags and mistakes. A text with one of these is read by ruamel.yaml. tests/site/test_large_profiles.py compares both.
"""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import events as ruamel_events

LARGE = 1 << 16
"""Characters from which libyaml is worth its import."""
_BLOCK_STYLES = ("|", ">")
# Line ends of YAML 1.1 alone, tabs (1.2 admits them at more places) and the mark of byte order, which 1.1 skips.
_READ_OTHERWISE = ("\t", "\x85", "\u2028", "\u2029", "\ufeff")


class UnlikeError(Exception):
    """libyaml may read the text in another way than ruamel.yaml does."""


def events(text: str) -> Iterator[Any]:
    """The events as ruamel.yaml has them. Raises its YAMLError, also ValueError and OverflowError."""
    return iter(YAML(typ="safe", pure=True).parse(text))


def quick_events(text: str) -> Iterator[Any]:
    """The same events from libyaml, as classes of the same names.

    The position of an empty value is where its key ends; ruamel.yaml gives that of what follows.

    Raises:
        UnlikeError: libyaml is not there, or may read the text in another way. The events before are equal.
    """
    if any(one in text for one in _READ_OTHERWISE) or text.startswith("%") or "\n%" in text:
        raise UnlikeError
    try:
        import yaml  # noqa: PLC0415 - only large texts need it

        loader = yaml.CSafeLoader
    except (ImportError, AttributeError):
        raise UnlikeError from None
    documents = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            documents += isinstance(event, yaml.DocumentStartEvent)
            marked = getattr(event, "tag", None) or getattr(event, "anchor", None)
            if documents > 1 or marked or getattr(event, "style", None) in _BLOCK_STYLES:
                raise UnlikeError
            yield event
    except (yaml.YAMLError, ValueError, OverflowError):
        raise UnlikeError from None


def kind(event: Any) -> str:
    """The name of an event's class, without its package."""
    return type(event).__name__


ALIAS = ruamel_events.AliasEvent.__name__
DOCUMENT_START = ruamel_events.DocumentStartEvent.__name__
MAPPING_END = ruamel_events.MappingEndEvent.__name__
MAPPING_START = ruamel_events.MappingStartEvent.__name__
SCALAR = ruamel_events.ScalarEvent.__name__
SEQUENCE_END = ruamel_events.SequenceEndEvent.__name__
SEQUENCE_START = ruamel_events.SequenceStartEvent.__name__
