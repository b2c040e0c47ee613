"""What an assembler knows between two captures, as arrays, so that another run can continue there.

Captures are numbered from 0 within their vantage. ``renumbered`` gives them the numbers of a report.
"""

from dataclasses import dataclass

import numpy as np

from analyzer.columns import Integers
from analyzer.flows.assembler import FLOW_HASH, Assembler, Watch
from analyzer.flows.kernel import record as r
from analyzer.flows.marked import MarkedFrames, marked_frames
from analyzer.flows.merging.join import VantageFlows
from analyzer.flows.options import ReadOptions
from analyzer.flows.packed import pack
from analyzer.flows.record_forms import MOST, problem_of_records
from analyzer.flows.record_memory import without_seed
from analyzer.kernel import loading
from analyzer.kernel.loading import KernelMode

COMPILED_FROM = 20_000
"""Flows from which it is faster to load the compiled kernel that finds their slots, where other kernels are
interpreted."""
FEW = 500
"""Flows up to which it is faster to interpret it, where other kernels are compiled and it is not loaded yet."""
STATE_SHAPES = {"recent": (r.RECENT_FRAMES, r.D_WIDTH), "pieces": (r.PIECED_DATAGRAMS, r.PIECE_WIDTH)}
"""The shapes of ``Checkpoint.recent`` and ``Checkpoint.pieces``."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """An assembler after the last frame of a capture.

    ``records``: (flows, record.WIDTH). ``recent``, ``pieces``: recent frames and datagrams in fragments. ``seed``: of
    its hashes, some of which are in the arrays. ``budget``: first payloads that may still be kept. ``kept_octets``,
    ``marks_dropped``: of the frames that were kept.
    """

    records: Integers
    recent: Integers
    pieces: Integers
    seed: int
    budget: int
    kept_octets: int
    marks_dropped: int


def checkpoint_of(assembler: Assembler) -> Checkpoint:
    """What the assembler knows now. The arrays are its own: they are valid until the next frame."""
    return Checkpoint(
        assembler.table[: assembler.flows],
        assembler.recent,
        assembler.pieces,
        int(assembler.seed),
        int(assembler.state[r.G_BUDGET]),
        assembler.kept_octets,
        assembler.marks_dropped,
    )


def kept_frames(assembler: Assembler) -> MarkedFrames:
    """The frames that this assembler marked itself, without those before a checkpoint that it continues. They are
    valid until the next frame."""
    return marked_frames(assembler.kept_marks, assembler.kept_frames)


def continued(mode: KernelMode, watch: Watch, options: ReadOptions, checkpoint: Checkpoint) -> Assembler:
    """An assembler that goes on where the checkpoint is; begin_capture() comes next."""
    assembler = resumed(mode, watch, options, checkpoint, len(checkpoint.records))
    bring_back(assembler, np.arange(len(checkpoint.records)), checkpoint.records)
    return assembler


def resumed(mode: KernelMode, watch: Watch, options: ReadOptions, checkpoint: Checkpoint, flows: int) -> Assembler:
    """The same without any record of its ``flows`` flows: bring_back() has to give it those that frames need."""
    assembler = Assembler(mode, watch, outer=options.outer)
    assembler.seed = checkpoint.seed
    assembler.state[r.G_SEED] = checkpoint.seed
    assembler.state[r.G_BUDGET] = checkpoint.budget
    assembler.state[r.G_FLOWS] = flows
    assembler.memory.begin_all(max(options.max_flows, flows))
    if len(assembler.table) < flows:
        raise MemoryError
    assembler.recent[:] = checkpoint.recent
    assembler.pieces[:] = checkpoint.pieces
    assembler.kept_octets, assembler.marks_dropped = checkpoint.kept_octets, checkpoint.marks_dropped
    size = len(assembler.slots)
    while size < 4 * flows:
        size *= 4
    assembler.slots = np.zeros(size, dtype=np.int64)
    assembler.state[r.G_MASK] = size - 1
    return assembler


def bring_back(assembler: Assembler, lines: Integers, records: Integers, earlier: int = 0) -> None:
    """Write the records of these flows, whose numbers increase, and have frames find them. ``earlier``: how many were
    brought back before."""
    assembler.table[lines] = records
    flows = earlier + len(lines)
    compiled = loading.may_compile() and flows >= COMPILED_FROM
    if not assembler.mode.interpreted:
        compiled = flows > FEW or loading.is_in_use(FLOW_HASH)
    assembler.find_slots(lines, KernelMode(interpreted=not compiled, fixed=True))


def problem_of_checkpoint(checkpoint: Checkpoint, captures: int) -> str:
    """Why no assembler can continue there; an empty text if one can."""
    return problem_of_records(checkpoint.records, captures) or problem_of_state(checkpoint, len(checkpoint.records))


def problem_of_state(checkpoint: Checkpoint, flows: int) -> str:
    """The same of all but the records. ``flows``: how many there are."""
    pieces = checkpoint.pieces
    flow, side = pieces[:, r.PIECE_FLOW], pieces[:, r.PIECE_SIDE]
    if ((flow < -1) | (flow > flows) | (side < 0) | (side > 1)).any():
        return "pieces"
    numbers = (checkpoint.seed, checkpoint.budget, checkpoint.kept_octets, checkpoint.marks_dropped)
    if not all(0 <= number <= MOST for number in numbers) or checkpoint.seed > 0x7FFFFFFF:
        return "state"
    return ""


def renumbered(
    checkpoint: Checkpoint, kept: MarkedFrames, numbers: Integers, *, first_payloads: bool = True
) -> VantageFlows:
    """What the vantage captured. ``numbers[n]``: the number in the report of its capture ``n``. ``first_payloads``:
    with frames that were kept only as the first payload of a side. The records are changed: no assembler can continue
    them."""
    records = without_seed(checkpoint.records)
    for slot in (r.F_CAPTURE, r.F_ERR_CAPTURE):
        known = records[:, slot] >= 0
        records[known, slot] = numbers[records[known, slot]]
    kept = kept.of_captures(numbers)
    if not first_payloads:
        left = kept.is_first_payload
        records[:, r.F_MARKS] -= np.bincount(kept.flow[left], minlength=len(records))
        kept = kept.select(np.flatnonzero(~left))
    return VantageFlows(pack([records]), kept, checkpoint.marks_dropped)
