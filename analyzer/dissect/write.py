"""Writes cut frames into a small pcapng: an interface for each link type, nanoseconds, and comments with the origin of
each frame."""

from collections.abc import Iterable

from analyzer.capture.containers import blocks
from analyzer.dissect.model import Cut

_LARGEST = 262_144
"""Octets of a frame that tshark accepts; what is longer is cut to this."""


def pcapng(cuts: Iterable[Cut]) -> bytes:
    """The capture, little-endian. Times before 1970 become 1970; a link type beyond 16 bits becomes 147 (user)."""
    interfaces: dict[int, int] = {}
    packets = [_packet(cut, interfaces.setdefault(_link(cut), len(interfaces))) for cut in cuts]
    # Interfaces precede all packets; a dict keeps the order in which their numbers were given.
    heads = [blocks.interface(link, _LARGEST, (blocks.RESOLUTION, b"\x09")) for link in interfaces]
    return b"".join([blocks.section(), *heads, *packets])


def _link(cut: Cut) -> int:
    return cut.link if 0 <= cut.link <= 0xFFFF else 147


def _packet(cut: Cut, interface: int) -> bytes:
    octets = cut.octets[:_LARGEST]
    time = min(max(cut.time, 0), (1 << 64) - 1)
    original = min(max(cut.original, len(octets)), 0xFFFF_FFFF)
    return blocks.packet(interface, time, octets, original, cut.label)
