"""The interfaces that the frames of a capture came in through, and their time stamps as they stand in it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer.capture import frame as f
from analyzer.capture.containers import blocks
from analyzer.capture.containers.pcapng import Sections
from analyzer.capture.containers.reader import chunks
from analyzer.capture.kernel import scan
from analyzer.capture.recognition import PCAPNG_MAGIC
from analyzer.capture.sources.window import Chunk, Window
from analyzer.text import clip

MOST_TEXT = 1000
BEFORE_FRAME, BEFORE_SIMPLE = 28, 12
"""Octets of a packet's block before its frame; a simple one has neither interface nor time."""

Numbers = NDArray[np.int64]


class Interface(NamedTuple):
    """What a capture says of an interface: link type, snaplen (0: no limit), options as they are written."""

    link: int
    snaplen: int
    options: tuple[blocks.Option, ...]


class Origin(NamedTuple):
    """A frame as it is in its capture. ``interface``: its number in the section; ``ticks``: its time in
    that interface's units, 0 where it has none."""

    interface: int
    ticks: int
    octets: bytes
    original: int


class Walk:
    """The chunks of a capture, and the ``interfaces`` of the section at hand.

    ``section``: its number. A chunk holds frames of one section only, so interfaces of earlier sections are not kept.
    """

    def __init__(self) -> None:
        self.interfaces: list[Interface] = []
        self.section = 0
        self.simple = 0
        self.window: Window | None = None

    def __call__(self, window: Window) -> Iterator[Chunk]:
        """As ``capture.reader.chunks``."""
        self.window = window
        window.need(24)
        if window.peek(0, 4) != PCAPNG_MAGIC:
            yield from chunks(window)
            return
        window.format = "pcapng"
        yield from Described(window, self).chunks()
        window.finish()

    def origins(self, chunk: Chunk, places: Numbers) -> Iterator[Origin]:
        """The records of ``chunk`` at ``places``, while it is the one at hand."""
        assert self.window is not None
        octets, records = np.asarray(chunk.octets), np.asarray(chunk.records)[places]
        pcapng = self.window.format == "pcapng"
        if not pcapng and not self.interfaces:
            self.interfaces.append(interface_of_pcap(self.window))
        numbers, ticks = self.stamps(octets, chunk, places) if pcapng else self.times(records)
        starts, sizes = records[:, f.R_OFFSET].tolist(), records[:, f.R_CAPTURED].tolist()
        whole = records[:, f.R_ORIGINAL].tolist()
        for number, tick, start, size, original in zip(numbers, ticks, starts, sizes, whole, strict=True):
            yield Origin(number, tick, octets[start : start + size].tobytes(), original)

    def times(self, records: Numbers) -> tuple[list[int], list[int]]:
        assert self.window is not None
        unit = 1 if self.window.nanoseconds else 1000
        return [0] * len(records), (records[:, f.R_TIME] // unit).tolist()

    def stamps(self, octets: NDArray[np.uint8], chunk: Chunk, places: Numbers) -> tuple[list[int], list[int]]:
        """(interface, ticks) of each record, out of the header of its block."""
        assert self.window is not None
        order = "<" if self.window.file[scan.P_SWAPPED] else ">"
        at = np.asarray(chunk.records)[: chunk.count, f.R_OFFSET]
        simple = self.simple_blocks(octets, at, order)[places]
        head = np.where(simple, BEFORE_FRAME, at[places]) - BEFORE_FRAME  # those of simple blocks are not looked at

        def word(offset: int) -> Numbers:
            quads = octets[(head + offset)[:, None] + np.arange(4)]
            return np.ascontiguousarray(quads).view(f"{order}u4")[:, 0].astype(np.int64)

        kind, interface = word(0), word(8)
        short = interface & 0xFFFF if order == "<" else interface >> 16
        numbers = np.where(simple, 0, np.where(kind == blocks.PACKET, interface, short))
        high, low = np.where(simple, 0, word(12)), np.where(simple, 0, word(16))
        ticks = [upper << 32 | lower for upper, lower in zip(high.tolist(), low.tolist(), strict=True)]
        return numbers.tolist(), ticks

    def simple_blocks(self, octets: NDArray[np.uint8], at: Numbers, order: str) -> NDArray[np.bool_]:
        """Which of the chunk's frames stand in simple packet blocks. A block's end tells its beginning, so that no
        octets of a frame pass for a header."""
        assert self.window is not None
        found = np.zeros(len(at), dtype=np.bool_)
        known = int(self.window.file[scan.P_SIMPLE])
        if known > self.simple:
            self.simple = known
            end = self.window.at
            for place in range(len(at) - 1, -1, -1):
                start = end - int(octets[end - 4 : end].view(f"{order}u4")[0])
                found[place] = at[place] - start == BEFORE_SIMPLE
                end = start
        return found


class Described(Sections):
    """Sections whose interfaces are kept as they describe themselves."""

    def __init__(self, window: Window, walk: Walk) -> None:
        super().__init__(window)
        self.walked = walk

    def section(self, length: int) -> str:
        wrong = super().section(length)
        if not wrong:
            self.walked.interfaces = []
            self.walked.section += 1
        return wrong

    def interface(self, length: int) -> str:
        wrong = super().interface(length)
        if not wrong:
            options = tuple(self.described(length))
            self.walked.interfaces.append(Interface(self.integer(8, 2), self.integer(12), options))
        return wrong

    def described(self, length: int) -> Iterator[blocks.Option]:
        """Its name, description and capture filter, made fit to be shown; what its time stamps mean, as it stands."""
        for code, at, size in self.options(16, length - 4):
            octets = self.window.peek(at, size)
            if code in (blocks.NAME, blocks.DESCRIPTION):
                yield blocks.text(code, shown(octets))
            elif code == blocks.FILTER and octets[:1] == b"\0":
                kind, words = blocks.text(code, shown(octets[1:]))
                yield kind, b"\0" + words
            elif code == blocks.RESOLUTION and size == 1:
                yield code, octets
            elif code == blocks.TIME_OFFSET and size == 8:
                yield code, int.from_bytes(octets, self.order).to_bytes(8, "little")


def shown(octets: bytes) -> str:
    return clip(octets.decode("utf-8", "replace").rstrip("\0"), MOST_TEXT)


def interface_of_pcap(window: Window) -> Interface:
    """What a pcap's header says: its link type and the resolution of its time stamps."""
    resolution = b"\x09" if window.nanoseconds else b"\x06"
    return Interface(int(window.file[scan.P_LINK]), 0, ((blocks.RESOLUTION, resolution),))
