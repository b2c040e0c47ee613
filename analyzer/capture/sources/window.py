"""A window on a stream of octets that moves forward, and what has been learned of the capture in it.

Both container formats read through it, so that a file, a pipe and a compressed stream take the same way.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analyzer.capture.frame import COOKED_LINKS, link_name
from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel import scan
from analyzer.capture.sources.compressed import DamagedStreamError
from analyzer.capture.sources.losses import Losses
from analyzer.capture.sources.source import CaptureSource
from analyzer.columns import Integers
from analyzer.kernel.loading import KernelMode
from analyzer.messages import Message, message

CHUNK = 1 << 20
"""Octets that are read together: they fit in the cache of one core."""
RECORDS = 1 << 12
REACH = 1 << 20
"""How far ahead a place behind damage is believed by what follows it."""


@dataclass
class Chunk:
    """``records[:count]`` describe frames in ``octets``. Both are reused for the next chunk, unless the window is
    ``lasting``."""

    octets: Any
    records: Any
    count: int

    @property
    def offset(self) -> Integers:
        """(count,) where each frame begins in ``octets``."""
        return self._column(f.R_OFFSET)

    @property
    def captured(self) -> Integers:
        """(count,) how many octets of each frame were captured."""
        return self._column(f.R_CAPTURED)

    @property
    def original(self) -> Integers:
        """(count,) how many octets each frame had as sent."""
        return self._column(f.R_ORIGINAL)

    @property
    def time_ns(self) -> Integers:
        """(count,) when each frame was captured: nanoseconds since the epoch."""
        return self._column(f.R_TIME)

    def _column(self, slot: int) -> Integers:
        column: Integers = np.asarray(self.records)[: self.count, slot]
        return column


@dataclass
class Window:
    """``octets[at:filled]`` are read and not yet taken.

    ``mode``: how the kernels run. ``resync``: whether reading goes on behind damage.
    ``lasting``: whether a chunk stays as it is while it is held; what is reused is still in the cache of its core.
    ``links``: the link types met, in order. ``blocks``: pcapng's blocks by name. ``dropped``: packets that the capture
    reports as lost. ``comments``, ``filters``: the comments in it, and the capture
    filters of its interfaces.
    """

    source: CaptureSource
    mode: KernelMode
    size: int = CHUNK
    resync: bool = False
    lasting: bool = False
    format: str = ""
    links: dict[int, None] = field(default_factory=dict)
    nanoseconds: bool = False
    losses: Losses = field(default_factory=Losses)
    frames: int = 0
    blocks: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    comments: dict[str, None] = field(default_factory=dict)
    filters: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.octets = np.empty(0, dtype=np.uint8)
        self.filled = self.at = self.passed = 0
        self.ended = False
        self.broken: Message | None = None
        self.records = fresh_records()
        self.file = np.zeros(scan.P_WIDTH, dtype=np.int64)

    @property
    def left(self) -> int:
        return self.filled - self.at

    @property
    def link_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(link_name(number) for number in self.links))

    @property
    def is_cooked(self) -> bool:
        """Whether a link type is one of Linux's cooked captures."""
        return not COOKED_LINKS.isdisjoint(self.links)

    @property
    def damage(self) -> tuple[Message, ...]:
        """What was lost, and where; complete once everything was read."""
        return self.losses.messages(self.frames)

    @property
    def kernels(self) -> Any:
        return self.mode.load("analyzer.capture.kernel.scan")

    @property
    def finder(self) -> Any:
        return self.mode.load("analyzer.capture.kernel.resync")

    def view(self, array: Any) -> Any:
        return self.mode.view(array)

    def peek(self, at: int, size: int) -> bytes:
        """``size`` octets, ``at`` from the first one not taken; fewer at the end."""
        return bytes(self.octets[self.at + at : min(self.at + at + size, self.filled)])

    def need(self, octets: int) -> bool:
        """Have at least that many octets not taken, reading on for them; whether there are."""
        if self.left < octets and not self.ended:
            self._make_room(octets)
            while self.left < octets and not self.ended:
                self._fill()
        return self.left >= octets

    def more(self, header: int, length: Callable[[], int]) -> bool:
        """Have the next record whole; whether it is. ``length`` is asked once its header is there."""
        return self.need(header) and self.need(length())

    def found(self, count: int) -> Chunk:
        self.frames += count
        chunk = Chunk(self.view(self.octets), self.view(self.records), count)
        if self.lasting:
            self.records = fresh_records()
        return chunk

    def place(self) -> dict[str, str | int]:
        """Where reading is, as values of a message: octet, number of frames before it, compression or nothing."""
        return {"octet": self.passed + self.at, "frame": self.frames, "compression": self.source.compression}

    def lose(self, loss: Message) -> None:
        """Note a loss."""
        self.losses.add(loss)

    def stop(self, problem: Message, find: Callable[[int], int]) -> bool:
        """Note damage that begins here; whether reading goes on after it.

        ``find``: the offset of the first record in the buffer from which reading can go on, before the offset that it
        is given; -1 if there is none.
        """
        if self.resync:
            return self.resume(problem, find)
        return self.end(problem)

    def end(self, problem: Message) -> bool:
        """Note that nothing from here on is read; returns False."""
        return self._lose_rest(message("damage-to-end", problem=problem, **self.place()))

    def cut(self, find: Callable[[int], int]) -> bool:
        """Note that the stream ends inside a record, if it does; whether reading goes on with one inside that."""
        if not self.left:
            return False
        lost = message("damage-cut-short", left=self.left, **self.place())
        if self.broken or not self.resync:
            return self._lose_rest(lost)
        return self.resume(message("record-cut"), find, otherwise=lost)

    def resume(self, problem: Message, find: Callable[[int], int], otherwise: Message | None = None) -> bool:
        """Go on where records follow one another again; whether they do. ``otherwise``: the loss if they do not."""
        place = self.place()
        begun = self.passed + self.at
        self.at += 1
        while True:
            whole = not self.need(REACH + 1)
            found = find(self.filled if whole else self.filled - REACH)
            if found >= 0:
                self.at = found
                resumed = self.passed + found
                skipped = resumed - begun
                loss = message("damage-skipped", problem=problem, skipped=skipped, resumed=resumed, frames=0, **place)
                self.losses.add(loss, self.frames)
                return True
            if whole:
                self.at = self.filled
                return self._lose_rest(otherwise or message("damage-unread", problem=problem, **place))
            self.at = self.filled - REACH

    def finish(self) -> None:
        """Note what the stream itself lost, once it was read."""
        if self.broken:
            self.lose(message("damage-stream", problem=self.broken, **self.place()))

    def _lose_rest(self, loss: Message) -> bool:
        self.lose(loss)
        return False

    def _make_room(self, octets: int) -> None:
        """Move the octets that are not taken to the beginning of a buffer for that many.

        Once for each record or block, however small the pieces are in which its octets come: moved at each piece, a
        large block of a compressed capture would take quadratic time.
        """
        rest = self.octets[self.at : self.filled]
        if self.lasting or len(self.octets) < max(octets, self.size):
            self.octets = np.empty(self.size if octets <= self.size else octets + CHUNK, dtype=np.uint8)
        self.octets[: len(rest)] = rest
        self.passed += self.at
        self.at, self.filled = 0, len(rest)

    def _fill(self) -> None:
        """Read the next piece of the stream behind what is there."""
        count = self._read(memoryview(self.octets.data)[self.filled :])
        self.filled += count
        self.ended = not count

    def _read(self, room: memoryview) -> int:
        try:
            count: int = self.source.stream.readinto(room) or 0
            return count
        except DamagedStreamError as error:
            self.broken = message(str(error), compression=self.source.compression)
        except OSError as error:
            self.broken = message("reading-failed", error=error.strerror or "")
        return 0


def fresh_records() -> Any:
    """Room for the records of a chunk."""
    return np.empty((RECORDS, f.R_WIDTH), dtype=np.int64)
