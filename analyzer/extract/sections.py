"""The interfaces of a capture, and the unchanged time stamps of its frames."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer.capture.containers import blocks
from analyzer.capture.containers.pcapng import Sections
from analyzer.capture.containers.reader import chunks
from analyzer.capture.kernel import scan
from analyzer.capture.recognition import PCAPNG_MAGIC
from analyzer.capture.sources.window import Chunk, Window
from analyzer.messages import Message
from analyzer.text import clip

MOST_TEXT = 1000
BEFORE_FRAME, BEFORE_SIMPLE = 28, 12
"""Octets of a packet's block before its frame; a simple one has neither interface nor time."""

Numbers = NDArray[np.int64]


class Interface(NamedTuple):
    """An interface of a capture: link type, snaplen (0: no limit), options as they are written."""

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
        """The chunks, as ``capture.containers.reader.chunks`` yields them."""
        self.window = window
        window.need(24)
        if window.peek(0, 4) != PCAPNG_MAGIC:
            yield from chunks(window)
            return
        window.format = "pcapng"
        yield from InterfaceSections(window, self).chunks()
        window.finish()

    def origins(self, chunk: Chunk, places: Numbers) -> Iterator[Origin]:
        """The records of ``chunk`` at ``places``. ``chunk`` must be the last one that was yielded."""
        assert self.window is not None
        octets = np.asarray(chunk.octets)
        pcapng = self.window.format == "pcapng"
        if not pcapng and not self.interfaces:
            self.interfaces.append(interface_of_pcap(self.window))
        numbers, ticks = self.stamps(octets, chunk, places) if pcapng else self.times(chunk.time_ns[places])
        columns = (column[places].tolist() for column in (chunk.offset, chunk.captured, chunk.original))
        for number, tick, start, size, original in zip(numbers, ticks, *columns, strict=True):
            yield Origin(number, tick, octets[start : start + size].tobytes(), original)

    def times(self, times_ns: Numbers) -> tuple[list[int], list[int]]:
        assert self.window is not None
        unit = 1 if self.window.nanoseconds else 1000
        return [0] * len(times_ns), (times_ns // unit).tolist()

    def stamps(self, octets: NDArray[np.uint8], chunk: Chunk, places: Numbers) -> tuple[list[int], list[int]]:
        """(interface, ticks) of each record, out of the header of its block."""
        assert self.window is not None
        order = "<" if self.window.file[scan.P_SWAPPED] else ">"
        at = chunk.offset
        simple = self.simple_blocks(octets, at, order)[places]
        head = np.where(simple, BEFORE_FRAME, at[places]) - BEFORE_FRAME  # not used for simple blocks

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
        """Which of the chunk's frames are in simple packet blocks. The length at the end of a block gives its
        beginning, so that no octets of a frame are taken for a header."""
        assert self.window is not None
        found = np.zeros(len(at), dtype=np.bool_)
        known = int(self.window.file[scan.P_SIMPLE])
        if known > self.simple:
            self.simple = known
            end = self.window.at
            for place in range(len(at) - 1, -1, -1):
                start = end
                while start > at[place]:  # blocks without a packet lie between
                    start -= int(octets[start - 4 : start].view(f"{order}u4")[0])
                found[place] = at[place] - start == BEFORE_SIMPLE
                end = start
        return found


class InterfaceSections(Sections):
    """Sections that enter their interfaces, with the options, in ``walk``."""

    def __init__(self, window: Window, walk: Walk) -> None:
        super().__init__(window)
        self.kept_by = walk

    def section(self, length: int) -> Message | None:
        problem = super().section(length)
        if problem is None:
            self.kept_by.interfaces = []
            self.kept_by.section += 1
        return problem

    def interface(self, length: int) -> Message | None:
        problem = super().interface(length)
        if problem is None:
            options = tuple(self.kept_options(length))
            self.kept_by.interfaces.append(Interface(self.integer(8, 2), self.integer(12), options))
        return problem

    def kept_options(self, length: int) -> Iterator[blocks.Option]:
        """Its name, description and capture filter, made safe to show; the options for its time stamps, unchanged."""
        for code, at, size in self.options(16, length - 4):
            octets = self.window.peek(at, size)
            if code in (blocks.NAME, blocks.DESCRIPTION):
                yield blocks.text(code, safe_text(octets))
            elif code == blocks.FILTER and octets[:1] == b"\0":
                kind, words = blocks.text(code, safe_text(octets[1:]))
                yield kind, b"\0" + words
            elif code == blocks.RESOLUTION and size == 1:
                yield code, octets
            elif code == blocks.TIME_OFFSET and size == 8:
                yield code, int.from_bytes(octets, self.order).to_bytes(8, "little")


def safe_text(octets: bytes) -> str:
    return clip(octets.decode("utf-8", "replace").rstrip("\0"), MOST_TEXT)


def interface_of_pcap(window: Window) -> Interface:
    """The interface of a pcap, from its header: its link type and the resolution of its time stamps."""
    resolution = b"\x09" if window.nanoseconds else b"\x06"
    return Interface(int(window.file[scan.P_LINK]), 0, ((blocks.RESOLUTION, resolution),))
