"""Kernel: the headers of one frame, from the link layer to the transport, into a row of integers.

Nothing is read beyond the captured octets, even if a header gives a larger length.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.ip import packet
from analyzer.capture.kernel.link import link_layer
from analyzer.capture.kernel.protocol_numbers import TCP
from analyzer.capture.kernel.tunnel import open_tunnels
from analyzer.capture.kernel.unread import set_aside
from analyzer.kernel.loading import IntRow, Octets, inlined


def decode(buf: Octets, at: int, captured: int, original: int, link: int, tunnels: int, row: IntRow) -> int:
    """Decode the frame at ``buf[at:at+captured]``, ``original`` octets long on the wire; the reason to set it aside.

    ``tunnels``: whether tunnels are opened; then the packet inside is the one in the row. ``row``: f.ROW_WIDTH
    integers, overwritten. Returns 0 for a frame that belongs to a flow, else a value of Aside.
    """
    for slot in range(f.WIDTH):
        row[slot] = -1
    status = layers(buf, at, at + captured, original - captured, link, tunnels, row)
    if status == f.CUT_SHORT and captured >= original:
        return f.MALFORMED  # it was that short on the wire
    return status


@inlined
def layers(buf: Octets, at: int, end: int, missing: int, link: int, tunnels: int, row: IntRow) -> int:
    """Decode layer by layer; ``missing``: octets of the frame that were not captured."""
    kind, at, stop = link_layer(buf, at, end, end + missing, link, row)
    end = min(end, stop)
    if kind < 0:
        return set_aside(buf, at, end, stop, kind, row)
    row[f.SNAPPED] = 1 if missing > 0 else 0
    row[f.TUNNEL] = 0
    status = packet(buf, at, end, stop - at, kind, row)
    if status == f.IN_FLOW and tunnels and row[f.PROTO] != TCP:
        return open_tunnels(buf, end, row)
    return status
