"""The captures of a report once more: which of its flows each frame is of, as it was when the flows were counted."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from analyzer.extract.originals import Original, pace_for
from analyzer.flows import record as r
from analyzer.flows.assembler import Assembler, Prepared, Watch
from analyzer.flows.kernel.attribution import COUNTED, T_FLOW, T_KIND, T_WAITED, T_WIDTH, TOLD, WAITS
from analyzer.flows.merging.match_records import merge
from analyzer.flows.merging.single import alone
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import marks_of
from analyzer.flows.reading.reader import Progress
from analyzer.flows.table import FlowTable
from analyzer.kernel.loading import Pace

ENTRY = np.dtype("<i4")

Lines = NDArray[np.int64]


class FrameList:
    """An entry for every frame of a capture, in order: one more than its flow's number at its vantage; negative where
    the frame is told with the flow and is none of its packets; 0 for a frame of no flow. Kept in ``file``, from octet
    ``begin`` on."""

    def __init__(self, file: IO[bytes], begin: int) -> None:
        self.file, self.begin, self.frames = file, begin, 0

    @property
    def end(self) -> int:
        return self.begin + self.frames * ENTRY.itemsize

    def add(self, entries: NDArray[Any]) -> None:
        self.file.seek(self.end)
        self.file.write(entries.astype(ENTRY).tobytes())
        self.frames += len(entries)

    def change(self, frame: int, entry: int) -> None:
        """``frame`` counts from 0."""
        self.file.seek(self.begin + frame * ENTRY.itemsize)
        self.file.write(np.array([entry], dtype=ENTRY).tobytes())

    def read(self, start: int, count: int) -> NDArray[Any]:
        """The entries of ``count`` frames from ``start`` on."""
        self.file.seek(self.begin + start * ENTRY.itemsize)
        return np.frombuffer(self.file.read(count * ENTRY.itemsize), dtype=ENTRY)


class Following(Assembler):
    """An assembler that notes the flow of every frame in ``frames``."""

    frames: FrameList

    def __init__(self, pace: Pace, *, outer: bool) -> None:
        super().__init__(pace, Watch(), outer=outer)
        self.around = np.full(r.PIECED_DATAGRAMS, -1, dtype=np.int64)
        self.waiting: dict[int, array[int]] = {}

    def begin_frames(self, frames: FrameList) -> None:
        """What follows is noted there; fragments of the capture before it wait no longer."""
        self.frames = frames
        self.waiting.clear()

    def take(self, prepared: Prepared) -> None:
        """Put every frame into its flow, and note which one that is."""
        chunk = prepared.chunk
        self.state[r.G_AHEAD] = 0  # frame by frame, nothing is gained by it
        told = np.zeros((chunk.count, T_WIDTH), dtype=np.int64)
        start = 0
        while start < chunk.count:
            arrays = (
                told, self.around, self.watch, self.transitions, self.table, self.slots, self.marks, self.recent,
                self.pieces, self.state,
            )  # fmt: skip
            start = int(
                self.pace.load("analyzer.flows.kernel.attribution").follow(
                    chunk.records, prepared.rows, (start, chunk.count), *map(self.view, arrays)
                )
            )
            self.grow()
        self.keep(chunk)
        self.note(told)

    def note(self, told: Lines) -> None:
        """Enter what became of a chunk's frames, and of those before them that waited for their first fragment."""
        first = self.frames.frames
        sign = np.select([told[:, T_KIND] == COUNTED, told[:, T_KIND] == TOLD], [1, -1], 0)
        self.frames.add(sign * (told[:, T_FLOW] + 1))
        for place in np.flatnonzero((told[:, T_KIND] == WAITS) | (told[:, T_WAITED] != 0)).tolist():
            flow, kind, line, waited = told[place].tolist()
            waiting = self.waiting.setdefault(line, array("q"))
            if kind == WAITS:
                waiting.append(first + place)
                continue
            for frame in waiting[-abs(waited) :]:
                self.frames.change(frame, flow + 1 if waited > 0 else -flow - 1)
            del self.waiting[line]


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
