"""A window on a stream of octets that moves forward, and what has been learned of the capture in it.

Both container formats read through it, so that a file, a pipe and a compressed stream take the same way.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from analyzer.capture.compressed import DamagedStreamError
from analyzer.capture.frame import R_WIDTH, link_name
from analyzer.capture.scan import P_WIDTH
from analyzer.capture.source import Source
from analyzer.kernel import Pace

CHUNK = 1 << 22
RECORDS = 1 << 14
MOST_DAMAGE = 20


@dataclass
class Chunk:
    """``records[:count]`` describe frames in ``octets``; both are reused for the next chunk."""

    octets: Any
    records: Any
    count: int


@dataclass
class Window:
    """``octets[at:filled]`` are read and not yet taken.

    ``pace``: how the kernels run.
    ``links``: the link types met, in order. ``damage``: sentences that say what was lost, and where.
    """

    source: Source
    pace: Pace
    size: int = CHUNK
    format: str = ""
    links: dict[int, None] = field(default_factory=dict)
    nanoseconds: bool = False
    damage: list[str] = field(default_factory=list)
    frames: int = 0

    def __post_init__(self) -> None:
        self.octets = np.zeros(self.size, dtype=np.uint8)
        self.filled = self.at = self.passed = 0
        self.ended = False
        self.records = np.zeros((RECORDS, R_WIDTH), dtype=np.int64)
        self.file = np.zeros(P_WIDTH, dtype=np.int64)

    @property
    def left(self) -> int:
        return self.filled - self.at

    @property
    def link_names(self) -> tuple[str, ...]:
        return tuple(link_name(number) for number in self.links)

    @property
    def kernels(self) -> SimpleNamespace:
        return self.pace.load("analyzer.capture.scan")

    def view(self, array: Any) -> Any:
        return self.pace.view(array)

    def peek(self, at: int, size: int) -> bytes:
        """``size`` octets, ``at`` from the first one not taken; fewer at the end."""
        return bytes(self.octets[self.at + at : min(self.at + at + size, self.filled)])

    def need(self, octets: int) -> bool:
        """Have at least that many octets not taken, reading on for them; whether there are."""
        while self.left < octets and not self.ended:
            self._refill(octets)
        return self.left >= octets

    def more(self, header: int, length: Callable[[], int]) -> bool:
        """Have the next record whole; where the stream ends inside it, say so. ``length`` is asked once its header
        is there."""
        if self.need(header) and self.need(length()):
            return True
        if self.left:
            self.tell(f"cut short {self.place()}: the last {self.left} octets are no whole record")
        return False

    def found(self, count: int) -> Chunk:
        self.frames += count
        return Chunk(self.view(self.octets), self.view(self.records), count)

    def place(self) -> str:
        inside = " of the uncompressed stream" if self.source.compression else ""
        return f"at octet {self.passed + self.at}{inside}, after frame {self.frames}"

    def stop(self, what: str) -> bool:
        """Tell that nothing can be read from here on; False."""
        self.tell(f"{what} {self.place()}; nothing after it was read")
        return False

    def tell(self, damage: str) -> None:
        """Note damage; after so many sentences the rest is only hinted at."""
        if len(self.damage) < MOST_DAMAGE:
            self.damage.append(damage)
        elif len(self.damage) == MOST_DAMAGE:
            self.damage.append("more of the same kind, not told one by one")

    def _refill(self, octets: int) -> None:
        rest = self.left
        if octets > len(self.octets):
            room = np.zeros(octets + CHUNK, dtype=np.uint8)
            room[:rest] = self.octets[self.at : self.filled]
            self.octets = room
        else:
            self.octets[:rest] = self.octets[self.at : self.filled].copy()
        self.passed += self.at
        self.at, self.filled = 0, rest
        count = self._read(memoryview(self.octets.data)[rest:])
        self.filled += count
        self.ended = not count

    def _read(self, room: memoryview) -> int:
        try:
            return self.source.stream.readinto1(room) or 0  # type: ignore[attr-defined]  # they are BufferedReaders
        except DamagedStreamError:
            kind = self.source.compression
            self.tell(f"the {kind} stream is cut short or damaged; what came before it was read")
        except OSError as error:
            self.tell(f"reading failed after octet {self.passed + self.filled}: {error.strerror}")
        return 0
