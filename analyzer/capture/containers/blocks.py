"""pcapng's blocks and options as octets, little-endian: what is written is written in one byte order."""

import struct

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
COMMENT, NAME, DESCRIPTION, USER_APPLICATION, RESOLUTION, FILTER, TIME_OFFSET = 1, 2, 3, 4, 9, 11, 14
MOST_TEXT = 60_000
"""Octets of a text: the length of an option is 16 bits."""

Option = tuple[int, bytes]


def section(*options: Option) -> bytes:
    """A section header of unknown length."""
    return block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + written(*options))


def interface(link: int, snaplen: int, *options: Option) -> bytes:
    """An interface. ``link``: its link type, 16 bits; ``snaplen``: 0 for no limit."""
    return block(INTERFACE, struct.pack("<HHI", link, 0, snaplen) + written(*options))


def packet(number: int, ticks: int, octets: bytes, original: int, comment: str = "") -> bytes:
    """An enhanced packet of interface ``number``, ``ticks`` of its resolution after the epoch."""
    head = struct.pack("<IIIII", number, ticks >> 32, ticks & 0xFFFF_FFFF, len(octets), original)
    return block(PACKET, head + padded(octets) + (written(text(COMMENT, comment)) if comment else b""))


def text(code: int, words: str) -> Option:
    """A text as an option; what is no UTF-8 or too long is replaced and cut."""
    return code, words.encode("utf-8", "replace")[:MOST_TEXT].decode("utf-8", "ignore").encode()


def written(*options: Option) -> bytes:
    """Options and their end; nothing where there is none."""
    if not options:
        return b""
    return b"".join(struct.pack("<HH", code, len(value)) + padded(value) for code, value in options) + bytes(4)


def padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)
