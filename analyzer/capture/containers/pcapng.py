"""pcapng's blocks other than packets: sections, interfaces, and those that are passed over.

Source: draft-ietf-opsawg-pcapng. A section starts its own numbering of interfaces and may have its own byte order.
Secrets for decryption are counted as a block and never looked at. The kernel passes over all blocks but sections and
interfaces. Those are read here, one by one, and so their number is limited.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from analyzer.capture.kernel import scan, time_stamps
from analyzer.capture.recognition import BYTE_ORDERS, PCAPNG_MAGIC, SECTION_HEADER, Order, known_version
from analyzer.capture.sources.window import Chunk, Window
from analyzer.messages import Message, message

LARGEST_BLOCK = 128 << 20
MOST_INTERFACES = 1 << 16
MOST_HEADERS = 1 << 17
"""Sections and interfaces of a whole capture."""
MOST_OPTIONS_OF_ALL = 1 << 20
"""Options of all its sections and interfaces."""
MOST_SECONDS = 1 << 33
MOST_KINDS = 50
INTERPRETED_BLOCKS = 1 << 16
"""So many blocks without a packet are passed over before the kernel is compiled."""
MOST_TEXTS, LONGEST_TEXT = 20, 200
COMMENT, TIME_RESOLUTION, FILTER, TIME_OFFSET = 1, 9, 11, 14
BAD_PACKETS = {
    scan.BAD_INTERFACE: message("packet-without-interface"),
    scan.BAD_LENGTH: message("block-length"),
}
BLOCKS = {
    scan.SECTION: "section", scan.INTERFACE: "interface", 4: "name resolution",
    scan.STATISTICS: "interface statistics",
    9: "systemd journal", 10: "decryption secrets", 0xBAD: "custom", 0x40000BAD: "custom, not to be copied",
}  # fmt: skip
PACKET_BLOCKS = {
    "enhanced packet": scan.P_ENHANCED, "simple packet": scan.P_SIMPLE, "obsolete packet": scan.P_OLD,
}  # fmt: skip


class Sections:
    """Walks the blocks of a pcapng stream."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.order: Order = "little"
        self.store = np.zeros((16, scan.I_WIDTH), dtype=np.int64)
        self.count = 0
        self.blocks = np.zeros((MOST_KINDS + 1, scan.B_WIDTH), dtype=np.int64)
        self.lines_of_blocks: Any = memoryview(self.blocks.data)
        self.headers = self.options_read = 0
        window.file[scan.P_LIMIT] = LARGEST_BLOCK

    def chunks(self) -> Iterator[Chunk]:
        """The chunks of every section; the window's counts are whole when the last one is taken."""
        yield from self.walk()
        self.close_section()
        self.count_blocks()

    def walk(self) -> Iterator[Chunk]:
        window = self.window
        while window.need(1):
            if window.mode.interpreted and not window.mode.fixed:
                window.mode.interpreted = int(self.blocks[:, scan.B_COUNT].sum()) < INTERPRETED_BLOCKS
            count, at, status = self.scan()
            window.at = int(at)
            if count:
                yield window.found(int(count))
            if status == scan.MORE:
                if not self.wait():
                    return
            elif status != scan.FULL and not self.block(int(status)):
                return

    def wait(self) -> bool:
        """Have the next block's beginning, or a packet's block whole; whether reading goes on."""
        window = self.window
        if window.left < 12:
            return window.need(12) or window.cut(self.find)
        if impossible(self.integer(4)):
            return self.stop(message("block-length"))
        return window.more(12, self.length) or window.cut(self.find)

    def scan(self) -> Any:
        window, view = self.window, self.window.view
        return window.kernels.scan_pcapng(
            view(window.octets), window.at, window.filled, view(window.file), view(self.store[: self.count]),
            view(window.records), view(self.blocks),
        )  # fmt: skip

    def find(self, last: int) -> int:
        """The first block of the buffer that can be believed, before ``last``; -1 where none can."""
        window, view = self.window, self.window.view
        place = window.finder.find_block(
            view(window.octets), window.at, last, window.filled, view(window.file), view(self.store[: self.count])
        )
        return int(place)

    def stop(self, problem: Message) -> bool:
        self.order = "little" if self.window.file[scan.P_SWAPPED] else "big"  # a section that is none changes nothing
        return self.window.stop(problem, self.find)

    def integer(self, at: int, size: int = 4) -> int:
        return int.from_bytes(self.window.peek(at, size), self.order)

    def length(self) -> int:
        """The length of the block at hand, which may open a section of another byte order."""
        head = self.window.peek(0, 12)
        order = BYTE_ORDERS.get(head[8:12], self.order) if head[:4] == PCAPNG_MAGIC else self.order
        return max(12, int.from_bytes(head[4:8], order))

    def block(self, status: int) -> bool:
        """Take the block at hand, which holds no packet or cannot be read; whether reading goes on."""
        if wrong := BAD_PACKETS.get(status) or self.framing():
            return self.stop(wrong)
        if not self.window.more(12, self.length):
            return self.window.cut(self.find)
        length, kind = self.integer(4), self.integer(0)
        closed = self.integer(length - 4) == length
        wrong = self.take(kind, length) if closed else message("block-lengths-differ")
        if beyond := self.beyond_limits():
            return self.window.end(beyond)
        if wrong:
            return self.stop(wrong)
        scan.count_block(self.lines_of_blocks, kind)
        self.window.at += length
        return True

    def framing(self) -> Message | None:
        """Take on the byte order of the block at hand; why it cannot be one, or None."""
        if self.window.peek(0, 4) == PCAPNG_MAGIC and self.window.need(12):
            if self.window.peek(8, 4) not in BYTE_ORDERS:
                return message("section-without-magic")
            self.order = BYTE_ORDERS[self.window.peek(8, 4)]
        return message("block-length") if impossible(self.integer(4)) else None

    def take(self, kind: int, length: int) -> Message | None:
        """Read a block; why reading cannot go on with it, or None."""
        self.headers += kind in (scan.SECTION, scan.INTERFACE)
        if kind == scan.SECTION:
            return self.section(length)
        if kind == scan.INTERFACE:
            return self.interface(length)
        if kind == scan.STATISTICS:
            interfaces = self.window.view(self.store[: self.count])
            scan.statistics(self.window.peek(0, length), 0, length, int(self.order == "little"), interfaces)
        return None

    def beyond_limits(self) -> Message | None:
        """Why no more sections and interfaces are read, or None."""
        if self.headers > MOST_HEADERS:
            return message("headers-too-many", limit=MOST_HEADERS)
        if self.options_read > MOST_OPTIONS_OF_ALL:
            return message("options-too-many", limit=MOST_OPTIONS_OF_ALL)
        return None

    def count_blocks(self) -> None:
        """Enter the blocks of the whole capture, by name, into the window's counts."""
        blocks = self.window.blocks
        *kinds, (_, others) = self.blocks.tolist()
        for kind, count in kinds:
            if count:
                blocks[BLOCKS.get(kind) or f"block of type 0x{kind:08x}"] = count
        if others:
            blocks["blocks of other types"] = others
        for name, slot in PACKET_BLOCKS.items():
            if count := int(self.window.file[slot]):
                blocks[name] = count

    def section(self, length: int) -> Message | None:
        major, minor = self.integer(12, 2), self.integer(14, 2)
        if length < SECTION_HEADER:
            return message("section-too-short")
        if not known_version(major, minor):
            return message("section-version", major=major, minor=minor)
        self.close_section()
        self.window.file[scan.P_SWAPPED] = self.order == "little"
        self.texts(24, length - 4, {COMMENT: self.window.comments})
        return None

    def close_section(self) -> None:
        """Add up what its interfaces lost: packets report one by one what the statistics report in sum."""
        lost = self.store[: self.count, [scan.I_DROPPED, scan.I_REPORTED]]
        self.window.dropped += sum(lost.max(axis=1).tolist())
        self.count = 0

    def interface(self, length: int) -> Message | None:
        window = self.window
        if length < 20:
            return message("interface-too-short")
        if self.count >= MOST_INTERFACES:
            return message("interfaces-too-many", limit=MOST_INTERFACES)
        resolution, offset = 6, 0
        for code, at, size in self.options(16, length - 4):
            if code == TIME_RESOLUTION and size == 1:
                resolution = self.integer(at, 1)
            elif code == TIME_OFFSET and size == 8:
                offset = int.from_bytes(window.peek(at, 8), self.order, signed=True)
        self.texts(16, length - 4, {COMMENT: window.comments, FILTER: window.filters})
        if abs(offset) > MOST_SECONDS:
            window.lose(message("damage-time-offset", **window.place()))
            offset = 0
        window.links.setdefault(self.integer(8, 2))
        window.nanoseconds |= (resolution & 0x7F) > (20 if resolution & 0x80 else 6)
        if self.count == len(self.store):
            self.store = np.concatenate([self.store, np.zeros_like(self.store)])
        self.store[self.count] = (
            self.integer(8, 2), *time_units(resolution), offset * 1_000_000_000, self.integer(12), 0, 0,
        )  # fmt: skip
        self.count += 1
        return None

    def texts(self, at: int, end: int, kept: dict[int, dict[str, None]]) -> None:
        """Keep the texts of options with these codes, so many and so long as a reader reads."""
        for code, place, size in self.options(at, end):
            if code in kept and size and len(kept[code]) < MOST_TEXTS:
                octets = self.window.peek(place, min(size, LONGEST_TEXT))
                if code == FILTER:
                    octets = octets[1:] if octets[0] == 0 else b"(compiled)"
                kept[code].setdefault(octets.decode("utf-8", "replace"))

    def options(self, at: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(code, offset of the value, its length) of every option; ends at the first that does not fit."""
        for _ in range(scan.MOST_OPTIONS):
            if end - at < 4:
                return
            self.options_read += 1
            code, size = self.integer(at, 2), self.integer(at + 2, 2)
            if code == 0 or at + 4 + size > end:
                return
            yield code, at + 4, size
            at += 4 + (size + 3 & ~3)


def impossible(length: int) -> bool:
    return length < 12 or length & 3 != 0 or length > LARGEST_BLOCK


def time_units(resolution: int) -> tuple[int, int]:
    """How if_tsresol's units become nanoseconds: (MULTIPLY, by), (DIVIDE, by) or (BINARY, digits)."""
    digits = resolution & 0x7F
    if resolution & 0x80:
        return time_stamps.BINARY, min(digits, 62)
    if digits <= 9:
        return time_stamps.MULTIPLY, 10 ** (9 - digits)
    return time_stamps.DIVIDE, 10 ** min(digits - 9, 18)
