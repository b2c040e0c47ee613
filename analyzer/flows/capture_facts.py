"""The facts of one capture, and what each of them means: the one description that the document and Python use, too."""

from dataclasses import dataclass, field

from analyzer.capture.frame import Aside
from analyzer.messages import Message

MEANINGS = {
    "name": "Name of the file, without its folder.",
    "size": "Octets of the file.",
    "sha256": "SHA-256 of the file.",
    "format": "Format of the file, its compression in brackets.",
    "link_types": "Link types.",
    "nanoseconds": "Whether its times are finer than microseconds.",
    "vantage": "Number of the vantage, from 1.",
    "first": "Time of the first frame; none without frames.",
    "last": "Time of the last frame; none without frames.",
    "frames": "How many frames: those in flows and those set aside.",
    "asides": "Frames by the reason why they are in no flow.",
    "snapped": "Frames of which only the beginning was kept.",
    "duplicates": "Copies of frames captured just before.",
    "damage": "The damage and its place in the file, in sentences; empty for none.",
    "dropped": "Packets lost during the capture, by its own count.",
    "backwards": "Frames that are older than the one before.",
    "step_back": "The largest step of the clock back.",
    "longest_pause": "The longest time from one frame to the next one in the file.",
    "undated": "Frames without a time of their own.",
    "overlong": "Frames that contain more octets than their record states.",
    "blocks": "The blocks of pcapng by name.",
    "comments": "Comments in it.",
    "filters": "Its capture filters.",
    "is_cooked": "Whether its link layer is Linux's cooked capture, which has the sender's hardware address only.",
    "unread": "Frames by the name of an encapsulation or link type that is not read, at most 64 names. They are set "
    "aside, or in a flow between the ends of a tunnel that could not be opened.",
}
"""What each fact means. The JSON Schema, the tables of Python and the documentation have these sentences."""


@dataclass
class CaptureFacts:
    """The facts of one capture, as MEANINGS describes them. Times are integer nanoseconds since the epoch; -1 without
    frames. ``step_back``, ``longest_pause``: nanoseconds. ``clock_jumps``: the times before and after each pause of a
    day or more, in the file's order, after which the clock may have been set rather than nothing sent; the first
    scan.MOST_JUMPS of them."""

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
    longest_pause: int = 0
    clock_jumps: tuple[tuple[int, int], ...] = ()
    undated: int = 0
    overlong: int = 0
    dropped: int = 0
    blocks: dict[str, int] = field(default_factory=dict)
    comments: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    is_cooked: bool = False
    unread: dict[str, int] = field(default_factory=dict)

    @property
    def unread_frames(self) -> int:
        """Frames of encapsulations and link types that were not read."""
        return sum(self.unread.values())

    @property
    def incomplete(self) -> bool:
        """Whether frames that were sent are not in it, or not read."""
        return bool(self.damage) or self.dropped > 0 or self.beyond > 0 or self.unread_frames > 0

    @property
    def beyond(self) -> int:
        """Frames of flows that were too many to keep."""
        return self.asides.get(Aside.OVER, 0)
