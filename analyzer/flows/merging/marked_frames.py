"""The marked frames of several vantages: each message once, however many of them captured it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from analyzer.flows.marked import MarkedFrame


class VantageFrame(NamedTuple):
    """A marked frame of a flow that several vantages captured.

    ``number``: its place among the frames of all vantages. ``of_base``: the flow's record was made from this vantage's.
    ``is_datagram``: the frame is a message by itself; a marked frame of a connection is the first one with data of a
    side.
    """

    number: int
    mark: MarkedFrame
    vantage: int
    of_base: bool
    is_datagram: bool


def distinct_messages(frames: Iterable[VantageFrame]) -> list[int]:
    """The numbers of the marked frames of all vantages, each message once.

    Frames with the same flow, side and payload are the same message. A message that was sent several times is kept as
    often as one vantage captured it: the vantage that captured most of its octets, then the one that captured it most
    often. So vantages whose clocks differ double nothing.
    """
    by_side: dict[tuple[int, bool, int], list[VantageFrame]] = defaultdict(list)
    for frame in frames:
        by_side[frame.mark.flow, frame.mark.from_orig, frame.mark.length if frame.is_datagram else 0].append(frame)
    kept = []
    for group in by_side.values():
        # Vantages may have cut frames at different lengths.
        common = min(len(frame.mark.data) for frame in group) if group[0].is_datagram else 0
        messages: dict[bytes, dict[int, list[VantageFrame]]] = defaultdict(lambda: defaultdict(list))
        for frame in group:
            messages[frame.mark.data[:common]][frame.vantage].append(frame)
        for by_vantage in messages.values():
            kept += [frame.number for frame in max(by_vantage.values(), key=completeness)]
    return kept


def completeness(frames: list[VantageFrame]) -> tuple[int, int, bool, int]:
    """How much one vantage captured of a message; the vantage with the most counts."""
    one = frames[0]
    longest = max(len(frame.mark.data) for frame in frames) if one.is_datagram else 0
    return longest, len(frames), one.of_base, -min(frame.mark.capture for frame in frames)
