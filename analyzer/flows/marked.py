"""Frames that were kept for later stages: as columns, and their octets one behind the other.

A frame becomes an object when a stage looks into it. A scan keeps half a million frames, into which nobody looks.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from analyzer.columns import Integers, Truths
from analyzer.flows.kernel import record as r
from analyzer.flows.packed import PackedLines, pack

SEARCHED_AT_ONCE = 1 << 20
"""Octets that are searched at a time, about."""
FRAMES_AT_ONCE = 4096
REMEMBERED = 32_768
"""Frames of flows that were asked for last, which stay objects: a stage asks for a flow several times."""


class MarkedFrame(NamedTuple):
    """A frame that was kept for a later stage.

    ``flow``: its line of the table. ``frame``: its number in its capture, from 1. ``time``: nanoseconds since the
    epoch.
    ``payload``: where its transport payload begins in ``octets``; ``length``: the payload's length as sent.
    ``link``: the link type's number. ``original``: the frame's length as sent.
    """

    flow: int
    frame: int
    time: int
    capture: int
    from_orig: bool
    payload: int
    length: int
    octets: bytes
    link: int
    original: int

    @property
    def data(self) -> bytes:
        """The payload as far as it was captured, without padding of the link layer."""
        return self.octets[self.payload : self.payload + self.length]


@dataclass
class AskedFor:
    """The frames of flows that were asked for last, as objects; ``count``: how many frames these are."""

    by_flow: dict[int, list[MarkedFrame]] = field(default_factory=dict)
    count: int = 0

    def keep(self, flow: int, frames: list[MarkedFrame]) -> None:
        """Keep the frames of one flow more. The others are forgotten where they would be too many."""
        if self.count + len(frames) > REMEMBERED or len(self.by_flow) > REMEMBERED:
            self.by_flow.clear()
            self.count = 0
        self.by_flow[flow] = frames
        self.count += len(frames)


@dataclass(frozen=True, eq=False)
class MarkedFrames(Sequence[MarkedFrame]):
    """``lines``: (frames, record.M_WIDTH), with the place of a frame in ``octets`` as M_OFFSET, its octets there as
    M_CAPTURED, and M_PAYLOAD counted from its first octet."""

    lines: PackedLines
    octets: bytes | bytearray = b""
    _asked_for: AskedFor = field(default_factory=AskedFor, repr=False)

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, place: int) -> MarkedFrame: ...
    @overload
    def __getitem__(self, place: slice) -> list[MarkedFrame]: ...
    def __getitem__(self, place: int | slice) -> MarkedFrame | list[MarkedFrame]:
        if isinstance(place, slice):
            return list(self.frames(np.arange(len(self))[place]))
        return self._frame(self.lines.line(place))

    def __iter__(self) -> Iterator[MarkedFrame]:
        return self.frames(np.arange(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MarkedFrames) and len(self) == len(other) and all(map(_equal, self, other))

    __hash__ = None  # type: ignore[assignment]  # equal frames are no reason to be one key

    def frames(self, numbers: Integers) -> Iterator[MarkedFrame]:
        """The frames with these numbers as objects, each when it is asked for."""
        for start in range(0, len(numbers), FRAMES_AT_ONCE):
            for line in self.lines.lines(numbers[start : start + FRAMES_AT_ONCE]).tolist():
                yield self._frame(line)

    def _frame(self, line: list[int]) -> MarkedFrame:
        start = line[r.M_OFFSET]
        return MarkedFrame(
            flow=line[r.M_FLOW],
            frame=line[r.M_FRAME],
            time=line[r.M_TIME],
            capture=line[r.M_CAPTURE],
            from_orig=line[r.M_SIDE] == 0,
            payload=line[r.M_PAYLOAD],
            length=line[r.M_PAYLEN],
            octets=bytes(self.octets[start : start + line[r.M_CAPTURED]]),
            link=line[r.M_LINK],
            original=line[r.M_ORIGINAL],
        )

    @property
    def flow(self) -> Integers:
        """The line of the table of each frame."""
        return self.lines.column(r.M_FLOW)

    @property
    def length(self) -> Integers:
        """The length of each payload as sent."""
        return self.lines.column(r.M_PAYLEN)

    @property
    def is_first_payload(self) -> Truths:
        """Which frames were kept only as the first payload of a side."""
        return np.asarray(self.lines.column(r.M_FIRST_PAYLOAD) > 0)

    @cached_property
    def captured(self) -> Integers:
        """The length of each payload as far as it was captured: that of ``MarkedFrame.data``."""
        there = self.lines.column(r.M_CAPTURED) - self.lines.column(r.M_PAYLOAD)
        return np.clip(self.length, 0, np.maximum(there, 0))

    def begins_with(self, beginning: bytes) -> Truths:
        """Whether the payload of each frame begins with these octets."""
        found: Truths = np.asarray(self.captured >= len(beginning))
        for place, octet in enumerate(beginning):
            found[found] = self.octet(place, np.flatnonzero(found)) == octet
        return found

    def octet(self, place: int, numbers: Integers) -> NDArray[np.uint8]:
        """An octet of the payloads of these frames, all of which have it."""
        begins = self.lines.column(r.M_OFFSET)[numbers] + self.lines.column(r.M_PAYLOAD)[numbers]
        return np.asarray(values_of(self.octets)[begins + place])

    def containing(self, octets: bytes) -> Integers:
        """The numbers of the frames whose payload contains these octets."""
        begins = self.lines.column(r.M_OFFSET) + self.lines.column(r.M_PAYLOAD)
        order = np.argsort(begins, kind="stable")
        begins, ends = begins[order], (begins + self.captured)[order] - len(octets)
        found = np.zeros(len(self), dtype=bool)
        start = 0
        while start < len(order):
            stop = max(int(np.searchsorted(begins, begins[start] + SEARCHED_AT_ONCE)), start + 1)
            first, last = int(begins[start]), int(ends[start:stop].max()) + len(octets)
            places = first + _places(self.octets[first : max(last, first)], octets)
            following = np.searchsorted(places, begins[start:stop])
            there = following < len(places)
            there[there] = places[following[there]] <= ends[start:stop][there]
            found[order[start:stop]] = there
            start = stop
        return np.flatnonzero(found)

    def select(self, numbers: Integers) -> "MarkedFrames":
        """The frames with these numbers, in this order. Octets that no frame needs any more are given back."""
        lines = self.lines.take(numbers)
        sizes = lines.column(r.M_CAPTURED)
        if 2 * int(sizes.sum()) >= len(self.octets):
            return MarkedFrames(lines, self.octets)
        starts = lines.column(r.M_OFFSET)
        octets = gathered(self.octets, np.asarray(starts), np.asarray(sizes))
        return MarkedFrames(lines.with_columns({r.M_OFFSET: np.cumsum(sizes) - sizes}), octets)

    def in_time(self) -> "MarkedFrames":
        """The frames in the order of their times."""
        frame, capture, time = (np.asarray(self.lines.column(slot)) for slot in (r.M_FRAME, r.M_CAPTURE, r.M_TIME))
        return self.select(np.lexsort((frame, capture, time)))

    def moved(self, flow: Integers, reverse: Truths | None = None) -> "MarkedFrames":
        """The frames with other lines of the table. ``reverse``: those whose side is the other one."""
        side = np.asarray(self.lines.column(r.M_SIDE))
        return MarkedFrames(
            self.lines.with_columns({r.M_FLOW: flow, r.M_SIDE: side if reverse is None else side ^ reverse}),
            self.octets,
        )

    def of_captures(self, numbers: Integers) -> "MarkedFrames":
        """The frames with other numbers of captures. ``numbers[n]``: the number for capture ``n``."""
        capture = numbers[self.lines.column(r.M_CAPTURE)]
        return MarkedFrames(self.lines.with_columns({r.M_CAPTURE: capture}), self.octets)

    def of_flow(self, flow: int) -> list[MarkedFrame]:
        """The frames of one flow, in their order."""
        if flow not in self._asked_for.by_flow:
            order, flows = self._by_flow
            start, stop = np.searchsorted(flows, [flow, flow + 1]).tolist()
            self._asked_for.keep(flow, list(self.frames(order[start:stop])))
        return self._asked_for.by_flow[flow]

    @cached_property
    def _by_flow(self) -> tuple[Integers, Integers]:
        order = np.argsort(self.flow, kind="stable")
        return order, self.flow[order]


def marked_frames(blocks: Sequence[Integers], octets: bytes | bytearray) -> MarkedFrames:
    """The frames of these lines, one block below the other; ``octets``: those of all frames, in their order."""
    return MarkedFrames(pack(blocks or [np.zeros((0, r.M_WIDTH), dtype=np.int64)]), octets)


def stored_form(frames: MarkedFrames) -> tuple[Integers, Integers, bytearray]:
    """(lines, ends, octets): the lines without places in a buffer, which are others in each run; the octets of all
    frames, one behind the other; where those of each frame end there."""
    lines = np.array(frames.lines)
    octets = gathered(frames.octets, lines[:, r.M_OFFSET], lines[:, r.M_CAPTURED])
    lines[:, r.M_OFFSET] = 0
    return lines, np.cumsum(lines[:, r.M_CAPTURED]), octets


def of_stored_form(lines: Integers, sizes: Integers, octets: bytes) -> MarkedFrames:
    """The frames of a stored form. ``sizes``: the octets of each frame. Raises ValueError: the lines have others."""
    if (sizes != lines[:, r.M_CAPTURED]).any():
        raise ValueError("sizes")
    lines[:, r.M_OFFSET] = np.cumsum(sizes) - sizes
    return marked_frames([lines], octets)


def frames_of(objects: Iterable[MarkedFrame]) -> MarkedFrames:
    """Frames that are objects, as columns."""
    lines, octets = [], bytearray()
    for one in objects:
        line = [0] * r.M_WIDTH
        line[r.M_FLOW], line[r.M_FRAME], line[r.M_TIME], line[r.M_CAPTURE] = one[:4]
        line[r.M_SIDE], line[r.M_PAYLOAD], line[r.M_PAYLEN] = int(not one.from_orig), one.payload, one.length
        line[r.M_OFFSET], line[r.M_CAPTURED] = len(octets), len(one.octets)
        line[r.M_LINK], line[r.M_ORIGINAL] = one.link, one.original
        lines.append(line)
        octets += one.octets
    return marked_frames([np.array(lines, dtype=np.int64).reshape(-1, r.M_WIDTH)], octets)


def joined(parts: Sequence[MarkedFrames]) -> MarkedFrames:
    """The frames of several parts, one part behind the other."""
    if len(parts) == 1:
        return parts[0]
    blocks, octets = [], bytearray()
    for part in parts:
        lines = np.asarray(part.lines).copy()
        lines[:, r.M_OFFSET] += len(octets)
        blocks.append(lines)
        octets += part.octets
    return marked_frames(blocks, octets)


def values_of(octets: Any) -> NDArray[np.uint8]:
    """Octets as an array."""
    return np.frombuffer(octets, dtype=np.uint8) if len(octets) else np.zeros(0, dtype=np.uint8)


def gathered(octets: Any, starts: Integers, sizes: Integers) -> bytearray:
    """The octets of these ranges, one range behind the other."""
    result, view = bytearray(), memoryview(octets)
    for first in range(0, len(starts), FRAMES_AT_ONCE):
        some = slice(first, first + FRAMES_AT_ONCE)
        begins, ends = starts[some], starts[some] + sizes[some]
        result += b"".join([view[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)])
    return result


def _places(text: bytes | bytearray, octets: bytes) -> Integers:
    """Every place where ``octets`` are in ``text``, in ascending order."""
    values = values_of(text)
    count = len(values) - len(octets) + 1
    if count <= 0:
        return np.zeros(0, dtype=np.int64)
    there = np.ones(count, dtype=bool)
    for place, octet in enumerate(octets):
        there &= values[place : place + count] == octet
    return np.flatnonzero(there)


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other)
