"""What an assembler knows between two captures, as arrays, so that another run can continue there.

Captures are numbered from 0 within their vantage. ``renumbered`` gives them the numbers of a report.
"""

from dataclasses import dataclass

import numpy as np

from analyzer.capture.kernel import frame_slots as f
from analyzer.columns import Integers
from analyzer.flows.assembler import Assembler, Watch, reserved, without_seed
from analyzer.flows.kernel import record as r
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import VantageFlows, marked_frame
from analyzer.flows.record_forms import MOST, problem_of_records
from analyzer.kernel import loading
from analyzer.kernel.loading import KernelMode

FLOW_HASH = "analyzer.flows.kernel.flow_hash"
COMPILED_FROM = 20_000
"""Flows from which it is faster to load the compiled kernel that finds their slots."""
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


@dataclass(frozen=True, eq=False)
class KeptFrames:
    """The marked frames of an assembler. ``lines``: (frames, record.M_WIDTH); ``octets``: of each, as kept."""

    lines: Integers
    octets: list[bytes]


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


def kept_frames(assembler: Assembler) -> KeptFrames:
    """The frames that this assembler marked itself, without those before a checkpoint that it continues."""
    lines = np.concatenate([np.zeros((0, r.M_WIDTH), dtype=np.int64), *assembler.kept_marks])
    lines[:, r.M_OFFSET] = 0  # the place in a buffer, which is another one in each run
    return KeptFrames(lines, assembler.kept_frames)


def continued(mode: KernelMode, watch: Watch, options: ReadOptions, checkpoint: Checkpoint) -> Assembler:
    """An assembler that goes on where the checkpoint is; begin_capture() comes next."""
    assembler = Assembler(mode, watch, outer=options.outer)
    flows = len(checkpoint.records)
    assembler.seed = checkpoint.seed
    assembler.state[r.G_SEED] = checkpoint.seed
    assembler.state[r.G_BUDGET] = checkpoint.budget
    assembler.state[r.G_FLOWS] = flows
    assembler.table = reserved(max(options.max_flows, flows) + 1)
    if len(assembler.table) < flows:
        raise MemoryError
    assembler.table[:flows] = checkpoint.records
    assembler.recent[:] = checkpoint.recent
    assembler.pieces[:] = checkpoint.pieces
    assembler.kept_octets, assembler.marks_dropped = checkpoint.kept_octets, checkpoint.marks_dropped
    find_slots(assembler)
    return assembler


def find_slots(assembler: Assembler) -> None:
    """Make the table of slots again, which finds the flows of the records by their keys."""
    size = len(assembler.slots)
    while size < 4 * assembler.flows:
        size *= 4
    compiled = not assembler.mode.interpreted or (assembler.flows >= COMPILED_FROM and loading.may_compile())
    mode = KernelMode(interpreted=not compiled, fixed=True)
    assembler.slots = np.zeros(size, dtype=np.int64)
    assembler.state[r.G_MASK] = size - 1
    mode.load(FLOW_HASH).rehash(
        *(mode.view(assembler.table), assembler.flows, mode.view(assembler.slots), size - 1, assembler.seed),
        mode.view(np.zeros(f.ROW_WIDTH, dtype=np.int64)),
    )


def problem_of_checkpoint(checkpoint: Checkpoint, captures: int) -> str:
    """Why no assembler can continue there; an empty text if one can."""
    if problem := problem_of_records(checkpoint.records, captures):
        return problem
    records, pieces = checkpoint.records, checkpoint.pieces
    if (keys_of(records) != records[:, [r.F_KIND, r.F_LOWS, r.F_PORTS]]).any():
        return "kind"
    flow, side = pieces[:, r.PIECE_FLOW], pieces[:, r.PIECE_SIDE]
    if ((flow < -1) | (flow > len(records)) | (side < 0) | (side > 1)).any():
        return "pieces"
    numbers = (checkpoint.seed, checkpoint.budget, checkpoint.kept_octets, checkpoint.marks_dropped)
    if not all(0 <= number <= MOST for number in numbers) or checkpoint.seed > 0x7FFFFFFF:
        return "state"
    return ""


def keys_of(records: Integers) -> Integers:
    """F_KIND, F_LOWS and F_PORTS of each record: the key, as the slots have it that all frames are compared with."""
    kind = ((records[:, r.F_MAC] + 1) << 11) | (records[:, r.F_PROTO] << 3) | records[:, r.F_VERSION]
    lows = ((records[:, r.F_ADDR0 + 3] - 0x80000000) << 32) | records[:, r.F_ADDR1 + 3]
    ports = (records[:, r.F_PORT0] << 17) + records[:, r.F_PORT1]
    return np.stack([kind, lows, ports], axis=1)


def renumbered(
    checkpoint: Checkpoint, kept: KeptFrames, numbers: Integers, *, first_payloads: bool = True
) -> VantageFlows:
    """What the vantage captured. ``numbers[n]``: the number in the report of its capture ``n``. ``first_payloads``:
    with frames that were kept only as the first payload of a side. The records are changed: no assembler can continue
    them."""
    records = without_seed(checkpoint.records)
    for slot in (r.F_CAPTURE, r.F_ERR_CAPTURE):
        known = records[:, slot] >= 0
        records[known, slot] = numbers[records[known, slot]]
    lines = kept.lines.copy()
    lines[:, r.M_CAPTURE] = numbers[lines[:, r.M_CAPTURE]]
    left = (lines[:, r.M_FIRST_PAYLOAD] > 0) & (not first_payloads)
    np.subtract.at(records, (lines[left, r.M_FLOW], r.F_MARKS), 1)
    chosen = np.flatnonzero(~left).tolist()
    marks = [marked_frame(lines[number].tolist(), kept.octets[number]) for number in chosen]
    return VantageFlows(records, marks, checkpoint.marks_dropped)
