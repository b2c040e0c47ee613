"""What was read from captures: the flow table, and the facts of each capture."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzer.flows import record_memory
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.senders import Senders
from analyzer.flows.table import FlowTable
from analyzer.messages import Message, message


@dataclass
class Evidence:
    """Everything that was read: the flow table and the facts of the captures.

    ``captures``: in the order of the table's capture numbers. ``senders[v]``: the hosts that sent unicast at vantage
    ``v``. ``unread``: captures of a folder that could not be read, and why. ``marks_dropped``: marked frames beyond the
    limit. ``options``: how the captures were read.
    """

    captures: list[CaptureFacts]
    table: FlowTable
    senders: list[Senders] = field(default_factory=list)
    unread: list[Message] = field(default_factory=list)
    marks_dropped: int = 0
    options: ReadOptions = DEFAULT_OPTIONS

    def span(self, vantage: int) -> tuple[int, int]:
        """First and last time of a vantage."""
        parts = [capture for capture in self.captures if capture.vantage == vantage and capture.frames]
        return min((part.first for part in parts), default=-1), max((part.last for part in parts), default=-1)

    @property
    def incomplete(self) -> bool:
        """Whether a capture was left out, is damaged, lost frames or has frames that were not read."""
        return bool(self.unread) or any(capture.incomplete for capture in self.captures)

    @property
    def unread_frames(self) -> int:
        """Frames of encapsulations and link types that were not read."""
        return sum(capture.unread_frames for capture in self.captures)


def warnings(evidence: Evidence) -> Iterator[Message]:
    """Everything that was left out, dropped, damaged, beyond the limit of flows or not read; captures in order."""
    for unread in evidence.unread:
        yield message("capture-left-out", unread=unread)
    for capture in evidence.captures:
        if capture.dropped:
            yield message("capture-dropped", capture=capture.name, packets=capture.dropped)
        for damage in capture.damage:
            yield message("capture-damaged", capture=capture.name, damage=damage)
    if beyond := flows_beyond_limit(evidence):
        yield beyond
    if moved := flows_on_disk(evidence):
        yield moved
    if encapsulations := encapsulations_not_read(evidence):
        yield encapsulations


def flows_beyond_limit(evidence: Evidence) -> Message | None:
    """How many frames belong to flows beyond the limit; None if there are none."""
    frames = sum(capture.beyond for capture in evidence.captures)
    return message("flows-beyond-limit", limit=evidence.options.max_flows, frames=frames) if frames else None


def flows_on_disk(evidence: Evidence) -> Message | None:
    """That a vantage has more flows than are kept in memory while captures are read; None if there are not so many."""
    most, limit = max(map(len, evidence.table.places), default=0), record_memory.FLOWS_IN_MEMORY
    return message("flows-on-disk", flows=most, limit=limit) if most > limit else None


def encapsulations_not_read(evidence: Evidence) -> Message | None:
    """The frames of all captures that were not read, by encapsulation or link type; None if there are none."""
    names: Counter[str] = Counter()
    for capture in evidence.captures:
        names.update(capture.unread)
    counts = [message("frames-aside", frames=frames, reason=name) for name, frames in sorted(names.items())]
    return message("encapsulations-not-read", names=tuple(counts)) if counts else None


def gaps(evidence: Evidence, vantage: int) -> list[tuple[int, int]]:
    """The times between the files of one vantage, and those within a file over which its clock jumps: nothing was sent,
    or no capture was running."""
    parts: list[tuple[int, int]] = []
    for capture in evidence.captures:
        if capture.vantage == vantage and capture.frames:
            parts += parts_of(capture)
    found: list[tuple[int, int]] = []
    last = -1
    for first, end in sorted(parts):
        if 0 <= last < first:
            found.append((last, first))
        last = max(last, end)
    return found


def parts_of(capture: CaptureFacts) -> Iterator[tuple[int, int]]:
    """(first, last) of a capture, or of the parts before and after each jump of its clock. A clock that was set back
    meanwhile leaves a part that ends before it begins: its two times are exchanged."""
    begin = capture.first
    for before, after in capture.clock_jumps:
        yield min(begin, before), max(begin, before)
        begin = min(after, capture.last)
    yield begin, capture.last
