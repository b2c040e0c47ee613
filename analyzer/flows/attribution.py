"""The flow of each frame of a capture, noted while frames are put into their flows."""

from array import array
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from analyzer.columns import Integers
from analyzer.flows.assembler import Assembler, Prepared, Watch
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.attribution import PACKET, RELATED, T_FLOW, T_KIND, T_WAITED, T_WIDTH, WAITING
from analyzer.kernel.loading import KernelMode

ENTRY = np.dtype("<i4")


class FrameList:
    """An entry for every frame of a capture, in order: one more than its flow's number at its vantage; negative if
    the frame is related to the flow and not one of its packets; 0 for a frame of no flow. Kept in ``file``, from octet
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


class FrameAssembler(Assembler):
    """An assembler that enters the flow of every frame in ``frames``."""

    frames: FrameList

    def __init__(self, mode: KernelMode, *, outer: bool) -> None:
        super().__init__(mode, Watch(), outer=outer)
        self.around = np.full(r.PIECED_DATAGRAMS, -1, dtype=np.int64)
        self.waiting: dict[int, array[int]] = {}

    def begin_frames(self, frames: FrameList) -> None:
        """Enter the next frames there. Fragments of the capture before it wait no longer."""
        self.frames = frames
        self.waiting.clear()

    def take(self, prepared: Prepared) -> None:
        """Put every frame into its flow, and enter the number of the flow."""
        chunk = prepared.chunk
        self.state[r.G_AHEAD] = 0  # frame by frame, nothing is gained by it
        entries = np.zeros((chunk.count, T_WIDTH), dtype=np.int64)
        start = 0
        while start < chunk.count:
            start = int(
                self.mode.load("analyzer.flows.kernel.attribution").follow(
                    *(chunk.records, prepared.rows, (start, chunk.count)),
                    *(self.view(entries), self.view(self.around), self.arrays(self.mode.view)),
                )
            )
            self.grow()
        self.keep(chunk)
        self.add_entries(entries)

    def add_entries(self, entries: Integers) -> None:
        """Enter the flows of a chunk's frames, and of earlier fragments that waited for the first fragment."""
        first = self.frames.frames
        sign = np.select([entries[:, T_KIND] == PACKET, entries[:, T_KIND] == RELATED], [1, -1], 0)
        self.frames.add(sign * (entries[:, T_FLOW] + 1))
        for place in np.flatnonzero((entries[:, T_KIND] == WAITING) | (entries[:, T_WAITED] != 0)).tolist():
            flow, kind, line, waited = entries[place].tolist()
            waiting = self.waiting.setdefault(line, array("q"))
            if kind == WAITING:
                waiting.append(first + place)
                continue
            for frame in waiting[-abs(waited) :]:
                self.frames.change(frame, flow + 1 if waited > 0 else -flow - 1)
            del self.waiting[line]
