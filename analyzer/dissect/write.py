"""Cuts to a small pcapng: an interface for each link type, nanoseconds, each frame's origin as its comment."""

import struct
from collections.abc import Iterable

from analyzer.dissect.model import Cut

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_COMMENT, _RESOLUTION = 1, 9
_LARGEST = 262_144
"""Octets of a frame that tshark accepts; what is longer is cut to this."""


def pcapng(cuts: Iterable[Cut]) -> bytes:
    """The capture, little-endian. Times before 1970 become 1970; a link type beyond 16 bits becomes 147 (user)."""
    interfaces: dict[int, int] = {}
    packets = [_packet(cut, interfaces.setdefault(_link(cut), len(interfaces))) for cut in cuts]
    head = [_block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    # Interfaces precede all packets; a dict keeps the order in which their numbers were given.
    head += [
        _block(_INTERFACE, struct.pack("<HHI", link, 0, _LARGEST) + _options((_RESOLUTION, b"\x09")))
        for link in interfaces
    ]
    return b"".join(head + packets)


def _link(cut: Cut) -> int:
    return cut.link if 0 <= cut.link <= 0xFFFF else 147


def _packet(cut: Cut, interface: int) -> bytes:
    octets = cut.octets[:_LARGEST]
    time = min(max(cut.time, 0), (1 << 64) - 1)
    original = min(max(cut.original, len(octets)), 0xFFFF_FFFF)
    body = struct.pack("<IIIII", interface, time >> 32, time & 0xFFFF_FFFF, len(octets), original) + _padded(octets)
    if cut.label:
        # A comment's length is 16 bits.
        body += _options((_COMMENT, cut.label.encode("utf-8", "replace")[:60_000]))
    return _block(_PACKET, body)


def _options(*options: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options) + bytes(4)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)
