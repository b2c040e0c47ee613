"""The assembler owns the arrays that the kernels work on, makes them larger, and keeps them from file to file."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analyzer import net
from analyzer.capture.frame import Aside
from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.sources.window import RECORDS, Chunk
from analyzer.flows.conn_state import build_table
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.bundles import FlowArrays
from analyzer.flows.marked import MarkedFrames, gathered, marked_frames
from analyzer.flows.options import DEFAULT_OPTIONS
from analyzer.flows.record_memory import FIRST_FLOWS, RecordMemory
from analyzer.kernel import loading
from analyzer.kernel.loading import KernelMode

PREPARE, ASSEMBLE = "analyzer.flows.kernel.prepare", "analyzer.flows.kernel.assemble"
FLOW_HASH = "analyzer.flows.kernel.flow_hash"
FETCHED_AHEAD = 16
"""Frames before its turn that the record of a frame's flow is fetched from memory."""
MANY_SLOTS = 1 << 24
"""Slots from which their number is only doubled, which takes less memory."""
MOST_MARKED_OCTETS = 512 << 20
OCTETS_OF_A_MARK = 400
"""What a marked frame takes beside its own octets, so that many small ones are bounded, too."""
MOST_OCTETS_OF_A_FRAME = 2048
"""Octets that are kept of a marked frame: no header of an application is longer, and segmentation offload makes frames
of 64 KiB."""


@dataclass(frozen=True)
class Watch:
    """The frames that are kept for later stages: all datagrams of the UDP ``ports``, magic packets and TFTP errors of
    any port, and the first payload of each side of a flow, until there are as many as ``payloads``. ``quotes``: also
    ICMP errors about flows that were not captured, which only another vantage can have captured."""

    ports: frozenset[int] = frozenset()
    payloads: int = 0
    quotes: bool = True

    def for_captures(self, captures: int) -> "Watch":
        """What is kept of so many captures."""
        return self if captures > 1 else replace(self, quotes=False)


@dataclass(frozen=True)
class Prepared:
    """A chunk and the decoded row of each of its frames. ``apart``: those that are not plain, where kernels for plain
    frames decoded the chunk; None where those for all frames did."""

    chunk: Chunk
    rows: Any
    apart: list[int] | None = None


def fresh_rows() -> Any:
    """Room for the decoded frames of a chunk."""
    return np.zeros((RECORDS, f.ROW_WIDTH), dtype=np.int64)


class Assembler:
    """Flows of one vantage, in order of appearance.

    ``mode``: how the kernels run. ``watch``: the frames that are marked and kept. ``outer``: leave tunnels closed.
    """

    def __init__(self, mode: KernelMode, watch: Watch, *, outer: bool = DEFAULT_OPTIONS.outer) -> None:
        self.mode = mode
        self.watch = np.zeros(65536, dtype=np.uint8)
        self.watch[list(watch.ports)] = 1
        self.transitions = build_table()
        self.memory = RecordMemory()
        self.slots = np.zeros(4 * FIRST_FLOWS, dtype=np.int64)
        self.marks = np.zeros((1024, r.M_WIDTH), dtype=np.int64)
        self.recent = np.zeros((r.RECENT_FRAMES, r.D_WIDTH), dtype=np.int64)
        self.pieces = np.zeros((r.PIECED_DATAGRAMS, r.PIECE_WIDTH), dtype=np.int64)
        self.opens_tunnels = int(not outer)
        self.rows = fresh_rows()
        self.state = np.zeros(r.STATE_WIDTH, dtype=np.int64)
        self.state[r.G_MASK] = len(self.slots) - 1
        self.state[r.G_BUDGET] = watch.payloads
        # Which slot a flow hashes to must not be foreseeable by the sender of the packets; no result depends on it.
        self.seed = int.from_bytes(os.urandom(4), "little") & 0x7FFFFFFF
        self.state[r.G_SEED] = self.seed
        self.keeps_quotes = watch.quotes
        self.kept_marks: list[np.ndarray[Any, Any]] = []
        self.kept_frames = bytearray()
        self.kept_octets = 0
        self.marks_dropped = 0
        self.before_frames: Callable[[Prepared], None] | None = None
        """Called with decoded frames before they are put into flows: brings back records of earlier flows."""

    @property
    def flows(self) -> int:
        return int(self.state[r.G_FLOWS])

    @property
    def table(self) -> Any:
        """The records of all flows, and room for more."""
        return self.memory.rows

    def take_records(self) -> Iterator[Any]:
        """The records of all flows after the last frame, in blocks: the same in every run. The assembler gives them
        away."""
        return self.memory.taken(self.flows)

    def release(self) -> None:
        """Give the memory of all arrays back, after the last frame."""
        nothing: Any = np.zeros((0, 0), dtype=np.int64)
        self.memory.release()
        self.slots = self.marks = self.recent = self.pieces = self.rows = nothing

    def marked_frames(self) -> MarkedFrames:
        """The frames that were kept; the assembler gives them away."""
        blocks, octets = self.kept_marks, self.kept_frames
        self.kept_marks, self.kept_frames = [], bytearray()
        return marked_frames(blocks, octets)

    @property
    def last(self) -> int:
        """The last time in the current capture, as far as it was read; -1 without a frame."""
        return int(self.state[r.G_LAST]) if self.state[r.G_FRAME] else -1

    def begin_capture(self, number: int, max_flows: int = DEFAULT_OPTIONS.max_flows) -> None:
        """Count frames from 1 again: the next chunks come from capture ``number``. ``max_flows``: how many flows there
        may be, those of earlier captures included; frames of further flows are set aside."""
        self.state[r.G_CAPTURE] = number
        self.state[r.G_LIMIT] = max_flows
        if not self.flows:
            self.memory.begin(max_flows)
        for slot in (
            r.G_FRAME,
            r.G_SNAPPED,
            r.G_FIRST,
            r.G_LAST,
            r.G_LAST_TIME,
            r.G_BACKWARDS,
            r.G_DUPLICATES,
            r.G_COPIES_APART,
        ):
            self.state[slot] = 0
        self.state[r.G_ASIDE :] = 0

    def asides(self) -> dict[Aside, int]:
        """The frames of the current capture by the reason why they are in no flow; Aside.NONE: in a flow."""
        return {reason: int(self.state[r.G_ASIDE + reason]) for reason in Aside}

    def unread(self) -> dict[int, int]:
        """Frames of this capture by the encapsulation that was not read, a number of ``capture.kernel.unread``; 0: one
        of further kinds than are kept apart."""
        pairs = self.state[r.G_UNREAD :].reshape(-1, 2).tolist()
        return {kind: frames for kind, frames in pairs if frames}

    def view(self, array: Any) -> Any:
        return self.mode.view(array)

    def feed(self, chunk: Chunk) -> None:
        self.take(self.prepare(chunk, self.rows))

    def prepare(self, chunk: Chunk, room: Any) -> Prepared:
        """Decode the frames of ``chunk`` into the rows of ``room``. Any thread may call it: nothing else is changed."""
        rows = self.mode.lines(room[: chunk.count])
        is_plain = self.mode.is_plain  # another thread may change it: it is asked once for each chunk
        kernel = loading.compiled(PREPARE, plain=True) if is_plain else self.mode.load(PREPARE)
        kernel.prepare(
            chunk.octets,
            chunk.records,
            chunk.count,
            (self.opens_tunnels, self.seed),
            self.view(self.watch),
            rows,
        )
        return Prepared(chunk, rows, self.prepare_undecided(chunk, rows) if is_plain else None)

    def prepare_undecided(self, chunk: Chunk, rows: Any) -> list[int]:
        """Decode the frames that are not plain, and return their numbers. There are few, else the next chunk goes
        through kernels for all frames."""
        undecided = np.flatnonzero(rows[:, f.STATUS] == f.UNDECIDED)
        self.mode.seldom = max(self.mode.seldom - len(undecided), 0)
        loading.interpreted(PREPARE).prepare(
            memoryview(chunk.octets),
            memoryview(chunk.records[undecided]),
            len(undecided),
            (self.opens_tunnels, self.seed),
            memoryview(self.watch.data),
            [memoryview(rows[number]) for number in undecided.tolist()],
        )
        return [int(number) for number in undecided]

    def take(self, prepared: Prepared) -> None:
        """Put every frame into its flow."""
        if self.before_frames:
            self.before_frames(prepared)
        chunk = prepared.chunk
        start = 0
        for number in prepared.apart or ():
            self.assemble(prepared, start, number)
            self.assemble_apart(prepared, number)
            start = number + 1
        self.assemble(prepared, start, chunk.count)
        self.keep(chunk)
        self.memory.give_back()

    def assemble(self, prepared: Prepared, start: int, stop: int) -> None:
        """Put these frames into their flows. Where kernels for plain frames decoded them, they all are plain."""
        self.state[r.G_AHEAD] = 0 if self.mode.interpreted else FETCHED_AHEAD
        kernel = self.mode.load(ASSEMBLE) if prepared.apart is None else loading.compiled(ASSEMBLE, plain=True)
        while start < stop:
            start = int(
                kernel.assemble(prepared.chunk.records, prepared.rows, (start, stop), self.arrays(self.mode.view))
            )
            self.grow()

    def assemble_apart(self, prepared: Prepared, number: int) -> None:
        """Put a frame that is not plain into its flow, by the interpreted kernel."""
        self.state[r.G_AHEAD] = 0
        records = memoryview(prepared.chunk.records)
        row = {number: memoryview(prepared.rows[number])}
        kernel = loading.interpreted(ASSEMBLE)
        while kernel.assemble(records, row, (number, number + 1), self.arrays(memoryview)) == number:
            self.grow()

    def arrays(self, view: Callable[[Any], Any]) -> FlowArrays:
        """The arrays as the kernels take them, each through ``view``; after one has grown they are others."""
        arrays = (
            self.watch, self.transitions, self.table, self.slots, self.marks, self.recent, self.pieces, self.state,
        )  # fmt: skip
        return FlowArrays(*map(view, arrays))

    def grow(self) -> None:
        need = self.state[r.G_NEED]
        if need == r.NEED_FLOWS:
            self.memory.grow()
        elif need == r.NEED_MARKS:
            self.marks = np.concatenate([self.marks, np.zeros_like(self.marks)])
        elif need == r.NEED_SLOTS:
            times = 4 if len(self.slots) < MANY_SLOTS else 2
            self.slots = np.zeros(times * len(self.slots), dtype=np.int64)
            self.state[r.G_MASK] = len(self.slots) - 1
            for part in self.memory.parts(self.flows):
                lines = part.start + np.flatnonzero(self.table[part, r.F_VERSION])
                self.find_slots(lines, self.mode)
        self.state[r.G_NEED] = r.NEED_NOTHING

    def find_slots(self, lines: Any, mode: KernelMode) -> None:
        """Have frames find the flows of these lines of the table, which increase. Lines of earlier flows may be empty:
        their records were not asked for."""
        mode.load(FLOW_HASH).rehash(
            mode.view(self.table), mode.view(lines), len(lines), mode.view(self.slots), len(self.slots) - 1,
            self.seed, mode.view(np.zeros(f.ROW_WIDTH, dtype=np.int64)),
        )  # fmt: skip

    def keep(self, chunk: Chunk) -> None:
        """Copy the marked frames out of the chunk before its buffer is reused."""
        count = int(self.state[r.G_MARKS])
        if not count:
            return
        marks = self.marks[:count].copy()
        if not self.keeps_quotes:
            protocols = self.table[marks[:, r.M_FLOW], r.F_PROTO]
            marks = marks[(protocols != net.ICMP) & (protocols != net.ICMP6)]
        sizes = np.minimum(marks[:, r.M_CAPTURED], MOST_OCTETS_OF_A_FRAME)
        costs = np.cumsum(OCTETS_OF_A_MARK + sizes)
        fitting = int(np.searchsorted(costs, MOST_MARKED_OCTETS - self.kept_octets, side="right"))
        self.marks_dropped += len(marks) - fitting
        marks, sizes = marks[:fitting], sizes[:fitting]
        self.kept_octets += int(costs[fitting - 1]) if fitting else 0
        # An ICMP error has no payload: where it would begin does not matter.
        marks[:, r.M_PAYLOAD] = np.maximum(marks[:, r.M_PAYLOAD] - marks[:, r.M_OFFSET], 0)
        starts = marks[:, r.M_OFFSET].copy()
        marks[:, r.M_OFFSET] = len(self.kept_frames) + np.cumsum(sizes) - sizes
        marks[:, r.M_CAPTURED] = sizes
        self.kept_frames += gathered(chunk.octets, starts, sizes)
        self.kept_marks.append(marks)
        self.marks_dropped += int(self.state[r.G_DROPPED])
        self.state[r.G_DROPPED] = 0
        self.state[r.G_MARKS] = 0
