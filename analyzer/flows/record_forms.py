"""The columns of flow records and of marked frames by name, and what each of them can contain.

Kernels do not check an index. So records that come from a file are checked before a kernel gets them.
"""

from typing import Any

import numpy as np

from analyzer.capture.frame import TUNNEL_NAMES
from analyzer.columns import Integers
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.marks import MARKS_PER_FLOW
from analyzer.flows.kernel.tcp import RESET_AFTER_CLOSE

BLOCK = 1 << 16
"""Records that are checked at once, which bounds the memory for it."""
MOST = 1 << 62
"""The largest number of a record: times end there, too."""
WORD, MAC = (1 << 32) - 1, (1 << 48) - 1


def names_of(prefix: str, width: int) -> tuple[str, ...]:
    """The names of the slots 0 to ``width`` of a record, from their constants."""
    names = [""] * width
    for name, slot in vars(r).items():
        if name.startswith(prefix) and isinstance(slot, int) and slot < width and not names[slot]:
            names[slot] = name.removeprefix(prefix).lower()
    assert all(names)
    return tuple(names)


FLOW_COLUMNS = (
    *names_of("F_", r.F_SIDE),
    *(f"{side}_{name}" for side in ("orig", "resp") for name in names_of("S_", r.SIDE_WIDTH)),
)
"""The names of the columns of a record."""
MARK_COLUMNS = names_of("M_", r.M_WIDTH)
"""The names of the columns of a marked frame."""

_SPECIAL = {
    r.F_FIRST: (0, MOST), r.F_LAST: (0, MOST), r.F_SNAPPED: (0, MOST), r.F_LETTERS: (0, r.MOST_LETTERS),
    r.F_MARKS: (0, MARKS_PER_FLOW), r.F_HISTORY: (0, (1 << 60) - 1), r.F_HISTORY1: (0, (1 << 60) - 1),
    r.F_HISTORY2: (0, (1 << 60) - 1), r.F_TUNNEL: (0, sum(TUNNEL_NAMES)), r.F_VLAN: (-1, (1 << 25) - 1),
    r.F_BASIS: (0, r.BASIS_FIRST), r.F_FRAME: (1, MOST), r.F_CAPTURE: (0, MOST),
    **dict.fromkeys((*range(r.F_ADDR0, r.F_ADDR1 + 4),), (0, WORD)), r.F_PORT0: (-1, 0xFFFF), r.F_PORT1: (-1, 0xFFFF),
    r.F_VERSION: (4, 6), r.F_PROTO: (0, 255), r.F_MAC: (-2, MAC), r.F_ERR_TYPE: (-1, 255), r.F_ERR_CODE: (-1, 255),
    r.F_ERR_COUNT: (0, MOST), **dict.fromkeys(range(r.F_ERR_SRC, r.F_ERR_SRC3 + 1), (-1, WORD)),
    r.F_ERR_TTL: (-1, 255), r.F_KIND: (-MOST - MOST, MOST), r.F_LOWS: (-MOST - MOST, 2 * (MOST - 1) + 1),
    r.F_PORTS: (-(1 << 18), MOST),
}  # fmt: skip
_SIDE = {
    r.S_STATE: (0, RESET_AFTER_CLOSE), r.S_MAC: (-1, MAC), r.S_HEAD: (-1, WORD), r.S_LAST_HEAD: (-1, WORD),
    r.S_TTL: (-1, 255), r.S_RST_TTL: (-1, 255), r.S_SEEN: (0, (1 << len(r.HISTORY_LETTERS)) - 1),
}  # fmt: skip
_MARKED = {
    r.M_FLOW: (0, MOST), r.M_FRAME: (1, MOST), r.M_TIME: (0, MOST), r.M_CAPTURE: (0, MOST), r.M_SIDE: (0, 1),
    r.M_PAYLEN: (0, WORD), r.M_OFFSET: (0, WORD), r.M_CAPTURED: (0, WORD), r.M_PAYLOAD: (0, WORD),
    r.M_LINK: (0, WORD), r.M_ORIGINAL: (0, WORD), r.M_FIRST_PAYLOAD: (0, 1),
}  # fmt: skip


def ranges(width: int, special: dict[int, tuple[int, int]]) -> tuple[Any, Any]:
    """The lowest and the highest number of each column; of a column that is not ``special``, -1 and MOST."""
    low, high = np.full(width, -1, dtype=np.int64), np.full(width, MOST, dtype=np.int64)
    for slot, (least, most) in special.items():
        low[slot], high[slot] = least, most
    return low, high


_FLOW_RANGES = ranges(
    r.WIDTH, _SPECIAL | {r.side_slot(which, slot): bounds for which in (0, 1) for slot, bounds in _SIDE.items()}
)
_MARK_RANGES = ranges(r.M_WIDTH, _MARKED)


def problem_of_records(records: Integers, captures: int, lines: Integers | None = None) -> str:
    """Why these cannot be records of a vantage with so many captures; an empty text if they can be. ``lines``: the
    numbers of their flows; None: they are those of all flows."""
    numbers = np.arange(len(records)) if lines is None else lines
    for start in range(0, len(records), BLOCK):
        block = records[start : start + BLOCK]
        if problem := problem_of_block(block, captures, numbers[start : start + BLOCK]):
            return problem
    return ""


def problem_of_block(block: Integers, captures: int, lines: Integers) -> str:
    """The same of a few records."""
    if name := outside(block, _FLOW_RANGES, FLOW_COLUMNS):
        return name
    earlier = block[:, [r.side_slot(which, slot) for which in (0, 1) for slot in (r.S_CHAIN, r.S_BESIDE)]]
    shifts = 5 * np.arange(12)
    letters = (((block[:, slot, None] >> shifts) & 31) for slot in range(r.F_HISTORY, r.F_TUNNEL))
    wrong = {
        # One more than the number of an earlier flow: kernels follow these numbers from flow to flow.
        "chain": (earlier > lines[:, None]).any(),
        "capture": (block[:, [r.F_CAPTURE, r.F_ERR_CAPTURE]] >= captures).any(),
        "version": (block[:, r.F_VERSION] == 5).any(),
        "history": any((part > r.FLIP).any() for part in letters),
        "kind": (keys_of(block) != block[:, [r.F_KIND, r.F_LOWS, r.F_PORTS]]).any(),
    }
    return next((name for name, is_wrong in wrong.items() if is_wrong), "")


def keys_of(records: Integers) -> Integers:
    """F_KIND, F_LOWS and F_PORTS of each record: the key, as the slots have it that all frames are compared with."""
    kind = ((records[:, r.F_MAC] + 1) << 11) | (records[:, r.F_PROTO] << 3) | records[:, r.F_VERSION]
    lows = ((records[:, r.F_ADDR0 + 3] - 0x80000000) << 32) | records[:, r.F_ADDR1 + 3]
    ports = (records[:, r.F_PORT0] << 17) + records[:, r.F_PORT1]
    return np.stack([kind, lows, ports], axis=1)


def problem_of_marks(lines: Integers, flows: int, captures: int) -> str:
    """Why these cannot be the marked frames of a vantage; an empty text if they can be."""
    if name := outside(lines, _MARK_RANGES, MARK_COLUMNS):
        return name
    if (lines[:, r.M_FLOW] >= flows).any():
        return "flow"
    return "capture" if (lines[:, r.M_CAPTURE] >= captures).any() else ""


def outside(lines: Integers, allowed: tuple[Any, Any], names: tuple[str, ...]) -> str:
    """The name of the first column with a number outside its range; an empty text if there is none."""
    wrong = ((lines < allowed[0]) | (lines > allowed[1])).any(axis=0)
    return names[int(wrong.argmax())] if wrong.any() else ""
