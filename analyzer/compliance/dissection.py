"""What dissection found in the flows: the application protocol of each flow, by its content."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analyzer.dissect import Cut, Dissection, Observation
from analyzer.flows.evidence import Evidence
from analyzer.text import clip


@dataclass(frozen=True)
class FlowObservations:
    """``applications``: flow -> the application that it carries; a flow without an entry was not dissected, or nothing
    was recognised. ``by_flow``: the observations of a flow, in order of time. ``dissection``: its result, None if there
    was none. ``left``: number of frames beyond the budget."""

    applications: Mapping[int, str] = field(default_factory=dict)
    by_flow: Mapping[int, list[Observation]] = field(default_factory=dict)
    dissection: Dissection | None = None
    left: int = 0


def cuts_of(evidence: Evidence, chosen: Sequence[int]) -> list[Cut]:
    """The marked frames with these numbers as cuts. The comment of a cut has its capture and frame number."""
    return [
        Cut(
            number=number,
            time=mark.time,
            link=mark.link,
            original=mark.original,
            octets=mark.octets,
            label=f"{evidence.captures[mark.capture].name} frame {mark.frame}",
        )
        for number, mark in zip(chosen, evidence.table.marks.frames(np.array(chosen, dtype=np.int64)), strict=True)
    ]


def group_by_flow(evidence: Evidence, dissection: Dissection, left: int = 0) -> FlowObservations:
    """The observations by flow. The first recognised frame decides what a flow carries."""
    by_flow: dict[int, list[Observation]] = defaultdict(list)
    flow = evidence.table.marks.flow
    for seen in sorted(dissection.observations, key=lambda seen: seen.number):
        by_flow[int(flow[seen.number])].append(seen)
    applications = {flow: word for flow, many in by_flow.items() if (word := first_word(many))}
    return FlowObservations(applications, dict(by_flow), dissection, left)


SECRETS = frozenset({"password"})
"""Facts that no report repeats."""
MOST_VALUES = 3
SHOWN = 120


def facts_of(observations: Iterable[Observation]) -> dict[str, str]:
    """What the frames of a flow state: ``application.name`` -> its values, in the order of the frames."""
    found: dict[str, dict[str, None]] = {}
    for seen in observations:
        for name, value in seen.facts.items():
            if name in SECRETS:
                continue
            found.setdefault(f"{seen.application}.{name}", {}).setdefault(value)
    return {name: ", ".join(some(values)) for name, values in found.items()}


def some(values: Iterable[str]) -> list[str]:
    """The first values, and how many more there are."""
    every = list(values)
    return every[:MOST_VALUES] + ([f"and {len(every) - MOST_VALUES} more"] if len(every) > MOST_VALUES else [])


def content_of(observations: Iterable[Observation]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The application of a flow, empty where none was recognised, and what its frames state: (name, value)."""
    observations = list(observations)
    word = first_word(observations)
    stated = tuple(
        (name.partition(".")[2], clip(value, SHOWN))
        for name, value in facts_of(observations).items()
        if name.partition(".")[0] == word
    )
    return word, stated


def first_word(observations: Iterable[Observation]) -> str:
    return next((seen.application for seen in observations if seen.application), "")
