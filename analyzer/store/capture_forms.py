"""The facts of captures as JSON has them."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter

from analyzer.capture.frame import Aside
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.messages import Message, as_data, from_data
from analyzer.store.manifest import Count, Hash, StoredForm, Time, problem_message

Damage = Annotated[Any, AfterValidator(problem_message)]


class FactsRecord(StoredForm):
    """The fields of CaptureFacts that the capture itself decides, or its chain: not its name, nor its vantage."""

    size: Count
    sha256: Hash
    format: str
    link_types: tuple[str, ...]
    nanoseconds: bool
    first: Time
    last: Time
    frames: Count
    asides: dict[str, Count]
    snapped: Count
    backwards: Count
    duplicates: Count
    damage: tuple[Damage, ...]
    step_back: Count
    longest_pause: Count
    clock_jumps: tuple[tuple[Time, Time], ...]
    undated: Count
    overlong: Count
    dropped: Count
    blocks: dict[str, Count]
    comments: tuple[str, ...]
    filters: tuple[str, ...]
    is_cooked: bool
    unread: dict[str, Annotated[int, Field(ge=0)]]


_LIST = TypeAdapter(tuple[FactsRecord, ...])


def text_of(captures: Sequence[CaptureFacts]) -> bytes:
    """The facts of captures as JSON."""
    records = []
    for facts in captures:
        values = {name: getattr(facts, name) for name in FactsRecord.model_fields}
        values["asides"] = {reason.name: frames for reason, frames in facts.asides.items()}
        values["damage"] = [as_data(one) for one in facts.damage]
        records.append(values)
    return json.dumps(records, ensure_ascii=True, separators=(",", ":")).encode()


def facts_of_text(content: bytes) -> list[CaptureFacts]:
    """What ``text_of`` wrote; names are empty. Raises ValueError for anything else."""
    found = []
    for record in _LIST.validate_python(json.loads(content)):
        values = {name: getattr(record, name) for name in FactsRecord.model_fields}
        if set(record.asides) != set(Aside.__members__):
            raise ValueError("asides")
        if sum(record.asides.values()) != record.frames:
            raise ValueError("the sums of the frames")
        values["asides"] = {Aside[name]: record.asides[name] for name in Aside.__members__}
        values["damage"] = tuple(one for one in map(from_data, record.damage) if isinstance(one, Message))
        found.append(CaptureFacts(name="", vantage=0, **values))
    return found
