"""The captures of a report once more: which of its flows each frame is of, as it was when the flows were counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from analyzer.extract.originals import Original, pace_for
from analyzer.flows.attribution import Following, FrameList
from analyzer.flows.merging.match_records import merge
from analyzer.flows.merging.single import alone
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import marks_of
from analyzer.flows.reading.reader import Progress
from analyzer.flows.table import FlowTable

Lines = NDArray[np.int64]


@dataclass
class Reading:
    """The captures read once more. ``lists``: the list of frames of each capture, by its number; ``places``: the line
    of ``table`` for each entry of such a list, -1 for none; ``quoting``: frame -> line, for ICMP errors about flows
    that only another vantage saw, by capture."""

    table: FlowTable
    lists: dict[int, FrameList]
    places: dict[int, Lines]
    quoting: dict[int, dict[int, int]] = field(default_factory=dict)

    def lines(self, capture: int, start: int, count: int) -> tuple[Lines, NDArray[np.bool_]]:
        """For ``count`` frames from ``start`` on, which counts from 0: the line of the table that each is of, -1 for
        none; and whether it is one of the flow's packets."""
        entries = self.lists[capture].read(start, count)
        lines, packets = self.places[capture][np.abs(entries)], entries > 0
        for frame, line in self.quoting.get(capture, {}).items():
            if start < frame <= start + count:
                lines[frame - 1 - start], packets[frame - 1 - start] = line, False
        return lines, packets


def read_again(originals: Sequence[Original], options: ReadOptions, file: IO[bytes], progress: Progress) -> Reading:
    """Every capture, in the order and with the vantages of the report. ``file``: where the lists of frames are kept.

    Raises:
        CaptureError: a capture cannot be read, or is not the one that was analysed any more.
    """
    pace = pace_for(originals)
    assemblers: dict[int, Following] = {}
    lists: dict[int, FrameList] = {}
    begin = 0
    for original in originals:
        assembler = assemblers.setdefault(original.told.vantage, Following(pace, outer=options.outer))
        elsewhere = sum(other.flows for other in assemblers.values() if other is not assembler)
        assembler.begin_capture(original.number, options.max_flows - elsewhere)
        frames = lists[original.number] = FrameList(file, begin)
        assembler.begin_frames(frames)
        for chunk in original.read(pace, options, progress):
            assembler.feed(chunk)
        begin = frames.end
    parts = [assembler.table[: assembler.flows] for assembler in assemblers.values()]
    marks = [list(marks_of(assembler)) for assembler in assemblers.values()]
    table, errors = (alone(parts[0], marks[0]), []) if len(parts) == 1 else merge(parts, marks)
    nothing = np.array([-1], dtype=np.int64)
    places = {
        vantage: np.concatenate([nothing, place]) for vantage, place in zip(assemblers, table.places, strict=True)
    }
    reading = Reading(table, lists, {original.number: places[original.told.vantage] for original in originals})
    for error in errors:
        reading.quoting.setdefault(error.capture, {})[error.frame] = error.flow
    return reading
