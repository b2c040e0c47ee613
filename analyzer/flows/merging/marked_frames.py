"""The marked frames of several vantages: each message once, however many of them saw it."""

from collections import defaultdict
from typing import NamedTuple

from analyzer.flows.table import MarkedFrame


class Sighting(NamedTuple):
    """A marked frame of the flow that several vantages saw. ``first``: it is of the vantage that the flow's record was
    made on. ``datagram``: it is a message of its own; a connection's is the first that a side said."""

    mark: MarkedFrame
    vantage: int
    first: bool
    datagram: bool


def each_once(sightings: list[Sighting]) -> list[MarkedFrame]:
    """The marks of all vantages without those that are the same messages seen again.

    The same message has the same flow, side and payload. How often it was sent says the vantage that captured most of
    its octets, of several the one that saw it most often: clocks that differ then double nothing.
    """
    alike: dict[tuple[int, bool, int], list[Sighting]] = defaultdict(list)
    for seen in sightings:
        alike[seen.mark.flow, seen.mark.from_orig, seen.mark.length if seen.datagram else 0].append(seen)
    kept = []
    for group in alike.values():
        # Vantages may have cut frames at different lengths.
        common = min(len(seen.mark.data) for seen in group) if group[0].datagram else 0
        messages: dict[bytes, dict[int, list[Sighting]]] = defaultdict(lambda: defaultdict(list))
        for seen in group:
            messages[seen.mark.data[:common]][seen.vantage].append(seen)
        for places in messages.values():
            kept += [seen.mark for seen in max(places.values(), key=trust)]
    return kept


def trust(sightings: list[Sighting]) -> tuple[int, int, bool, int]:
    """Which vantage speaks for a message, by what it saw of it."""
    one = sightings[0]
    longest = max(len(seen.mark.data) for seen in sightings) if one.datagram else 0
    return longest, len(sightings), one.first, -min(seen.mark.capture for seen in sightings)
