"""pcapng's blocks other than packets: sections, interfaces, and those that are passed over.

Source: draft-ietf-opsawg-pcapng. A section starts its own numbering of interfaces and may have its own byte order.
"""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from analyzer.capture import scan
from analyzer.capture.source import PCAPNG_MAGIC
from analyzer.capture.window import Chunk, Window

INTERFACE = 1
LARGEST_BLOCK = 128 << 20
MOST_INTERFACES = 1 << 16
MOST_SECONDS = 1 << 33
TIME_RESOLUTION, TIME_OFFSET = 9, 14
BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"\x4d\x3c\x2b\x1a": "little", b"\x1a\x2b\x3c\x4d": "big"}
MOST_OPTIONS = 1000
BAD_PACKETS = {
    scan.BAD_INTERFACE: "a packet of an interface that no block describes",
    scan.BAD_LENGTH: "a block of impossible length",
}


class Sections:
    """Walks the blocks of a pcapng stream."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.order: Literal["little", "big"] = "little"
        self.store = np.zeros((16, scan.I_WIDTH), dtype=np.int64)
        self.count = 0
        window.file[scan.P_LIMIT] = LARGEST_BLOCK

    def chunks(self) -> Iterator[Chunk]:
        window = self.window
        while window.need(1):
            count, at, status = self.scan()
            window.at = int(at)
            if count:
                yield window.found(int(count))
            if status == scan.MORE:
                if window.need(12) and self.length() > LARGEST_BLOCK:
                    window.stop("a block of impossible length")
                    return
                if not window.more(12, self.length):
                    return
            elif status != scan.FULL and not self.block(int(status)):
                return

    def scan(self) -> Any:
        window, view = self.window, self.window.view
        return window.kernels.scan_pcapng(
            view(window.octets), window.at, window.filled, view(window.file), view(self.store[: self.count]),
            view(window.records),
        )  # fmt: skip

    def integer(self, at: int, size: int = 4) -> int:
        return int.from_bytes(self.window.peek(at, size), self.order)

    def length(self) -> int:
        """The length of the block at hand, which may open a section of another byte order."""
        head = self.window.peek(0, 12)
        order = BYTE_ORDERS.get(head[8:12], self.order) if head[:4] == PCAPNG_MAGIC else self.order
        return max(12, int.from_bytes(head[4:8], order))

    def block(self, status: int) -> bool:
        """Take the block at hand, which holds no packet or cannot be read; whether reading goes on."""
        window = self.window
        if status in BAD_PACKETS:
            return window.stop(BAD_PACKETS[status])
        is_section = window.peek(0, 4) == PCAPNG_MAGIC
        if is_section and not self.byte_order():
            return False
        length = self.integer(4)
        if length < 12 or length & 3 or length > LARGEST_BLOCK:
            return window.stop("a block of impossible length")
        if not window.more(12, self.length):
            return False
        if self.integer(length - 4) != length:
            return window.stop("a block whose two lengths disagree")
        taken = self.section(length) if is_section else self.integer(0) != INTERFACE or self.interface(length)
        window.at += length if taken else 0
        return taken

    def byte_order(self) -> bool:
        if not self.window.need(12):
            return self.window.stop("a section header that is cut short")
        magic = self.window.peek(8, 4)
        if magic not in BYTE_ORDERS:
            return self.window.stop("a section without its byte-order magic")
        self.order = BYTE_ORDERS[magic]
        return True

    def section(self, length: int) -> bool:
        major, minor = self.integer(12, 2), self.integer(14, 2)
        if length < 28:
            return self.window.stop("a section header that is too short")
        if major != 1 or minor not in (0, 2):
            return self.window.stop(f"a section of the unsupported pcapng version {major}.{minor}")
        self.window.file[scan.P_SWAPPED] = self.order == "little"
        self.count = 0
        return True

    def interface(self, length: int) -> bool:
        window = self.window
        if length < 20:
            return window.stop("an interface block that is too short")
        if self.count >= MOST_INTERFACES:
            return window.stop(f"more than {MOST_INTERFACES} interfaces in one section")
        resolution, offset = 6, 0
        for code, at, size in self.options(16, length - 4):
            if code == TIME_RESOLUTION and size == 1:
                resolution = self.integer(at, 1)
            elif code == TIME_OFFSET and size == 8:
                offset = int.from_bytes(window.peek(at, 8), self.order, signed=True)
        if abs(offset) > MOST_SECONDS:
            window.tell(f"an interface whose time offset no date of this age can have {window.place()}")
            offset = 0
        window.links.setdefault(self.integer(8, 2))
        window.nanoseconds |= (resolution & 0x7F) > (20 if resolution & 0x80 else 6)
        if self.count == len(self.store):
            self.store = np.concatenate([self.store, np.zeros_like(self.store)])
        self.store[self.count] = (
            self.integer(8, 2), *time_units(resolution), offset * 1_000_000_000, self.integer(12),
        )  # fmt: skip
        self.count += 1
        return True

    def options(self, at: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(code, offset of the value, its length) of every option; ends at the first that does not fit."""
        for _ in range(MOST_OPTIONS):
            if end - at < 4:
                return
            code, size = self.integer(at, 2), self.integer(at + 2, 2)
            if code == 0 or at + 4 + size > end:
                return
            yield code, at + 4, size
            at += 4 + (size + 3 & ~3)


def time_units(resolution: int) -> tuple[int, int]:
    """How if_tsresol's units become nanoseconds: (MULTIPLY, by), (DIVIDE, by) or (BINARY, digits)."""
    digits = resolution & 0x7F
    if resolution & 0x80:
        return scan.BINARY, min(digits, 62)
    if digits <= 9:
        return scan.MULTIPLY, 10 ** (9 - digits)
    return scan.DIVIDE, 10 ** min(digits - 9, 18)
