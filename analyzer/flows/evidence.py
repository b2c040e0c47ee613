"""Everything that captures showed: the flow table, and what was learned of each capture."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from analyzer.capture.frame import Aside
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.senders import Surroundings
from analyzer.flows.table import FlowTable
from analyzer.messages import Message, message


@dataclass
class CaptureFacts:
    """What was learned of one capture. Times are integer nanoseconds since the epoch; -1 without frames.

    ``backwards``: frames that are older than the one before, ``step_back`` by how many nanoseconds at most.
    ``undated``: frames without a time of their own. ``overlong``: that hold more than was there by their own account.
    ``dropped``: packets that the capture says were lost while it was taken. ``blocks``: pcapng's blocks by name.
    ``comments``, ``filters``: what was written into it, and the capture filters of its interfaces. ``damage``: what was
    lost, and where in the file.
    ``unread``: frames by the name of an encapsulation or link type that was not read. They are set aside, or are in the
    flow between the ends of a tunnel that could not be opened.
    """

    name: str
    size: int
    sha256: str
    format: str
    link_types: tuple[str, ...]
    nanoseconds: bool
    vantage: int
    first: int
    last: int
    frames: int
    asides: dict[Aside, int]
    snapped: int
    backwards: int
    duplicates: int
    damage: tuple[Message, ...]
    step_back: int = 0
    undated: int = 0
    overlong: int = 0
    dropped: int = 0
    blocks: dict[str, int] = field(default_factory=dict)
    comments: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    unread: dict[str, int] = field(default_factory=dict)

    @property
    def incomplete(self) -> bool:
        """Whether frames that were sent are not in it, or not read."""
        return bool(self.damage) or self.dropped > 0 or self.beyond > 0

    @property
    def beyond(self) -> int:
        """Frames of flows that were too many to keep."""
        return self.asides.get(Aside.OVER, 0)


@dataclass
class Evidence:
    """Everything that the captures showed: ``captures[n]`` is what the table's capture numbers mean.

    ``surroundings[v]``: who was heard at vantage ``v``, and how.
    ``unread``: captures of a folder that could not be read, and why. ``marks_dropped``: marked frames beyond the limit.
    ``options``: how the captures were read.
    """

    captures: list[CaptureFacts]
    table: FlowTable
    surroundings: list[Surroundings] = field(default_factory=list)
    unread: list[Message] = field(default_factory=list)
    marks_dropped: int = 0
    options: ReadOptions = DEFAULT_OPTIONS

    def span(self, vantage: int) -> tuple[int, int]:
        """First and last time of a vantage."""
        parts = [capture for capture in self.captures if capture.vantage == vantage and capture.frames]
        return min((part.first for part in parts), default=-1), max((part.last for part in parts), default=-1)

    @property
    def incomplete(self) -> bool:
        """Whether a capture was left out, is damaged or lost frames."""
        return bool(self.unread) or any(capture.incomplete for capture in self.captures)


def warnings(evidence: Evidence) -> Iterator[Message]:
    """Everything that was left out, dropped, damaged or beyond the limit of flows, captures in their order."""
    for unread in evidence.unread:
        yield message("capture-left-out", unread=unread)
    for capture in evidence.captures:
        if capture.dropped:
            yield message("capture-dropped", capture=capture.name, packets=capture.dropped)
        for damage in capture.damage:
            yield message("capture-damaged", capture=capture.name, damage=damage)
    if beyond := flows_beyond_limit(evidence):
        yield beyond


def flows_beyond_limit(evidence: Evidence) -> Message | None:
    """How many frames belong to flows beyond the limit; None if there are none."""
    frames = sum(capture.beyond for capture in evidence.captures)
    return message("flows-beyond-limit", limit=evidence.options.max_flows, frames=frames) if frames else None


def gaps(evidence: Evidence, vantage: int) -> list[tuple[int, int]]:
    """The times between the files of one vantage, where nothing was captured."""
    parts = sorted((c.first, c.last) for c in evidence.captures if c.vantage == vantage and c.frames)
    return [(end, begin) for (_, end), (begin, _) in pairwise(parts) if begin > end]
