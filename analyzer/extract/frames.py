"""Reads the captures of a report again, to find the flow of each frame."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from analyzer.extract.originals import Original, kernel_mode_for_originals
from analyzer.flows.attribution import FrameAssembler, FrameList
from analyzer.flows.merging.join import flows_of, join_parts
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.reader import Progress
from analyzer.flows.table import FlowTable

Lines = NDArray[np.int64]


@dataclass
class FrameFlows:
    """The flow of each frame of the captures. ``lists``: the list of frames of each capture, by its number; ``places``:
    the line of ``table`` for each entry of such a list, -1 for none; ``quoting``: frame -> line, for ICMP errors about
    flows that only another vantage captured, by capture."""

    table: FlowTable
    lists: dict[int, FrameList]
    places: dict[int, Lines]
    quoting: dict[int, dict[int, int]] = field(default_factory=dict)

    def lines(self, capture: int, start: int, count: int) -> tuple[Lines, NDArray[np.bool_]]:
        """For ``count`` frames from ``start`` on, which counts from 0: the line of the table that each is of, -1 for
        none; and whether it is a packet of the flow."""
        entries = self.lists[capture].read(start, count)
        lines, packets = self.places[capture][np.abs(entries)], entries > 0
        for frame, line in self.quoting.get(capture, {}).items():
            if start < frame <= start + count:
                lines[frame - 1 - start], packets[frame - 1 - start] = line, False
        return lines, packets


def read_again(originals: Sequence[Original], options: ReadOptions, file: IO[bytes], progress: Progress) -> FrameFlows:
    """Every capture, in the order and with the vantages of the report. ``file``: where the lists of frames are kept.

    Raises:
        CaptureError: a capture cannot be read, or was changed.
    """
    mode = kernel_mode_for_originals(originals)
    assemblers: dict[int, FrameAssembler] = {}
    lists: dict[int, FrameList] = {}
    begin = 0
    for original in originals:
        assembler = assemblers.setdefault(original.capture.vantage, FrameAssembler(mode, outer=options.outer))
        elsewhere = sum(other.flows for other in assemblers.values() if other is not assembler)
        assembler.begin_capture(original.number, options.max_flows - elsewhere)
        frames = lists[original.number] = FrameList(file, begin)
        assembler.begin_frames(frames)
        for chunk in original.read(mode, options, progress):
            assembler.feed(chunk)
        begin = frames.end
    table, errors, _ = join_parts([flows_of(assembler) for assembler in assemblers.values()])
    nothing = np.array([-1], dtype=np.int64)
    places = {
        vantage: np.concatenate([nothing, place]) for vantage, place in zip(assemblers, table.places, strict=True)
    }
    frame_flows = FrameFlows(
        table, lists, {original.number: places[original.capture.vantage] for original in originals}
    )
    for error in errors:
        frame_flows.quoting.setdefault(error.capture, {})[error.frame] = error.flow
    return frame_flows
